"""Check that the machine is fit, before anything is started.

Each check returns nothing or raises one sentence that says what is missing
and what to do about it.
"""

from collections.abc import Iterable
from collections.abc import Mapping
import ipaddress
import os
import pathlib
import re
import shutil
import socket

from deploy.quickstart import account
from deploy.quickstart import constants
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import network
from deploy.quickstart import outside
from deploy.quickstart import owner
from deploy.quickstart import process
from deploy.quickstart import render
from deploy.quickstart import service as service_module

_NEEDED_GB = 6
_NEEDED_MEMORY_GB = 6
_OWN_DEVICES = {constants.MANAGEMENT_DEVICE, constants.EXTERNAL_BRIDGE}
_LOOP_CONTROL = pathlib.Path('/dev/loop-control')
_USERS = re.compile(r'users:\(\("(?P<name>[^"]+)",pid=(?P<pid>\d+)')


def check(
    home: home_module.Home, network_flavour: str, volumes: bool = False
) -> None:
    """Run all checks that do not depend on what is installed.

    :param volumes: whether there shall be Cinder
    :raises PreconditionMissing: the first one that fails
    """
    check_root(os.geteuid())
    home_module.require_usable(home.path)
    check_system(pathlib.Path('/etc/os-release').read_text())
    state = home_module.load_state(home)
    check_flavour(state, network_flavour)
    if volumes or (state is not None and state.volumes):
        check_loops(_LOOP_CONTROL)
    check_disk(home.path)
    check_memory(pathlib.Path('/proc/meminfo').read_text())
    owner.require_free(home)
    check_addresses(network.addresses())
    check_user(home)
    if not home.is_installed():
        check_network(outside.hosts(outside.sources()))


def check_fresh(
    home: home_module.Home,
    network_flavour: str,
    volumes: bool = False,
    stacks: bool = False,
) -> None:
    """Check what a machine has to be free of before we take it.

    Also where we had it before: another switch or another Neutron may have
    been installed since.

    :raises PreconditionMissing: a port, a device or a namespace is taken
    """
    services = service_module.services(home, network_flavour, volumes, stacks)
    check_ports(process.run(['ss', '-Hltnp']), render.service_ports(services))
    check_devices(os.listdir('/sys/class/net'))
    check_namespaces(network.namespaces())


def check_root(uid: int) -> None:
    if uid != 0:
        raise exception.PreconditionMissing('Not root: run it with sudo.')


def check_system(os_release: str) -> None:
    fields = dict(
        line.split('=', 1) for line in os_release.splitlines() if '=' in line
    )
    found = (
        fields.get('ID', '').strip('"'),
        fields.get('VERSION_ID', '').strip('"'),
    )
    if found != ('debian', '12'):
        raise exception.PreconditionMissing(
            f'This is {" ".join(found).strip() or "an unknown system"}: '
            f'use Debian 12.'
        )


def check_flavour(state: home_module.State | None, wanted: str) -> None:
    if state is not None and state.network != wanted:
        raise exception.PreconditionMissing(
            f'This cloud was installed with --network {state.network}: '
            f'run `down --purge` first to change to {wanted}.'
        )


def check_loops(control: pathlib.Path) -> None:
    """Refuse a kernel that cannot show a file as a disk."""
    if not control.exists():
        raise exception.PreconditionMissing(
            f'There is no {control}, and volumes are loop devices: load the '
            f'module with `modprobe loop`, or run `up` without --volumes.'
        )


def check_disk(path: pathlib.Path) -> None:
    existing = next(
        folder for folder in (path, *path.parents) if folder.exists()
    )
    if (path / 'venv').exists():
        return  # What takes the room is there already.
    free_gb = shutil.disk_usage(existing).free / 1024**3
    if free_gb < _NEEDED_GB:
        raise exception.PreconditionMissing(
            f'{existing} has {free_gb:.1f} GB free of the {_NEEDED_GB} GB '
            f'needed: make room or set NOVA_DOCKER_HOME to another disk.'
        )


