"""Measure how long a running server waits for a volume.

Run it as ``tools/quickstart bench volume`` in a cloud with Cinder. Each round
makes a volume and attaches it to one server, which makes a file system on it,
and then to another. What Cinder and Nova take for it is told beside what the
driver takes.
"""

import collections
import contextlib
import sys
import time
from typing import Any

from benchmarks.measure import cloud
from benchmarks.measure import report
from benchmarks.measure import stages

# Without the part of Cinder.
TARGET_S = 1.0
SIZE_GIB = 1
Samples = dict[str, list[float]]


def main() -> int:
    arguments = report.arguments('volume', count=10)
    samples: Samples = collections.defaultdict(list)
    api = cloud.Cloud()
    with contextlib.ExitStack() as stack:
        servers = [api.create(api.image_id()) for _ in range(2)]
        stack.callback(api.delete, *servers)
        for each in servers:
            api.wait_ready(each)
        rounds = Rounds(api, servers)
        rounds.run_once()  # The first starts helpers.
        for name, value in report.rounds(arguments.count, rounds.run_once):
            samples[name].append(value)
    report.show(metrics(samples), arguments.json)
    return 0


class Rounds:
    """A volume that goes from one server to the other."""

    def __init__(self, api: cloud.Cloud, servers: list[Any]) -> None:
        self._api = api.api
        self._servers = servers
        self._log = stages.Log(cloud.home() / 'log/nova-compute.log')

    def run_once(self) -> dict[str, float]:
        storage = self._api.block_storage
        volume = storage.create_volume(name='bench', size=SIZE_GIB)
        try:
            self._wait_for(volume, 'available')
            first, second = self._servers
            return {
                **self._attach('blank: ', first, volume),
                **self._attach('', second, volume),
            }
        finally:
            storage.delete_volume(volume)
            cloud.wait(lambda: storage.find_volume(volume.id) is None)

    def _attach(self, kind: str, server: Any, volume: Any) -> dict[str, float]:
        compute = self._api.compute
        began = time.monotonic()
        compute.create_volume_attachment(server, volume_id=volume.id)
        self._wait_for(volume, 'in-use')
        whole_s = time.monotonic() - began
        own = self._log.stages(server.id, f'Attached volume {volume.id}')
        began = time.monotonic()
        compute.delete_volume_attachment(server, volume.id)
        self._wait_for(volume, 'available')
        return {
            f'{kind}attach': whole_s,
            f'{kind}driver': sum(own.values()),
            f'{kind}detach': time.monotonic() - began,
        }

    def _wait_for(self, volume: Any, status: str) -> None:
        storage = self._api.block_storage
        cloud.wait(lambda: storage.get_volume(volume.id).status == status)


def metrics(samples: Samples) -> list[report.Metric]:
    targets = {'driver': TARGET_S, 'blank: driver': TARGET_S}
    return [
        report.Metric(name, 's', values, targets.get(name))
        for name, values in samples.items()
    ]


if __name__ == '__main__':
    sys.exit(main())
