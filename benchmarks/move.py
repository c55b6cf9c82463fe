"""Measure servers that change their host.

Run it as ``tools/quickstart bench move``; it adds a second host. Each round
migrates a server with a few changed bytes above a large image, which both
hosts have, and does by hand what has to be done for that without a cloud:
``docker commit``, ``docker push`` and ``docker pull`` of the changed layer,
through a registry of its own. Then that host is taken for dead while its
servers run, and all are evacuated at once.
"""

import collections
from collections.abc import Iterator
from concurrent import futures
import contextlib
import itertools
import os
import signal
import socket
import sys
import time
from typing import Any

import openstack

from benchmarks.measure import cloud
from benchmarks.measure import engine as bench_engine
from benchmarks.measure import image
from benchmarks.measure import registry
from benchmarks.measure import report

NODE = 'bench-node'
HOSTS = (socket.gethostname(), NODE)
BASE = 'bench-base:latest'
MIB = 1024 * 1024
_WRITE = (
    'test -e /tmp/change || '
    'dd if=/dev/urandom of=/tmp/change bs=1048576 count={mib}; '
    'exec sleep infinity'
)
Samples = dict[str, list[float]]


def main() -> int:
    arguments = report.arguments(
        'move', count=5, image=200, change=5, servers=20
    )
    samples: Samples = collections.defaultdict(list)
    api = cloud.Cloud()
    with contextlib.ExitStack() as stack:
        report.say(f'node {NODE}')
        cloud.quickstart('node', 'add', NODE, '--driver', 'docker')
        stack.callback(cloud.quickstart, 'node', 'remove', NODE)
        rounds = stack.enter_context(
            Rounds.ready(api, arguments.image, arguments.change)
        )
        # The first two bring the image to both hosts, and are watched.
        samples['migrate: sent'] += [rounds.sent_mib(), rounds.sent_mib()]
        for name, value in report.rounds(arguments.count, rounds.run_once):
            samples[name].append(value)
        report.say(f'{arguments.servers} servers of a dead host')
        samples |= evacuated(api, arguments.servers)
    report.show(metrics(samples, arguments.servers), arguments.json)
    return 0


class Rounds:
    """A server that goes to and fro, and a layer that does by hand."""

    def __init__(
        self,
        api: cloud.Cloud,
        server: Any,
        plain: bench_engine.Engine,
        container: str,
        address: str,
    ) -> None:
        self._cloud = api
        self._server = server
        self._hosts = itertools.cycle(reversed(HOSTS))
        self._plain = plain
        self._container = container
        self._tag = f'{address}/bench:latest'

    @classmethod
    @contextlib.contextmanager
    def ready(
        cls, api: cloud.Cloud, image_mib: int, change_mib: int
    ) -> Iterator['Rounds']:
        """Have a server and a container of the same image and change."""
        command = ('sh', '-c', _WRITE.format(mib=change_mib))
        with contextlib.ExitStack() as stack:
            plain = stack.enter_context(
                bench_engine.running(
                    cloud.home() / 'data/bench-docker', has_bridge=False
                )
            )
            data = image.archive(BASE, image_mib)
            image.load(plain, data)
            container = plain.docker(
                'run', '--detach', '--network=none', BASE, *command
            )
            image_id = stack.enter_context(api.image(data, **cloud.DOCKER))
            server = api.create(
                image_id,
                availability_zone=f'nova:{HOSTS[0]}',
                metadata={'docker:command': f'sh -c "{command[-1]}"'},
            )
            stack.callback(api.delete, server)
            api.wait_ready(server)
            address = stack.enter_context(registry.bare())
            yield cls(api, server, plain, container, address)

    def run_once(self) -> dict[str, float]:
        return {
            'cold migrate': self._migrated(),
            'commit + push + pull': self._carried(),
        }

    def sent_mib(self) -> float:
        """Migrate, and see in Glance how much that is."""
        with futures.ThreadPoolExecutor(1) as pool:
            moved = pool.submit(self._migrated)
            sizes = {0.0}
            while not moved.done():
                sizes |= {each.size or 0.0 for each in self._parcels()}
                time.sleep(cloud.POLL_S)
            moved.result()
        return max(sizes) / MIB

    def _parcels(self) -> list[Any]:
        name = f'{self._server.name}-moving'
        return list(self._cloud.api.image.images(name=name, is_hidden=True))

    def _migrated(self) -> float:
        compute = self._cloud.api.compute
        began = time.monotonic()
        compute.migrate_server(self._server, host=next(self._hosts))
        self._cloud.wait_ready(self._server, status='VERIFY_RESIZE')
        seconds = time.monotonic() - began
        compute.confirm_server_resize(self._server)
        self._cloud.wait_ready(self._server)
        return seconds

    def _carried(self) -> float:
        began = time.monotonic()
        self._plain.docker('commit', self._container, self._tag)
        self._plain.docker('push', self._tag)
        # Of what it pulls, the engine has the base alone.
        self._plain.docker('rmi', self._tag)
        self._plain.docker('pull', self._tag)
        seconds = time.monotonic() - began
        self._plain.docker('rmi', self._tag)
        return seconds


def evacuated(api: cloud.Cloud, count: int) -> Samples:
    """Evacuate all servers of the node at once; tell when each is ACTIVE."""
    compute = api.api.compute
    image_id = api.image_id()
    servers = [
        api.create(image_id, availability_zone=f'nova:{NODE}')
        for _ in range(count)
    ]
    try:
        for each in servers:
            api.wait_ready(each)
        with dead_node(compute):
            began = time.monotonic()
            for each in servers:
                compute.evacuate_server(each)
            ended_s = []
            for each in servers:
                api.wait_ready(each)
                ended_s.append(time.monotonic() - began)
    finally:
        api.delete(*servers)
    return {
        'evacuate: all': [ended_s[-1]],
        'evacuate: each': [ended_s[-1] / count],
    }


@contextlib.contextmanager
def dead_node(compute: Any) -> Iterator[None]:
    """Have nova-compute of the node silent, while its containers run."""
    pid = cloud.service_pid(f'{NODE}.nova-compute')
    (service,) = compute.services(binary='nova-compute', host=NODE)
    os.killpg(pid, signal.SIGSTOP)
    try:
        compute.update_service_forced_down(service, forced=True)
        yield
    finally:
        # Its supervisor starts it anew, and it removes what has left.
        os.killpg(pid, signal.SIGKILL)
        cloud.wait(lambda: is_forced_up(compute, service))


def is_forced_up(compute: Any, service: Any) -> bool:
    """Force a host up; Nova refuses until it knows what has left it."""
    try:
        compute.update_service_forced_down(service, forced=False)
    except openstack.exceptions.BadRequestException:
        return False
    return True


def metrics(samples: Samples, servers: int) -> list[report.Metric]:
    by_hand = report.Metric(
        'commit + push + pull', 's', samples['commit + push + pull']
    )
    return [
        by_hand,
        report.Metric(
            *('cold migrate', 's', samples['cold migrate'], None, by_hand)
        ),
        report.Metric('migrate: sent', 'MiB', samples['migrate: sent']),
        report.Metric(
            *(f'evacuate: {servers} servers', 's', samples['evacuate: all'])
        ),
        report.Metric('evacuate: each', 's', samples['evacuate: each']),
    ]


if __name__ == '__main__':
    sys.exit(main())
