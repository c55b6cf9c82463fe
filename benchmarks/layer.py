"""Measure how a server's own layer is got from the engine, for a move.

Run it as root, ``python -m benchmarks.layer``, where nova-docker and its tests
can be imported: it needs no cloud and starts an engine of its own. Each round
commits a container with a few changed bytes above a large image, and takes the
layer with them twice: by the helper that reads it where the engine keeps it,
and out of what ``docker save`` writes, which is what is done where it cannot
be read.
"""

import collections
import contextlib
import dataclasses
import pathlib
import sys
import tempfile
import time

from benchmarks import snapshot
from benchmarks.measure import engine as bench_engine
from benchmarks.measure import report
from novadocker import model
from novadocker.engine import engine as docker_engine
from novadocker.image import layer
import novadocker.privsep
from ocikit import limit
from tests.functional import test_privsep

REFERENCE = 'nova-snapshot/bench:layer'
Samples = dict[str, list[float]]


def main() -> int:
    arguments = report.arguments('layer', count=5, image=200, change=5)
    samples: Samples = collections.defaultdict(list)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        plain = stack.enter_context(
            bench_engine.running(pathlib.Path(folder) / 'docker')
        )
        stack.enter_context(test_privsep.Daemon(novadocker.privsep.read))
        report.say(f'an image of {arguments.image} MiB')
        container = snapshot.changed(plain, arguments.image, arguments.change)
        plain.docker('stop', '--time=0', container)
        rounds = Rounds(plain, container)
        rounds.run_once()  # The first fills caches.
        for name, value in report.rounds(arguments.count, rounds.run_once):
            samples[name].append(value)
    report.show(metrics(samples), arguments.json)
    return 0


class Rounds:
    """The same container, both ways."""

    def __init__(self, plain: bench_engine.Engine, container: str) -> None:
        self._engine = docker_engine.Engine(plain.host)
        self._container = container
        info = self._engine.info()
        self._reading = layer.Layers(self._engine, info)
        # As of an engine whose layers cannot be read.
        closed = dataclasses.replace(info, storage_driver='')
        self._saving = layer.Layers(self._engine, closed)

    def run_once(self) -> dict[str, float]:
        began = time.monotonic()
        self._engine.commit(self._container, REFERENCE)
        committed_s = time.monotonic() - began
        try:
            image = self._engine.image(REFERENCE)
            read_s = _taken_s(self._reading, image)
            saved_s = _taken_s(self._saving, image)
        finally:
            self._engine.remove_image(REFERENCE)
        return {
            'commit': committed_s,
            'layer: saved': saved_s,
            'layer: read': read_s,
        }


def _taken_s(layers: layer.Layers, image: model.EngineImage) -> float:
    """Take the highest layer of an image into a file."""
    limits = limit.Limits(unpacked_bytes=image.size_bytes)
    with tempfile.TemporaryFile() as file:
        began = time.monotonic()
        layers.pick(REFERENCE, image, image.diff_ids[-1:], file, limits)
        return time.monotonic() - began


def metrics(samples: Samples) -> list[report.Metric]:
    """Put the one beside the other."""
    saved = report.Metric('layer: saved', 's', samples['layer: saved'])
    return [
        report.Metric('commit', 's', samples['commit']),
        saved,
        report.Metric('layer: read', 's', samples['layer: read'], None, saved),
    ]


if __name__ == '__main__':
    sys.exit(main())
