"""The story of ``down``: leave no process, namespace, device or mount.

It works from what it finds and not from what ``up`` remembers, so that it
also clears up after an ``up`` that was killed.
"""

from collections.abc import Iterable
import pathlib
import shutil

from deploy.quickstart import account
from deploy.quickstart import cloud
from deploy.quickstart import constants
from deploy.quickstart import database
from deploy.quickstart import engine
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import network
from deploy.quickstart import node
from deploy.quickstart import process
from deploy.quickstart import progress as progress_module
from deploy.quickstart import supervise

# Agents and services first, then what they stand on; the switch comes last,
# for its bridges are deleted through it.
_SWITCH = ('ovs-vswitchd', 'ovsdb-server')
STANDS_BELOW = (*_SWITCH, 'dockerd', 'containerd', 'mariadb', 'rabbitmq')
_NAMESPACES = ('qdhcp-', 'qrouter-', 'ovnmeta-', 'fip-', 'snat-')


def run(
    home: home_module.Home,
    progress: progress_module.Progress,
    *,
    is_purge: bool,
) -> None:
    """Stop everything; with ``is_purge`` also remove the state."""
    with progress.phase('stop', 'services, containers, networks'):
        stop(home)
    if is_purge:
        with progress.phase('purge', 'state, user, routes'):
            _purge(home)


def stop(home: home_module.Home) -> None:
    """Leave no process, namespace, device or mount."""
    state = home_module.load_state(home)
    nodes = state.nodes if state else ()
    instances = _instances(home)
    bridges = _stop_services(home, nodes)
    end_orphans(home)
    for each in nodes:
        node.clear(home, each)
    _remove_devices(bridges, instances)
    unmount(home)
    network.forget_switch(home)


def remove_node(home: home_module.Home, name: str) -> None:
    """Take one node away.

    :raises OperationFailed: there is none, it has servers, or the cloud that
        has to forget it is down
    """
    state = home_module.load_state(home)
    supervisor = supervise.Supervisor(home)
    known = {each.name: each for each in state.nodes} if state else {}
    if state is None or name not in known or not supervisor.is_running():
        raise exception.OperationFailed(
            f'No node {name} in a running cloud; there are: '
            f'{", ".join(known) or "none"}.'
        )
    leaving = known[name]
    with cloud.errors():
        admin = cloud.connect(home_module.load_secrets(home))
        node.require_empty(admin, leaving)
        node.leave_aggregate(admin, leaving)
        inside = home.of_node(name)
        _stop_node(supervisor, inside, name)
        end_orphans(inside)
        node.disconnect_switch(home, leaving)
        node.clear(home, leaving)
        unmount(inside)
        home_module.save_state(home, state.without_node(leaving))
        node.forget(home, leaving, admin)


def _stop_node(
    supervisor: supervise.Supervisor, inside: home_module.Home, name: str
) -> None:
    names = {it for it in supervisor.states() if it.startswith(f'{name}.')}
    below = {it for it in names if _stands_below(it)}
    supervisor.stop(names - below)
    engine.kill_all(inside)
    supervisor.stop(below)


def _stands_below(name: str) -> bool:
    """Tell it of a service, also of one that runs on a node."""
    return name.rpartition('.')[2] in STANDS_BELOW


def end_orphans(home: home_module.Home) -> None:
    """End processes of ours that no supervisord looks after.

    A container is a child of its shim and does not carry our mark.
    """
    owned = process.owned_pids(home)
    process.end([*owned, *process.descendants(owned)])


def unmount(home: home_module.Home) -> None:
    """Unmount what is mounted below the home, the innermost first."""
    table = pathlib.Path('/proc/self/mountinfo').read_text()
    for path in mounts_below(table, home.path):
        process.run(['umount', '--lazy', path])


def mounts_below(mountinfo: str, folder: pathlib.Path) -> list[str]:
    """Read which mount points lie below a folder, the innermost first."""
    points = [line.split()[4] for line in mountinfo.splitlines()]
    return sorted(
        (point for point in points if point.startswith(f'{folder}/')),
        reverse=True,
    )


def _stop_services(
    home: home_module.Home, nodes: Iterable[home_module.Node]
) -> list[str]:
    """Stop what supervisor runs.

    :returns: names of the bridges, whose devices may outlive the switch
    """
    supervisor = supervise.Supervisor(home)
    if not supervisor.is_running():
        return []
    names = set(supervisor.states())
    below = {name for name in names if _stands_below(name)}
    supervisor.stop(names - below)
    for each in (home, *(home.of_node(it.name) for it in nodes)):
        engine.kill_all(each)
    bridges = network.remove_bridges(home)
    supervisor.stop(below)
    supervisor.shutdown()
    return bridges


def _instances(home: home_module.Home) -> set[str]:
    """List the instances of this cloud, as far as it can still tell."""
    folder = home.data / 'nova/instances'
    known = {path.name for path in folder.glob('*-*-*-*-*')}
    try:
        return known | database.instance_uuids(home)
    except exception.OperationFailed:  # MariaDB is down already
        return known


def _remove_devices(bridges: list[str], instances: set[str]) -> None:
    for name in network.namespaces():
        is_instance = name.removeprefix('nova-') in instances
        if is_instance or name.startswith(_NAMESPACES):
            network.delete_namespace(name)
    network.unshare_namespaces()
    network.remove_runtime_map()
    known = {
        *bridges,
        constants.EXTERNAL_BRIDGE,
        constants.PHYSICAL_BRIDGE,
        constants.INTEGRATION_BRIDGE,
        constants.MANAGEMENT_DEVICE,
    }
    for name in known:
        network.delete_device(name)
    network.delete_datapath()


def _purge(home: home_module.Home) -> None:
    state = home_module.load_state(home)
    network.remove_routes()
    pathlib.Path(constants.SUDOERS).unlink(missing_ok=True)
    if state is not None and home_module.CREATED_USER in state.created:
        account.remove_user()
    try:
        shutil.rmtree(home.path)
    except OSError as err:
        raise exception.OperationFailed(
            f'{home.path} cannot be removed: {err}'
        ) from err
