"""Measure a push to the cloud's registry beside one to a bare registry.

Run it as ``tools/quickstart bench push``. Each round makes an image of a layer
that nobody has, above one that both registries have, and pushes it with
docker's client to a bare registry of the same version and to the cloud's; the
first look after the latter is for the image in Glance.

Then what an answer of the token server costs that knows the user; a hundred
pushes at once, half of them of ten tags that five clients each push; and both
sides compared with many tags.
"""

import collections
from collections.abc import Iterator
import concurrent.futures
import contextlib
import os
import sys
import tempfile
import time
from typing import Any
import uuid

import openstack

from benchmarks.measure import cloud
from benchmarks.measure import engine as bench_engine
from benchmarks.measure import image
from benchmarks.measure import registry
from benchmarks.measure import report
from benchmarks.measure import sweep

AT_ONCE = 100
CONTENDED_TAGS, CONTENDERS = 10, 5
TOKENS = 100
SWEEPS = 5
# Makers of many tags; more would only wait for each other.
_MAKERS = 8
Samples = dict[str, list[float]]


def main() -> int:
    arguments = report.arguments('push', count=20, tags=1000)
    samples: Samples = collections.defaultdict(list)
    with Pushes.ready() as pushes:
        for name, value in report.rounds(arguments.count, pushes.compare):
            samples[name].append(value)
        samples['token: cached'] = pushes.token_s(TOKENS)
        report.say(f'{AT_ONCE} pushes at once')
        for name, value in pushes.at_once().items():
            samples[name].append(value)
        report.say(f'{arguments.tags} tags')
        pushes.make_tags(arguments.tags)
        samples[f'sweep: {arguments.tags} tags'] = sweep.seconds(SWEEPS)
    report.show(metrics(samples, arguments.tags), arguments.json)
    return 0


class Pushes:
    """Pushes of one run, all below one name, which goes with it."""

    def __init__(
        self, api: Any, plain: bench_engine.Engine, bare: str
    ) -> None:
        self._api = api
        self._plain = plain
        self._bare = bare
        self._name = f'bench-{uuid.uuid4().hex[:8]}'

    @classmethod
    @contextlib.contextmanager
    def ready(cls) -> Iterator['Pushes']:
        """Log in, and clear up at the end."""
        with contextlib.ExitStack() as undo:
            folder = undo.enter_context(tempfile.TemporaryDirectory())
            os.environ['DOCKER_CONFIG'] = folder
            plain = bench_engine.Engine(cloud.home() / 'run/docker')
            plain.docker(
                *('login', '--username', registry.PROJECT),
                *('--password-stdin', registry.ADDRESS),
                stdin=registry.password(),
            )
            bare = undo.enter_context(registry.bare())
            made = cls(openstack.connect(), plain, bare)
            undo.callback(made.clear)
            made.compare()  # The first brings the layer that all stand on.
            yield made

    def compare(self) -> dict[str, float]:
        """Push the same image to both registries."""
        local = f'{self._name}:latest'
        image.load(self._plain, image.archive(local, 1))
        bare_s = self._push_s(local, f'{self._bare}/{local}')
        ours_s = self._push_s(
            local, f'{registry.ADDRESS}/{registry.PROJECT}/{local}'
        )
        found = list(self._api.image.images(name=local))
        is_there = [it.status for it in found] == ['active']
        self._plain.docker('rmi', local)
        return {
            'push: bare registry': bare_s,
            'push': ours_s,
            'push: what the front costs': ours_s - bare_s,
            'push: not bootable': float(not is_there),
        }

    def _push_s(self, local: str, target: str) -> float:
        self._plain.docker('tag', local, target)
        began = time.monotonic()
        self._plain.docker('push', '--quiet', target)
        seconds = time.monotonic() - began
        self._plain.docker('rmi', target)
        return seconds

    def token_s(self, count: int) -> list[float]:
        """Ask for tokens of a user whom the token server knows already."""
        client = registry.Registry()
        scope = f'repository:{registry.PROJECT}/{self._name}:pull,push'
        client.ask_token(scope)
        samples = []
        for _ in range(count):
            began = time.monotonic()
            client.ask_token(scope)
            samples.append(time.monotonic() - began)
        return samples

    def at_once(self) -> dict[str, float]:
        """Push from many clients; see what the tags and Glance say then."""
        contended = [
            f'contended-{number}'
            for number in range(CONTENDED_TAGS)
            for _ in range(CONTENDERS)
        ]
        alone = [f'alone-{n}' for n in range(AT_ONCE - len(contended))]
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            statuses = list(pool.map(self._push_one, [*contended, *alone]))
        seconds = time.monotonic() - began
        return {
            'at once: seconds': seconds,
            'at once: refused': sum(status != 201 for status in statuses),
            'at once: wrong tags': sum(
                not self._is_right(tag) for tag in {*contended, *alone}
            ),
        }

    def make_tags(self, count: int) -> None:
        """Push until there are so many tags."""
        tags = [f'swept-{number}' for number in range(count)]
        with concurrent.futures.ThreadPoolExecutor(_MAKERS) as pool:
            for number, _ in enumerate(pool.map(self._push_one, tags), 1):
                if number % 100 == 0:
                    report.say(f'tag {number} of {count}')

    def _push_one(self, tag: str) -> int:
        return registry.Registry().push(self._repository, tag).status

    @property
    def _repository(self) -> str:
        return f'{registry.PROJECT}/{self._name}'

    def _is_right(self, tag: str) -> bool:
        """Tell whether a tag has one image in Glance, and the right one."""
        digest = registry.Registry().digest(self._repository, tag)
        found = self._api.image.images(name=f'{self._name}:{tag}')
        digests = [it.properties['docker_manifest_digest'] for it in found]
        return digests == [digest]

    def clear(self) -> None:
        """Delete from Glance what was pushed, and with it the tags."""
        for is_hidden in (False, True):
            for found in self._api.image.images(is_hidden=is_hidden):
                if found.name.startswith(self._name):
                    self._api.image.delete_image(found.id)


def metrics(samples: Samples, tags: int) -> list[report.Metric]:
    """Put the figures beside the targets of the design."""

    def metric(
        name: str, unit: str = 's', target: float | None = None
    ) -> report.Metric:
        return report.Metric(name, unit, samples[name], target)

    return [
        metric('push: bare registry'),
        metric('push'),
        metric('push: what the front costs', 's', 0.3),
        metric('push: not bootable', '', 0),
        metric('token: cached', 's', 0.010),
        metric('at once: seconds'),
        metric('at once: refused', '', 0),
        metric('at once: wrong tags', '', 0),
        metric(f'sweep: {tags} tags', 's', 10),
    ]


if __name__ == '__main__':
    sys.exit(main())