def check_memory(meminfo: str) -> None:
    match = re.search(r'^MemTotal:\s+(\d+) kB', meminfo, re.MULTILINE)
    total_gb = int(match.group(1)) / 1024**2 if match else 0
    if total_gb < _NEEDED_MEMORY_GB:
        raise exception.PreconditionMissing(
            f'{total_gb:.1f} GB of memory: use a machine with at least '
            f'{_NEEDED_MEMORY_GB} GB.'
        )


def check_addresses(addresses: Mapping[str, Iterable[str]]) -> None:
    """Refuse where a network of ours is already somebody else's."""
    ours = [
        ipaddress.ip_network(cidr)
        for cidr in (constants.MANAGEMENT_CIDR, constants.PUBLIC_CIDR)
    ]
    for device, cidrs in addresses.items():
        if device in _OWN_DEVICES:
            continue
        for cidr in cidrs:
            theirs = ipaddress.ip_network(cidr, strict=False)
            if any(theirs.overlaps(network_) for network_ in ours):
                raise exception.PreconditionMissing(
                    f'Device {device} has the address {cidr}, which the '
                    f'quickstart needs for itself: remove it.'
                )


def check_user(home: home_module.Home) -> None:
    """Refuse a user of our name that others made: ours may use sudo."""
    if account.has_user(constants.USER) and not account.is_own_user(home):
        raise exception.PreconditionMissing(
            f'There is a user {constants.USER} that no quickstart made '
            f"(of Debian's nova-common?): use another machine, or remove it "
            f'with `userdel {constants.USER}`.'
        )


def check_devices(names: Iterable[str]) -> None:
    """Refuse where another switch has bridges of our names.

    To be called where nothing of ours is left: `down` deletes devices of
    these names.
    """
    taken = {
        constants.EXTERNAL_BRIDGE,
        constants.INTEGRATION_BRIDGE,
        constants.PHYSICAL_BRIDGE,
        constants.MANAGEMENT_DEVICE,
    } & set(names)
    if taken:
        raise exception.PreconditionMissing(
            f'There is a device {", ".join(sorted(taken))} that is not of '
            f'the quickstart: use a machine without Neutron of its own.'
        )


def check_ports(listing: str, wanted: Mapping[tuple[str, int], str]) -> None:
    """Refuse where a port is taken; ``listing`` is ``ss -Hltnp``."""
    for address, port, holder in listeners(listing):
        for (our_address, our_port), service in wanted.items():
            is_same = address in {our_address, '0.0.0.0', '*', '[::]'}
            if port == our_port and is_same:
                raise exception.PreconditionMissing(
                    f'Port {port} ({service}) is in use by {holder}: stop it.'
                )


def listeners(listing: str) -> list[tuple[str, int, str]]:
    """Read address, port and holder of each listening socket."""
    found = []
    for line in listing.splitlines():
        words = line.split()
        if len(words) < 4:
            continue
        address, _, port = words[3].rpartition(':')
        match = _USERS.search(line)
        holder = (
            f'{match["name"]} (pid {match["pid"]})'
            if match
            else 'another process'
        )
        if port.isdigit():
            found.append((address.partition('%')[0], int(port), holder))
    return found


def check_namespaces(names: Iterable[str]) -> None:
    """Refuse where the namespaces of another Neutron are."""
    for name in names:
        if name.startswith(constants.AGENT_NAMESPACES):
            raise exception.PreconditionMissing(
                f'Network namespace {name} belongs to another OpenStack: '
                f'use another machine, or remove it with '
                f'`ip netns delete {name}`.'
            )


def check_network(hosts: Iterable[str]) -> None:
    """Refuse where none of the package mirrors has an address."""
    for host in hosts:
        try:
            socket.getaddrinfo(host, None)
        except OSError:
            continue
        return
    raise exception.PreconditionMissing(
        'No network: no package source can be resolved. Check the '
        'connection and /etc/resolv.conf.'
    )
