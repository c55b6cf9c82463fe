"""More compute hosts on this machine, each a host of its own.

A node has its own network, mount and UTS namespaces, its own switch, engine
and ``/run``; two veths join it to the machine: one to the services, one that
is the cable between the switches. Two hosts that shared a kernel namespace
and a switch would collide on names, and hide what breaks between hosts.

The namespaces are pinned to files, so that no process has to live for them.
"""

from collections.abc import Mapping
import os
import re
import shutil
import socket
from typing import Any

from deploy.quickstart import account
from deploy.quickstart import constants
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import network
from deploy.quickstart import process
from deploy.quickstart import render
from deploy.quickstart import roster

DRIVERS = {'docker': 'docker.DockerDriver', 'fake': 'fake.FakeDriver'}

_NAME = re.compile(r'[a-z][a-z0-9-]{0,30}')
_CPUS = re.compile(r'\^?\d+(-\d+)?(,\^?\d+(-\d+)?)*')
_MOST = 100
# Inside, the devices have the same names on every node.
_MANAGEMENT = 'mgmt0'
_CABLE = 'cable0'
# On the machine they are numbered.
_ENDS = re.compile(r'nova-(leg|cable)[0-9]+')

# What a node's mount namespace has of its own. sysfs shows the devices of
# the network namespace that mounted it; the cgroups below it stay.
_MOUNTS = """
set -e
umount --recursive {netns}
mkdir -p /run/cgroup-of-host
mount --rbind /sys/fs/cgroup /run/cgroup-of-host
mount -t sysfs sysfs /sys
mount --rbind /run/cgroup-of-host /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p {netns} /run/lock
mount --bind {netns} {netns}
mount --make-rshared {netns}
hostname {name}
ip link set lo up
"""


def new(
    state: home_module.State, name: str, driver: str, cpus: str = ''
) -> home_module.Node:
    """Choose a node's number; one of this name is given back.

    :param cpus: those that it is to dedicate to single servers
    :raises PreconditionMissing: a word or the flavour does not do
    """
    if not _NAME.fullmatch(name) or name == socket.gethostname():
        raise exception.PreconditionMissing(
            f'{name!r} cannot be the name of a node: use lower case letters, '
            f'digits and hyphens, and not the name of this machine.'
        )
    if cpus and not _CPUS.fullmatch(cpus):
        raise exception.PreconditionMissing(
            f'{cpus!r} are no CPUs: write them as 1 or 1,3 or 4-7.'
        )
    if state.network != 'ovs':
        raise exception.PreconditionMissing(
            'Nodes need Neutron with Open vSwitch agents: '
            'run `down --purge`, then `up --network ovs`.'
        )
    for node in state.nodes:
        if node.name == name:
            return _same(node, driver, cpus)
    taken = {node.index for node in state.nodes}
    free = [index for index in range(_MOST) if index not in taken]
    return home_module.Node(name, driver, free[0], cpus)


def _same(node: home_module.Node, driver: str, cpus: str) -> home_module.Node:
    if (node.driver, node.dedicated_cpus) != (driver, cpus):
        raise exception.PreconditionMissing(
            f'Node {node.name} has driver {node.driver}, dedicated CPUs: '
            f'{node.dedicated_cpus or "none"}. '
            f'Run `node remove {node.name}` first.'
        )
    return node


def prepare(
    home: home_module.Home,
    node: home_module.Node,
    names: Mapping[str, object],
) -> None:
    """Make the namespaces, the cables, the folders, the configuration."""
    inside = home.of_node(node.name)
    account.make_folders(inside)
    if not _is_pinned(inside):
        _pin(inside, node.name)
    _join(home, inside, node)
    render.write_node(
        inside, render.node_context(names, home, node, DRIVERS[node.driver])
    )
    network.create_databases(inside)


def connect_switch(
    home: home_module.Home, node: home_module.Node, datapath: str
) -> None:
    """Put the cable's ends into the two switches."""
    inside = home.of_node(node.name)
    bridge = constants.PHYSICAL_BRIDGE
    network.add_bridge(inside, bridge, datapath)
    for end, name in ((home, _cable(node)), (inside, _CABLE)):
        network.vsctl(end, '--may-exist', 'add-port', bridge, name)


def disconnect_switch(home: home_module.Home, node: home_module.Node) -> None:
    """Take the cable out of the machine's own switch.

    A userspace switch goes on reading from a device that is gone: under a
    port that was left, the next cable of this name would be dead.
    """
    network.vsctl(
        home,
        '--if-exists',
        'del-port',
        constants.PHYSICAL_BRIDGE,
        _cable(node),
    )


