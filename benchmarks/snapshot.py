"""Measure a snapshot beside ``docker commit`` and ``docker save``.

Run it as ``tools/quickstart bench snapshot``, or without a cloud as
``python -m benchmarks.snapshot`` where nova-docker is installed: it starts an
engine of its own. Each round commits and saves the same container once by
Docker's client and once by the driver's own code, which rewrites the image on
its way to a Glance that only counts. What Glance and the network would add is
the same for both.
"""

import collections
import contextlib
import functools
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Any
import uuid

from benchmarks.measure import engine as bench_engine
from benchmarks.measure import image
from benchmarks.measure import memory
from benchmarks.measure import report
from novadocker import identity
from novadocker.engine import engine as docker_engine
from novadocker.image import upload

BASE = 'bench-base:latest'
MIB = 1024 * 1024
Samples = dict[str, list[float]]


def main() -> int:
    arguments = report.arguments('snapshot', count=5, image=500, change=5)
    samples: Samples = collections.defaultdict(list)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        plain = stack.enter_context(
            bench_engine.running(pathlib.Path(folder) / 'docker')
        )
        report.say(f'an image of {arguments.image} MiB')
        container = changed(plain, arguments.image, arguments.change)
        rounds = Rounds(plain, container)
        rounds.run_once()  # The first fills caches and starts helpers.
        for name, value in report.rounds(arguments.count, rounds.run_once):
            samples[name].append(value)
    report.show(metrics(samples), arguments.json)
    return 0


def changed(
    plain: bench_engine.Engine, image_mib: int, change_mib: int
) -> str:
    """Start a container of a large image, write into it, and give its id."""
    image.load(plain, image.archive(BASE, image_mib))
    container = plain.docker('run', '--detach', BASE, 'sleep', 'infinity')
    plain.docker(
        *('exec', container, 'dd', 'if=/dev/urandom', 'of=/tmp/change'),
        *('bs=1048576', f'count={change_mib}'),
    )
    return container


class Counter:
    """Stands for Glance: reads as its client does, and counts."""

    def __init__(self) -> None:
        self.count_bytes = 0

    def get(self, context: Any, image_id: str) -> dict[str, Any]:
        return {'id': image_id, 'min_disk': 0}

    def update(
        self,
        context: Any,
        image_id: str,
        image_info: Any,
        *,
        data: Any,
        purge_props: bool,
    ) -> dict[str, Any]:
        while piece := data.read(64 * 1024):
            self.count_bytes += len(piece)
        return {'id': image_id, 'size': self.count_bytes}

    def delete(self, context: Any, image_id: str) -> None:
        raise NotImplementedError


class Rounds:
    """The same container, both ways."""

    def __init__(self, plain: bench_engine.Engine, container: str) -> None:
        self._plain = plain
        self._engine = docker_engine.Engine(plain.host)
        self._container = container

    def run_once(self) -> dict[str, float]:
        return {**self._docker(), **self._ours()}

    def _docker(self) -> dict[str, float]:
        began = time.monotonic()
        self._plain.docker('commit', self._container, 'bench-commit:latest')
        committed_s = time.monotonic() - began
        size_bytes = self._saved_bytes('bench-commit:latest')
        seconds = time.monotonic() - began
        self._plain.docker('rmi', 'bench-commit:latest')
        return {
            'docker commit': committed_s,
            'docker commit + save': seconds,
            'docker save: sent': size_bytes / MIB,
        }

    def _saved_bytes(self, reference: str) -> int:
        words = ['/usr/bin/docker', '--host', self._plain.host]
        with subprocess.Popen(
            [*words, 'save', reference], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            pieces = iter(lambda: process.stdout.read(MIB), b'')
            return sum(len(piece) for piece in pieces)

    def _ours(self) -> dict[str, float]:
        reference = identity.snapshot_reference(str(uuid.uuid4()), 'bench')
        counter = Counter()
        uploader = upload.Uploader(counter, architecture='x86_64')
        parent = self._engine.image(BASE)
        memory.forget_peak()
        before_mib = memory.held_mib()
        began = time.monotonic()
        self._engine.commit(self._container, reference)
        committed_s = time.monotonic() - began
        try:
            source = upload.Source(
                snapshot=self._engine.image(reference),
                parent=parent,
                parent_id=BASE,
                save=functools.partial(self._engine.save, reference),
            )
            uploader.upload(None, 'bench', source)
            seconds = time.monotonic() - began
        finally:
            self._engine.remove_image(reference)
        return {
            'snapshot: commit': committed_s,
            'snapshot': seconds,
            'snapshot: sent': counter.count_bytes / MIB,
            'snapshot: memory': max(memory.peak_mib() - before_mib, 0.0),
        }


def metrics(samples: Samples) -> list[report.Metric]:
    """Put ours beside Docker's own."""

    def metric(
        name: str,
        unit: str = 's',
        target: float | None = None,
        baseline: report.Metric | None = None,
    ) -> report.Metric:
        return report.Metric(name, unit, samples[name], target, baseline)

    plain = metric('docker commit + save')
    sent = metric('docker save: sent', 'MiB')
    return [
        metric('docker commit'),
        plain,
        sent,
        metric('snapshot: commit'),
        metric('snapshot', 's', None, plain),
        metric('snapshot: sent', 'MiB', None, sent),
        metric('snapshot: memory', 'MiB'),
    ]


if __name__ == '__main__':
    sys.exit(main())
