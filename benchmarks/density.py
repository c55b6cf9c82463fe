"""Measure a host full of servers: memory, rest, and a restart of the service.

Run it as ``tools/quickstart bench density``. It boots many small servers,
then tells who holds how much memory for each, what nova-compute does while
nothing happens, how long its restart takes, and whether anybody on the
network noticed.
"""

from collections.abc import Iterator
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from typing import Any

from openstack import exceptions as openstack_exceptions

from benchmarks.measure import cloud
from benchmarks.measure import memory
from benchmarks.measure import report
from tests.fixtures import rootfs

AT_ONCE = 8
REST_S = 180
PINGED = 5
PING_INTERVAL_S = 0.05
# How long a restart may take before there is no figure at all.
RESTART_S = 300
# Many servers sleep on few cores.
CPU_RATIO = 200.0
FLAVOR = {'name': 'bench.dense', 'vcpus': 1, 'ram': 32, 'disk': 0}
SERVICE = r'/nova-compute '
# Who may hold memory for a server: name -> its command line. Each belongs to
# this machine's own services, not to a node's.
HOLDERS = {
    'containerd-shim': r'containerd-shim-runc',
    'the server itself': r'^/sbin/docker-init .*sleep infinity|^sleep inf',
    'dockerd': r'^/usr/sbin/dockerd',
    'containerd': r'^/usr/bin/containerd ',
    'nova-compute': SERVICE,
    'privsep helpers': r'privsep-helper',
    'Open vSwitch': r'ovs-vswitchd|ovsdb-server',
    'Neutron agents': r'neutron-.*-agent',
}
_CALL = re.compile(r'Calling (?:GET|POST|DELETE|HEAD|PUT) (?P<path>\S+)')


def main() -> int:
    arguments = report.arguments('density', count=200, rest=REST_S)
    openstack = cloud.Cloud()
    with contextlib.ExitStack() as stack:
        stack.enter_context(room(openstack))
        archive = rootfs.archive('dense:latest', ('sleep', 'infinity'))
        image_id = stack.enter_context(
            openstack.image(archive, **cloud.DOCKER)
        )
        group = stack.enter_context(openstack.open_group())
        before = holdings()
        servers = stack.enter_context(
            crowd(openstack, image_id, group, arguments.count)
        )
        after = holdings()
        found = [
            *per_server(before, after, len(servers)),
            *at_rest(arguments.rest),
            *restart(openstack, servers),
        ]
    report.show(found, arguments.json)
    return 0


@contextlib.contextmanager
def room(openstack: cloud.Cloud) -> Iterator[None]:
    """Let the cloud take this many servers: flavor, quotas, ratio."""
    api = openstack.api
    flavor = api.compute.create_flavor(**FLAVOR)
    openstack.flavor_id = flavor.id
    project = api.current_project_id
    unlimited = {'instances': -1, 'cores': -1, 'ram': -1}
    api.compute.update_quota_set(project, **unlimited)
    try:
        with cpu_ratio(api):
            yield
    finally:
        api.compute.revert_quota_set(project)
        api.compute.delete_flavor(flavor)


@contextlib.contextmanager
def cpu_ratio(api: Any) -> Iterator[None]:
    """Overcommit the host's processors; Nova keeps what is set this way."""
    name = os.uname().nodename
    host = next(api.placement.resource_providers(name=name))
    url = f'/resource_providers/{host.id}/inventories/VCPU'

    def change(ratio: float) -> float:
        found = api.placement.get(url).json()
        old = float(found['allocation_ratio'])
        answer = api.placement.put(
            url, json={**found, 'allocation_ratio': ratio}
        )
        answer.raise_for_status()
        return old

    old = change(CPU_RATIO)
    try:
        yield
    finally:
        change(old)


@contextlib.contextmanager
def crowd(
    openstack: cloud.Cloud, image_id: str, group: str, count: int
) -> Iterator[list[Any]]:
    """Have this many servers."""
    servers: list[Any] = []
    try:
        while len(servers) < count:
            batch = [
                openstack.create(image_id, security_groups=[{'name': group}])
                for _ in range(min(AT_ONCE, count - len(servers)))
            ]
            servers += batch
            for server in batch:
                openstack.wait_ready(server)
            report.say(f'{len(servers)} of {count} servers')
        yield servers
    finally:
        report.say('deleting them')
        openstack.delete(*servers)


