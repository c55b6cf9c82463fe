"""The host's side of the cloud's networks: devices, routes, bridges.

Everything here can be called again on a machine where it is done already.
"""

import json
import os
import pathlib
import shutil

from deploy.quickstart import constants
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import outside
from deploy.quickstart import process

_SCHEMAS = {
    'openvswitch/conf.db': '/usr/share/openvswitch/vswitch.ovsschema',
    'ovn/nb.db': '/usr/share/ovn/ovn-nb.ovsschema',
    'ovn/sb.db': '/usr/share/ovn/ovn-sb.ovsschema',
}
_DATAPATH_DEVICE = 'ovs-netdev'
_CIDRS = (constants.MANAGEMENT_CIDR, constants.PUBLIC_CIDR)


def ip(*words: str) -> str:
    """Run ip(8)."""
    return process.run(['ip', *words])


def addresses() -> dict[str, list[str]]:
    """List the IPv4 addresses of the machine with their prefix, by device."""
    return {
        link['ifname']: [
            f'{address["local"]}/{address["prefixlen"]}'
            for address in link['addr_info']
        ]
        for link in json.loads(ip('-json', '-4', 'address', 'show') or '[]')
    }


def namespaces() -> list[str]:
    """List the named network namespaces."""
    folder = pathlib.Path(constants.NETNS_DIR)
    return sorted(os.listdir(folder)) if folder.exists() else []


def share_namespaces() -> None:
    """Make named namespaces visible across mount namespaces.

    Engine, agents and nova-compute may each have a mount namespace of their
    own; without systemd nothing makes ``/`` shared.
    """
    path = pathlib.Path(constants.NETNS_DIR)
    path.mkdir(parents=True, exist_ok=True)
    if not is_mounted(path):
        process.run(['mount', '--bind', path, path])
    process.run(['mount', '--make-rshared', path])


def unshare_namespaces() -> None:
    """Undo ``share_namespaces``, if nothing is left in there."""
    path = pathlib.Path(constants.NETNS_DIR)
    if is_mounted(path) and not namespaces():
        process.run(['umount', path])


def is_mounted(path: pathlib.Path) -> bool:
    """Tell whether something is mounted right here."""
    # NOTE: os.path.ismount does not see a folder bound onto itself, and
    # each further bind of a shared mount doubles their number.
    table = pathlib.Path('/proc/self/mountinfo').read_text()
    return str(path) in [line.split()[4] for line in table.splitlines()]


def add_management() -> None:
    """Make the device on which the services listen, and the routes below."""
    device = constants.MANAGEMENT_DEVICE
    if not has_device(device):
        ip('link', 'add', device, 'type', 'bridge')
    outside.keep_routes()
    _address(device, constants.MANAGEMENT_ADDRESS)
    for cidr in _CIDRS:
        ip('route', 'replace', *_unreachable(cidr))


def remove_routes() -> None:
    """Remove the routes that keep traffic on the machine."""
    outside.forget_routes()
    for cidr in _CIDRS:
        if process.succeeds(['ip', 'route', 'get', cidr.partition('/')[0]]):
            continue
        process.succeeds(['ip', 'route', 'del', *_unreachable(cidr)])


def has_device(name: str) -> bool:
    """Tell whether there is a network device of this name."""
    return pathlib.Path('/sys/class/net', name).exists()


def delete_device(name: str) -> None:
    """Delete a device, if it is there."""
    if has_device(name):
        ip('link', 'delete', name)


def _address(device: str, address: str) -> None:
    cidr = f'{address}/{constants.PREFIX_LENGTH}'
    ip('address', 'replace', cidr, 'dev', device)
    ip('link', 'set', device, 'up')


def _unreachable(cidr: str) -> list[str]:
    metric = str(constants.UNREACHABLE_METRIC)
    return ['unreachable', cidr, 'metric', metric]


def datapath() -> str:
    """Choose Open vSwitch's datapath: the kernel's where it is free.

    A kernel has one openvswitch module for all; a second vswitchd that used
    it would take away the first one's datapaths.
    """
    if _foreign_vswitchd():
        return 'netdev'
    loaded = pathlib.Path('/sys/module/openvswitch').exists()
    if loaded or process.succeeds(['modprobe', 'openvswitch']):
        return 'system'
    return 'netdev'


def _foreign_vswitchd() -> bool:
    return pathlib.Path('/run/openvswitch/ovs-vswitchd.pid').exists()


def create_databases(home: home_module.Home) -> None:
    """Make the databases of Open vSwitch and OVN, if they are not there."""
    for name, schema in _SCHEMAS.items():
        path = home.data / name
        if not path.exists():
            process.run(['ovsdb-tool', 'create', path, schema])


def vsctl(home: home_module.Home, *words: str) -> str:
    """Run ovs-vsctl on our database."""
    return process.run(
        ['ovs-vsctl', f'--db=unix:{home.ovsdb_socket}', '--timeout=30', *words]
    )


