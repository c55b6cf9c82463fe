"""The story of ``down``: leave no process, namespace, device or mount.

It works from what it finds and not from what ``up`` remembers, so that it
also clears up after an ``up`` that was killed. What has one name on a machine
is touched only where the machine is this home's.
"""

import pathlib
import shutil

from deploy.quickstart import account
from deploy.quickstart import cloud
from deploy.quickstart import constants
from deploy.quickstart import database
from deploy.quickstart import engine
from deploy.quickstart import exception
from deploy.quickstart import fence
from deploy.quickstart import home as home_module
from deploy.quickstart import lock
from deploy.quickstart import network
from deploy.quickstart import node
from deploy.quickstart import owner
from deploy.quickstart import process
from deploy.quickstart import progress as progress_module
from deploy.quickstart import render
from deploy.quickstart import supervise
from deploy.quickstart import volume

# Agents and services first, then what they stand on; the switch comes last,
# for its bridges are deleted through it.
_SWITCH = ('ovs-vswitchd', 'ovsdb-server')
STANDS_BELOW = (*_SWITCH, 'dockerd', 'containerd', 'mariadb', 'rabbitmq')
# By these the launcher recognises a home: they go last.
_MARKS = ('launcher.log', 'state.json')


def run(
    home: home_module.Home,
    progress: progress_module.Progress,
    *,
    is_purge: bool,
) -> None:
    """Stop everything; with ``is_purge`` also remove the state.

    :raises OperationFailed: another quickstart works in this home
    """
    home.path.mkdir(parents=True, exist_ok=True)
    with lock.held(home):
        if owner.read() is None and supervise.Supervisor(home).is_running():
            owner.claim(home)  # started before there was a record
        with progress.phase('stop', 'services, containers, networks'):
            stop(home)
        if is_purge:
            with progress.phase('purge', 'state, user, routes'):
                _purge(home)
        owner.release(home)


def stop(home: home_module.Home) -> None:
    """Leave no process, mount, namespace or device of this home."""
    home_module.load_state(home)  # Another version's is not ours to clear.
    instances = _instances(home)
    insides = [home.of_node(path.name) for path in home.nodes.glob('*')]
    bridges = _stop_services(home, insides)
    end_orphans(home)
    if owner.is_ours(home):
        engine.end_containers()
    # No container has one mounted any more.
    volume.disconnect_all(home)
    for inside in insides:
        node.unpin(inside)
    if owner.is_ours(home):
        _clear_machine(bridges, instances)
    unmount(home)
    network.forget_switch(home)


def remove_node(home: home_module.Home, name: str) -> None:
    """Take one node away.

    :raises OperationFailed: there is none, it has servers, or the cloud that
        has to forget it is down
    """
    with lock.held(home):
        state = home_module.load_state(home)
        supervisor = supervise.Supervisor(home)
        known = {each.name: each for each in state.nodes} if state else {}
        if state is None or name not in known or not supervisor.is_running():
            raise exception.OperationFailed(
                f'No node {name} in a running cloud; there are: '
                f'{", ".join(known) or "none"}.'
            )
        with cloud.errors():
            _remove_node(home, state, known[name])


def _remove_node(
    home: home_module.Home,
    state: home_module.State,
    leaving: home_module.Node,
) -> None:
    admin = cloud.connect(home_module.load_secrets(home))
    node.require_empty(admin, leaving)
    node.leave_aggregate(admin, leaving)
    inside = home.of_node(leaving.name)
    _stop_node(supervise.Supervisor(home), inside, leaving.name)
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
    home: home_module.Home, insides: list[home_module.Home]
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
    for each in (home, *insides):
        engine.kill_all(each)
    bridges = network.remove_bridges(home) if owner.is_ours(home) else []
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


def _clear_machine(bridges: list[str], instances: set[str]) -> None:
    """Remove what has one name on a machine, whichever home made it."""
    mapped = network.mapped_namespaces()
    for name in network.namespaces():
        is_instance = name.removeprefix('nova-') in instances
        is_agents = name.startswith(constants.AGENT_NAMESPACES)
        if is_instance or is_agents or name in mapped:
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
    node.clear_devices()
    network.delete_datapath()
    fence.take_down()


def _purge(home: home_module.Home) -> None:
    render.remove_sudoers(home)
    if owner.rival(home) is None:
        network.remove_routes()
        account.remove_user(home)
    try:
        _empty(home.path)
        if not network.is_mounted(home.path):
            home.path.rmdir()
    except OSError as err:
        raise exception.OperationFailed(
            f'{home.path} cannot be removed: {err}'
        ) from err


def _empty(folder: pathlib.Path) -> None:
    """Remove what is in a folder, but not what its file system put there."""
    for path in sorted(folder.iterdir(), key=lambda it: it.name in _MARKS):
        if path.name == 'lost+found':
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