def clear(home: home_module.Home, node: home_module.Node) -> None:
    """Take the namespaces and the cables away; nothing may run in there."""
    for device in (_leg(node), _cable(node)):
        network.delete_device(device)
    unpin(home.of_node(node.name))


def clear_devices() -> None:
    """Take away the machine's ends of all cables, whoever remembers them."""
    for name in os.listdir('/sys/class/net'):
        if _ENDS.fullmatch(name):
            network.delete_device(name)


def unpin(inside: home_module.Home) -> None:
    """Let a node's namespaces go, and forget its switch."""
    for kind in roster.NAMESPACES:
        path = inside.path / 'ns' / kind
        while network.is_mounted(path):
            process.run(['umount', path])
    if network.is_mounted(inside.path / 'ns'):
        process.run(['umount', inside.path / 'ns'])
    network.forget_switch(inside)


def forget(home: home_module.Home, node: home_module.Node, admin: Any) -> None:
    """Remove the node from Nova and Neutron, and its files."""
    for service in admin.compute.services(host=node.name):
        admin.compute.delete_service(service)
    for agent in admin.network.agents(host=node.name):
        admin.network.delete_agent(agent)
    shutil.rmtree(home.of_node(node.name).path)


def leave_aggregate(admin: Any, node: home_module.Node) -> None:
    """Take the node out of the docker zone; Nova wants this first."""
    zone = admin.compute.find_aggregate(constants.AGGREGATE)
    if zone is not None and node.name in (zone.hosts or []):
        admin.compute.remove_host_from_aggregate(zone, node.name)


def require_empty(admin: Any, node: home_module.Node) -> None:
    """Refuse to remove a node that has servers.

    :raises OperationFailed: it has; they are named
    """
    found = [
        server.name
        for server in admin.compute.servers(
            all_projects=True, compute_host=node.name
        )
    ]
    if found:
        raise exception.OperationFailed(
            f'Node {node.name} has servers ({", ".join(found)}): '
            f'delete them first.'
        )


def inside_names(inside: home_module.Home, folder: str) -> list[str]:
    """List a folder as the node sees it; one that is not there is empty."""
    script = 'cd "$0" 2> /dev/null && ls || true'
    return process.run(
        [*roster.enter(inside), 'sh', '-c', script, folder]
    ).split()


def inside_mounts(inside: home_module.Home) -> str:
    """Read the node's table of mounts, in the form of /proc's mountinfo."""
    return process.run([*roster.enter(inside), 'cat', '/proc/self/mountinfo'])


def _leg(node: home_module.Node) -> str:
    return f'nova-leg{node.index}'


def _cable(node: home_module.Node) -> str:
    return f'nova-cable{node.index}'


def _is_pinned(inside: home_module.Home) -> bool:
    return all(
        network.is_mounted(inside.path / 'ns' / kind)
        for kind in roster.NAMESPACES
    )


def _pin(inside: home_module.Home, name: str) -> None:
    folder = inside.path / 'ns'
    folder.mkdir(exist_ok=True)
    # A mount namespace can only be pinned where mounts are private.
    if not network.is_mounted(folder):
        process.run(['mount', '--bind', folder, folder])
    process.run(['mount', '--make-private', folder])
    for kind in roster.NAMESPACES:
        (folder / kind).touch()
    script = _MOUNTS.format(name=name, netns=constants.NETNS_DIR)
    process.run(
        [
            'unshare',
            *(f'--{kind}={folder / kind}' for kind in roster.NAMESPACES),
            *('sh', '-c', script),
        ]
    )


def _join(
    home: home_module.Home, inside: home_module.Home, node: home_module.Node
) -> None:
    for outer, inner in ((_leg(node), _MANAGEMENT), (_cable(node), _CABLE)):
        if not network.has_device(outer):
            network.ip(
                *('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner),
                *('netns', str(inside.path / 'ns/net')),
            )
        network.ip('link', 'set', outer, 'up')
        _inside_ip(inside, 'link', 'set', inner, 'up')
    network.ip(
        'link', 'set', _leg(node), 'master', constants.MANAGEMENT_DEVICE
    )
    address = f'{node.address}/{constants.PREFIX_LENGTH}'
    _inside_ip(inside, 'address', 'replace', address, 'dev', _MANAGEMENT)


def _inside_ip(inside: home_module.Home, *words: str) -> None:
    process.run([*roster.enter(inside), 'ip', *words])
