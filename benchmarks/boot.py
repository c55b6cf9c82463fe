"""Measure a server's life beside ``docker run`` and beside Nova alone.

Run it as ``tools/quickstart bench boot``. Each round does the same things
one after the other, so that whatever else the machine does falls on all of
them: ``docker run -d`` on a second engine, a server of ours, its first TCP
byte, its hard reboot, its delete, and a server of Nova's fake driver on a
node of its own, which shows what the cloud costs without any hypervisor.

Then our servers without that node, which takes its share of the machine, with
Neutron's agent as it comes and as we recommend it; eight servers at once; and
many boots of a probe whose first instruction looks for its address.
"""

import collections
from collections.abc import Iterator
import concurrent.futures
import contextlib
import sys
import time
from typing import Any

from benchmarks.measure import agent
from benchmarks.measure import client
from benchmarks.measure import cloud
from benchmarks.measure import engine
from benchmarks.measure import report
from benchmarks.measure import stages
from tests.fixtures import rootfs

AT_ONCE = 8
FAKE_NODE = 'bench-fake'
AGENTS = {'stock': agent.STOCK_S, 'tuned': agent.TUNED_S}
# A question every few milliseconds would take a core from what is measured.
BOOT_S, REBOOT_S = 1.0, 0.5
# What the kernel says of its addresses, before anything else is done.
PROBE = ('sh', '-c', 'cat /proc/net/fib_trie; exec sleep infinity')
# What is told of our servers alone, and what the design wants of it.
ALONE = {
    'create-to-active': 2.0,
    'stage: ports': None,
    'stage: wait for Neutron': None,
    'reboot-hard': 1.0,
    'delete': 1.0,
}
Samples = dict[str, list[float]]


def main() -> int:
    arguments = report.arguments('boot', count=20, probes=200)
    openstack = cloud.Cloud()
    log = stages.Log(cloud.home() / 'log/nova-compute.log')
    samples: Samples = collections.defaultdict(list)
    with Rounds.ready(openstack, log) as rounds:
        with fake_node():
            rounds.compare()  # The first starts helpers and loads images.
            for name, seconds in report.rounds(
                arguments.count, rounds.compare
            ):
                samples[name].append(seconds)
        for word, interval_s in AGENTS.items():
            report.say(f'{word} agent, polling every {interval_s} s')
            with agent.polling(interval_s):
                for name, seconds in report.rounds(
                    arguments.count, rounds.alone
                ):
                    samples[f'{word}: {name}'].append(seconds)
    report.say(f'{AT_ONCE} at once')
    samples |= at_once(openstack, log)
    missing = probes(openstack, arguments.probes)
    report.show(metrics(samples, missing, arguments.probes), arguments.json)
    return 0


@contextlib.contextmanager
def fake_node() -> Iterator[None]:
    report.say(f'node {FAKE_NODE} with the fake driver')
    cloud.quickstart('node', 'add', FAKE_NODE, '--driver', 'fake')
    try:
        yield
    finally:
        cloud.quickstart('node', 'remove', FAKE_NODE)


