"""Measure an image that comes from the registry beside one from Glance.

Run it as ``tools/quickstart bench pull``. The engine is one of its own, with
the driver's code before it. Each round pushes an image of a small layer above
a large one that the engine has; it comes once from the registry by its digest
and once as the stream that Glance gives for it.

Then the whole image is read to its end, once as that stream and once blob by
blob, with an eye on the memory of Glance.
"""

import collections
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import dataclasses
import functools
import http
import json
import os
import pathlib
import sys
import tempfile
import time
from typing import Any
import uuid

from keystoneauth1 import service_token
from keystoneauth1.identity import v3
import openstack

from benchmarks.measure import cloud
from benchmarks.measure import engine as bench_engine
from benchmarks.measure import memory
from benchmarks.measure import registry
from benchmarks.measure import report
from novadocker.bridge import client as bridge_client
from novadocker.engine import engine as docker_engine
from novadocker.image import store
from tests.fixtures import archives
from tests.fixtures import rootfs

MIB = 1024 * 1024
BRIDGE = f'http://{registry.ADDRESS}'
# An image of 2 GB has more than one layer, and is never in memory here.
_LAYER_MIB = 250
Samples = dict[str, list[float]]


def main() -> int:
    arguments = report.arguments('pull', count=5, image=500, stream=2000)
    samples: Samples = collections.defaultdict(list)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        plain = stack.enter_context(
            bench_engine.running(pathlib.Path(folder) / 'docker')
        )
        pushes = Pushes()
        stack.callback(pushes.clear)
        report.say(f'an image of {arguments.image} MiB')
        base = pushes.base(arguments.image)
        rounds = Rounds(plain, pathlib.Path(folder), pushes, base)
        for name, value in report.rounds(arguments.count, rounds.run_once):
            samples[name].append(value)
        report.say(f'a stream of {arguments.stream} MiB')
        large = pushes.push(pushes.base(arguments.stream))
        for name, value in report.rounds(
            arguments.count, functools.partial(streamed, pushes, large)
        ):
            samples[name].append(value)
    report.show(metrics(samples), arguments.json)
    return 0


@dataclasses.dataclass(frozen=True)
class Pushed:
    """An image that both sides have."""

    image_id: str
    digest: str


class Pushes:
    """Images of one run, all below one name, which goes with it."""

    def __init__(self) -> None:
        self.api = openstack.connect()
        self.registry = registry.Registry()
        self.repository = f'{registry.PROJECT}/bench-{uuid.uuid4().hex[:8]}'

    def base(self, size_mib: int) -> list[registry.Layer]:
        """Upload a root file system, and layers that do not repeat."""
        layers = [self._put(rootfs.layer())]
        while size_mib > 0:
            content = os.urandom(min(size_mib, _LAYER_MIB) * MIB)
            layers.append(self._put(archives.files({'large': content})))
            size_mib -= _LAYER_MIB
        return layers

    def _put(self, tar: bytes) -> registry.Layer:
        return self.registry.put_layer(self.repository, tar)

    def push(self, base: Sequence[registry.Layer]) -> Pushed:
        """Push an image that stands on these layers."""
        tag = uuid.uuid4().hex
        pushed = self.registry.push(self.repository, tag, *base)
        if pushed.status != http.HTTPStatus.CREATED:
            sys.exit(f'the push was answered with {pushed.status}')
        name = f'{self.repository.partition("/")[2]}:{tag}'
        (found,) = self.api.image.images(name=name)
        return Pushed(found.id, pushed.digest)

    def clear(self) -> None:
        """Delete from Glance what was pushed, and with it the tags."""
        name = self.repository.partition('/')[2]
        for found in self.api.image.images():
            if found.name.startswith(name):
                self.api.image.delete_image(found.id)

    def stream(self, image_id: str) -> Iterator[bytes]:
        """Read an image as Glance gives it."""
        path = f'/images/{image_id}/file'
        with self.api.image.get(path, stream=True) as answer:
            answer.raise_for_status()
            yield from answer.iter_content(MIB)