def holdings() -> dict[str, float]:
    """Give the memory of each holder, in MiB."""
    return {
        name: memory.pss_mib(memory.pids(pattern))
        for name, pattern in HOLDERS.items()
    }


def per_server(
    before: dict[str, float], after: dict[str, float], count: int
) -> list[report.Metric]:
    """Share out what each holder has grown by."""
    targets = {'nova-compute': 0.5}
    return [
        report.Metric(
            f'memory per server: {name}',
            'MiB',
            [max(0.0, after[name] - before[name]) / count],
            targets.get(name),
        )
        for name in HOLDERS
    ]


def at_rest(seconds: int) -> list[report.Metric]:
    """Watch nova-compute while nothing happens."""
    report.say(f'resting {seconds} s')
    services = memory.pids(SERVICE)
    with engine_calls() as calls:
        cpu_s, began = memory.cpu_s(services), time.monotonic()
        time.sleep(seconds)
        spent = time.monotonic() - began
        cpu_s = memory.cpu_s(services) - cpu_s
    return [
        report.Metric('at rest: processor', '%', [100 * cpu_s / spent]),
        report.Metric(
            'at rest: engine calls', '1/min', [len(calls) * 60 / spent]
        ),
    ]


@contextlib.contextmanager
def engine_calls() -> Iterator[list[str]]:
    """Collect what dockerd is asked: its debug log names every call.

    The log level of dockerd can be changed while it runs (dockerd(8),
    SIGHUP).
    """
    log = cloud.home() / 'log/dockerd.log'
    settings = cloud.home() / 'etc/docker/daemon.json'
    text = settings.read_text()
    calls: list[str] = []
    offset = log.stat().st_size
    try:
        configure(settings, json.dumps({**json.loads(text), 'debug': True}))
        yield calls
        with log.open() as stream:
            stream.seek(offset)
            calls += [match['path'] for match in _CALL.finditer(stream.read())]
    finally:
        configure(settings, text)


def configure(settings: pathlib.Path, text: str) -> None:
    """Give dockerd other settings while it runs."""
    settings.write_text(text)
    pid = cloud.home() / 'run/docker/dockerd.pid'
    os.kill(int(pid.read_text()), signal.SIGHUP)
    time.sleep(1)


def restart(openstack: cloud.Cloud, servers: list[Any]) -> list[report.Metric]:
    """Restart nova-compute under pings; count what is lost."""
    report.say('restarting nova-compute')
    ready = [openstack.wait_ready(server) for server in servers[:PINGED]]
    with pings(openstack, [cloud.address(server) for server in ready]) as lost:
        cloud.quickstart('restart', 'nova-compute')
        wait_for_answer(openstack, servers[0])
        (pid,) = memory.pids(SERVICE)
        seconds = memory.age_s(pid)
        # What a late repair would break is seen, too.
        time.sleep(5)
    return [
        report.Metric('restart to reconciled', 's', [seconds], 10.0),
        report.Metric('packets lost meanwhile', '', [sum(lost)], 0),
    ]


def wait_for_answer(openstack: cloud.Cloud, server: Any) -> None:
    """Wait until nova-compute works again.

    It takes no work before each instance is as it should be, and the API
    waits a minute for it.
    """
    compute = openstack.api.compute
    deadline = time.monotonic() + RESTART_S
    while True:
        try:
            compute.get_server_console_output(server.id)
            return
        except openstack_exceptions.HttpException:
            if time.monotonic() > deadline:
                raise


@contextlib.contextmanager
def pings(openstack: cloud.Cloud, addresses: list[str]) -> Iterator[list[int]]:
    """Ping from the tenants' network; the losses are known at the end."""
    namespace = f'qdhcp-{openstack.network_id}'
    running = [
        subprocess.Popen(
            [
                *('ip', 'netns', 'exec', namespace, 'ping', '-q', '-i'),
                *(str(PING_INTERVAL_S), address),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        for address in addresses
    ]
    lost: list[int] = []
    try:
        yield lost
    finally:
        for process in running:
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=10)
            sent, received = re.search(
                r'(\d+) packets transmitted, (\d+) received', output
            ).groups()
            lost.append(int(sent) - int(received))


if __name__ == '__main__':
    sys.exit(main())