class Rounds:
    """Everything that one round compares."""

    def __init__(
        self,
        openstack: cloud.Cloud,
        log: stages.Log,
        plain: engine.Engine,
        tcp: client.Client,
        group: str,
        fake_image_id: str,
    ) -> None:
        self._cloud = openstack
        self._log = log
        self._plain = plain
        self._tcp = tcp
        self._group = group
        self._fake_image_id = fake_image_id
        self._image_id = openstack.image_id()

    @classmethod
    @contextlib.contextmanager
    def ready(
        cls, openstack: cloud.Cloud, log: stages.Log
    ) -> Iterator['Rounds']:
        """Prepare what the rounds need."""
        with contextlib.ExitStack() as stack:
            plain = stack.enter_context(
                engine.running(cloud.home() / 'data/bench-docker')
            )
            archive = cloud.home() / 'data/memcached.tar'
            plain.docker('load', '--input', str(archive))
            group = stack.enter_context(openstack.open_group())
            namespace = f'qdhcp-{openstack.network_id}'
            tcp = stack.enter_context(client.inside(namespace))
            fake = stack.enter_context(
                openstack.image(b'\0' * 1024, container_format='bare')
            )
            yield cls(openstack, log, plain, tcp, group, fake)

    def compare(self) -> dict[str, float]:
        """Do everything once; give the seconds of each."""
        return {**self._docker_run(), **self.alone(), **self._fake()}

    def _docker_run(self) -> dict[str, float]:
        began = time.monotonic()
        container = self._plain.docker('run', '--detach', cloud.IMAGE)
        seconds = time.monotonic() - began
        self._plain.docker('rm', '--force', container)
        return {'docker-run': seconds}

    def alone(self) -> dict[str, float]:
        """Have a server of ours once; give the seconds of what it does."""
        began = time.monotonic()
        server = self._cloud.create(
            self._image_id, security_groups=[{'name': self._group}]
        )
        try:
            ready = self._cloud.wait_ready(server, quiet_s=BOOT_S)
            active_s = time.monotonic() - began
            self._tcp.first_byte_s(cloud.address(ready))
            byte_s = time.monotonic() - began
            reboot_s = self._reboot(server)
        finally:
            began = time.monotonic()
            self._cloud.delete(server)
            delete_s = time.monotonic() - began
        by_stage = self._log.stages(server.id)
        return {
            'create-to-active': active_s,
            'create-to-first-byte': byte_s,
            'without-event-wait': active_s - by_stage['wait for Neutron'],
            'reboot-hard': reboot_s,
            'delete': delete_s,
            'driver-spawn': stages.own_s(by_stage),
            **{
                f'stage: {name}': seconds for name, seconds in by_stage.items()
            },
        }

    def _reboot(self, server: Any) -> float:
        began = time.monotonic()
        self._cloud.api.compute.reboot_server(server, 'HARD')
        self._cloud.wait_ready(server, quiet_s=REBOOT_S)
        return time.monotonic() - began

    def _fake(self) -> dict[str, float]:
        began = time.monotonic()
        server = self._cloud.create(
            self._fake_image_id, availability_zone=f'nova:{FAKE_NODE}'
        )
        try:
            self._cloud.wait_ready(server, quiet_s=BOOT_S)
            return {'fake-to-active': time.monotonic() - began}
        finally:
            self._cloud.delete(server)


def at_once(openstack: cloud.Cloud, log: stages.Log) -> Samples:
    """Boot several servers at once."""
    image_id = openstack.image_id()
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        servers = list(pool.map(openstack.create, [image_id] * AT_ONCE))
    try:
        for server in servers:
            openstack.wait_ready(server)
        seconds = time.monotonic() - began
    finally:
        openstack.delete(*servers)
    own = [stages.own_s(log.stages(server.id)) for server in servers]
    return {'at-once-to-active': [seconds], 'at-once-spawn': own}


def probes(openstack: cloud.Cloud, count: int) -> int:
    """Boot probes; give how many saw no address at their first instruction."""
    archive = rootfs.archive('probe:latest', PROBE)
    missing = done = 0
    with openstack.image(archive, **cloud.DOCKER) as image_id:
        while done < count:
            batch = min(AT_ONCE, count - done)
            servers = [openstack.create(image_id) for _ in range(batch)]
            try:
                for server in servers:
                    ready = openstack.wait_ready(server)
                    missing += not has_address(openstack, ready)
            finally:
                openstack.delete(*servers)
            done += batch
            report.say(f'probe {done} of {count}, {missing} without address')
    return missing


def has_address(openstack: cloud.Cloud, server: Any) -> bool:
    found = openstack.api.compute.get_server_console_output(server.id)
    return cloud.address(server) in found['output']


def metrics(
    samples: Samples, missing: int, probed: int
) -> list[report.Metric]:
    """Put the figures beside the targets of the design."""

    def metric(
        name: str,
        target: float | None = None,
        baseline: report.Metric | None = None,
    ) -> report.Metric:
        return report.Metric(name, 's', samples[name], target, baseline)

    plain, fake = metric('docker-run'), metric('fake-to-active')
    found = [
        plain,
        metric('driver-spawn', 1.0, plain),
        *(metric(name) for name in samples if name.startswith('stage: ')),
        fake,
        metric('without-event-wait', 1.25, fake),
        metric('create-to-active'),
        metric('create-to-first-byte'),
        *(
            metric(f'{word}: {name}', target)
            for word in AGENTS
            for name, target in ALONE.items()
        ),
        metric('at-once-spawn', 2.0),
        metric('at-once-to-active'),
    ]
    if probed:
        seen = report.Metric('probes-without-address', '', [missing], 0)
        found.append(seen)
    return found


if __name__ == '__main__':
    sys.exit(main())