def prepare_switch(home: home_module.Home, host: str) -> None:
    """Name the host in the switch's database, before vswitchd starts."""
    vsctl(
        home,
        *['--no-wait', 'init', '--', 'set', 'Open_vSwitch', '.'],
        f'external_ids:system-id={host}',
        f'external_ids:hostname={host}',
    )


def add_bridges(
    home: home_module.Home, network: str, datapath_type: str
) -> None:
    """Make the bridges to the outside, and give the host its leg."""
    add_bridge(home, constants.EXTERNAL_BRIDGE, datapath_type)
    if network == 'ovs':
        add_bridge(home, constants.PHYSICAL_BRIDGE, datapath_type)
    _address(constants.EXTERNAL_BRIDGE, constants.PUBLIC_GATEWAY)


def add_bridge(home: home_module.Home, name: str, datapath_type: str) -> None:
    """Make one bridge, if it is not there."""
    vsctl(
        home,
        *['--may-exist', 'add-br', name, '--', 'set', 'Bridge', name],
        f'datapath_type={datapath_type}',
    )


def prepare_ovn(home: home_module.Home, datapath_type: str) -> None:
    """Tell ovn-controller where its database is and what it drives."""
    address = constants.MANAGEMENT_ADDRESS
    external_ids = {
        'ovn-remote': f'tcp:{address}:6642',
        'ovn-encap-type': 'geneve',
        'ovn-encap-ip': address,
        'ovn-bridge': constants.INTEGRATION_BRIDGE,
        'ovn-bridge-datapath-type': datapath_type,
        'ovn-bridge-mappings': f'public:{constants.EXTERNAL_BRIDGE}',
        'ovn-cms-options': 'enable-chassis-as-gw',
    }
    vsctl(
        home,
        *['--no-wait', 'set', 'Open_vSwitch', '.'],
        *[
            f'external_ids:{key}="{value}"'
            for key, value in external_ids.items()
        ],
    )


def init_ovn(home: home_module.Home) -> None:
    """Write the first rows of OVN's databases."""
    for which in ('nb', 'sb'):
        process.run(
            [
                f'ovn-{which}ctl',
                f'--db=unix:{home.run}/ovn/ovn{which}_db.sock',
                '--timeout=20',
                'init',
            ]
        )


def bridges(home: home_module.Home) -> list[str]:
    """List the bridges of our switch, none if it does not answer."""
    if not home.ovsdb_socket.exists():
        return []
    try:
        return vsctl(home, '--timeout=3', 'list-br').split()
    except exception.OperationFailed:
        return []


def remove_bridges(home: home_module.Home) -> list[str]:
    """Delete every bridge; needs vswitchd, which removes their devices.

    :returns: their names, for ``delete_device``: taps of the userspace
        datapath are persistent and may outlive vswitchd
    """
    names = bridges(home)
    for name in names:
        vsctl(home, '--if-exists', 'del-br', name)
    return names


def delete_datapath() -> None:
    """Delete the tap that a killed vswitchd leaves of a userspace datapath.

    It bears the same name whoever made it.
    """
    if not _foreign_vswitchd():
        delete_device(_DATAPATH_DEVICE)


def forget_switch(home: home_module.Home) -> None:
    """Drop the switch's database: its ports do not outlive ``down``."""
    (home.data / 'openvswitch/conf.db').unlink(missing_ok=True)


def delete_namespace(name: str) -> None:
    """Delete a named network namespace with what runs in it."""
    pids = process.run(['ip', 'netns', 'pids', name]).split()
    process.end([int(pid) for pid in pids], timeout_s=1)
    ip('netns', 'delete', name)


def forget_agents() -> dict[str, set[str]]:
    """Delete what the agents made on a userspace switch that has ended.

    Their devices stay dead in the namespaces, where the switch does not find
    them again, and the agents take them for good.

    :returns: the devices by their namespace
    """
    lost = {
        name: devices_of(name)
        for name in namespaces()
        if name.startswith(constants.AGENT_NAMESPACES)
    }
    for name in lost:
        delete_namespace(name)
    return lost


def devices_of(namespace: str) -> set[str]:
    """List the devices in a namespace, none where there is no such."""
    if namespace not in namespaces():
        return set()
    links = json.loads(ip('-json', '-netns', namespace, 'link', 'show'))
    return {link['ifname'] for link in links}


def mapped_namespaces() -> set[str]:
    """List the namespaces that the runtime map gives to containers."""
    entries = pathlib.Path(constants.RUNTIME_MAP_DIR).glob('*')
    return {entry.read_text().rstrip().rpartition('/')[2] for entry in entries}


def remove_runtime_map() -> None:
    """Remove the map from containers to namespaces, which are gone."""
    shutil.rmtree(
        pathlib.Path(constants.RUNTIME_MAP_DIR).parent, ignore_errors=True
    )
