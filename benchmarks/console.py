"""Measure how long somebody waits for the prompt of a console.

Run it as ``tools/quickstart bench console``. Each round asks the API for the
URL of a console, opens it through nova-serialproxy, and reads until the shell
has written its first byte.
"""

import collections
import functools
import sys
import time
from typing import Any
import urllib.parse

from websockify import websocket

from benchmarks.measure import cloud
from benchmarks.measure import report
from tests.fixtures import rootfs

_DEADLINE_S = 30.0


def main() -> int:
    arguments = report.arguments('console', count=20)
    openstack = cloud.Cloud()
    samples: dict[str, list[float]] = collections.defaultdict(list)
    archive = rootfs.archive('console:latest', ('sleep', 'infinity'))
    with openstack.image(archive, **cloud.DOCKER) as image_id:
        server = openstack.create(image_id)
        try:
            openstack.wait_ready(server)
            measure(openstack, server)  # The first starts helpers.
            for name, seconds in report.rounds(
                arguments.count, functools.partial(measure, openstack, server)
            ):
                samples[name].append(seconds)
        finally:
            openstack.delete(server)
    report.show(metrics(samples), arguments.json)
    return 0


class Client(websocket.WebSocket):
    """A client that also asks for what follows the path of a URL."""

    def connect(self, uri: str, *args: Any, **kwargs: Any) -> None:
        self._query = urllib.parse.urlsplit(uri).query
        super().connect(uri, *args, **kwargs)

    def send_request(self, verb: str, path: str) -> None:
        super().send_request(verb, f'{path}?{self._query}')


def measure(openstack: cloud.Cloud, server: Any) -> dict[str, float]:
    """Open one console; give the seconds of each step."""
    began = time.monotonic()
    answer = openstack.api.compute.create_console(server, 'serial')
    given = time.monotonic()
    client = Client()
    client.connect(answer['url'])
    opened = time.monotonic()
    client.socket.settimeout(_DEADLINE_S)
    if not client.recv():
        sys.exit('the console was closed')
    spoken = time.monotonic()
    # The shell ends it, so that none is left when the next begins.
    client.send(b'exit\n')
    while client.recv() is not None:
        pass
    return {
        'url': given - began,
        'socket': opened - given,
        'first-byte': spoken - opened,
    }


def metrics(samples: dict[str, list[float]]) -> list[report.Metric]:
    """Put the figures beside the target."""
    return [
        report.Metric('console-url', 's', samples['url']),
        report.Metric('console-socket-open', 's', samples['socket']),
        report.Metric('console-first-byte', 's', samples['first-byte'], 0.3),
    ]


if __name__ == '__main__':
    sys.exit(main())