class Rounds:
    """The same image, both ways, into one engine."""

    def __init__(
        self,
        plain: bench_engine.Engine,
        folder: pathlib.Path,
        pushes: Pushes,
        base: Sequence[registry.Layer],
    ) -> None:
        self._engine = docker_engine.Engine(plain.host)
        self._pushes = pushes
        self._base = base
        bridge = bridge_client.Bridge(
            pushes.api.session, BRIDGE, lambda _: authentication(pushes.api)
        )
        self._pulled = self._store(folder / 'pulled', bridge)
        self._streamed = self._store(folder / 'streamed', None)
        # What the others stand on; it stays.
        self._pulled.ensure(None, pushes.push(base).image_id, max_bytes=None)

    def run_once(self) -> dict[str, float]:
        image_id = self._pushes.push(self._base).image_id
        return {
            'pull by digest': self._seconds(self._pulled, image_id),
            'stream and load': self._seconds(self._streamed, image_id),
        }

    def _seconds(self, images: store.ImageStore, image_id: str) -> float:
        began = time.monotonic()
        loaded = images.ensure(None, image_id, max_bytes=None)
        seconds = time.monotonic() - began
        self._engine.remove_image(loaded.reference)
        return seconds

    def _store(
        self, folder: pathlib.Path, bridge: bridge_client.Bridge | None
    ) -> store.ImageStore:
        folder.mkdir()
        return store.ImageStore(
            self._engine,
            self._refuse if bridge else self._fetch,
            str(folder),
            architecture=self._engine.info().architecture,
            bridge=bridge,
        )

    def _refuse(self, context: Any, image_id: str, *rest: Any) -> None:
        """Stand for the stream that a pull which failed would fall back to."""
        sys.exit(f'image {image_id} cannot be pulled')

    def _fetch(
        self, context: Any, image_id: str, path: str, certificates: Any
    ) -> None:
        with open(path, 'wb') as file:
            for chunk in self._pushes.stream(image_id):
                file.write(chunk)


def authentication(api: Any) -> Any:
    """Speak for the user and for a service, as nova-compute does.

    The image half of a cloud has no account of Nova's.
    """
    secrets = json.loads((cloud.home() / 'secrets.json').read_text())
    service = v3.Password(
        os.environ['OS_AUTH_URL'],
        username='glance',
        password=secrets['glance'],
        project_name='service',
        user_domain_name='Default',
        project_domain_name='Default',
    )
    return service_token.ServiceTokenAuthWrapper(
        user_auth=api.session.auth, service_auth=service
    )


def streamed(pushes: Pushes, pushed: Pushed) -> dict[str, float]:
    """Read an image whole as Glance's stream, and as the registry's blobs."""
    # Which of them answers, nobody says.
    workers = memory.children(cloud.service_pid('glance'))
    for worker in workers:
        memory.forget_peak(worker)
    before_mib = sum(map(memory.held_mib, workers))
    began = time.monotonic()
    size_bytes = sum(map(len, pushes.stream(pushed.image_id)))
    stream_s = time.monotonic() - began
    peak_mib = sum(map(memory.peak_mib, workers))
    began = time.monotonic()
    blobs_bytes = read_blobs(pushes, pushed)
    return {
        'archive stream': stream_s * blobs_bytes / size_bytes,
        'blobs': time.monotonic() - began,
        'archive stream: memory': max(peak_mib - before_mib, 0.0),
    }


def read_blobs(pushes: Pushes, pushed: Pushed) -> int:
    """Read every blob of an image; give their bytes together."""
    content = pushes.registry.manifest(pushes.repository, pushed.digest)
    manifest = json.loads(content)
    return sum(
        pushes.registry.read_blob(pushes.repository, each['digest'])
        for each in (manifest['config'], *manifest['layers'])
    )


def metrics(samples: Samples) -> list[report.Metric]:
    """Put the figures beside the targets of the design."""

    def metric(
        name: str,
        unit: str = 's',
        target: float | None = None,
        baseline: report.Metric | None = None,
    ) -> report.Metric:
        return report.Metric(name, unit, samples[name], target, baseline)

    stream, blobs = metric('stream and load'), metric('blobs')
    return [
        stream,
        metric('pull by digest', 's', 0.15, stream),
        blobs,
        # Four fifths of the speed are five quarters of the time.
        metric('archive stream', 's', 1.25, blobs),
        metric('archive stream: memory', 'MiB', 64),
    ]


if __name__ == '__main__':
    sys.exit(main())
