"""What entry points accept.

The caller is an ordinary user; here is decided what its words may name. A
name that the driver would never give is refused, so that the power of this
room reaches no device, namespace or file of anyone else.
"""

from collections.abc import Sequence
import ipaddress
import os
import re

from novadocker import constants
from novadocker import exception

_UUID = r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
_NETNS = re.compile(constants.NAME_PREFIX + _UUID)
# Nova and os-vif cut 'tap' or 'qbr' and the id of the port at 14 characters.
_HOST_DEVICE = re.compile(r'tap[0-9a-f]{8}-[0-9a-f]{2}')
_HYBRID_BRIDGE = re.compile(r'qbr[0-9a-f]{8}-[0-9a-f]{2}')
_INTERFACE = re.compile(r'eth(0|[1-9][0-9]{0,2})')
_MAC = re.compile(r'[0-9a-f]{2}(:[0-9a-f]{2}){5}')
_NO_MAC = '00:00:00:00:00:00'
# Below a folder of ours: this room makes folders and files in it.
_MAP_DIR = re.compile(
    r'/run/nova-docker[a-z0-9-]{0,32}(/[a-zA-Z0-9_.-]{1,64}){0,8}'
)
_CONTAINER_ID = re.compile(r'[0-9a-f]{64}')
_DISK = re.compile(r'(/dev)(/[A-Za-z0-9_.:@+=-]+)+')
_FILESYSTEMS = ('ext4', 'xfs')
_TARGET = re.compile(r'(/[A-Za-z0-9_.:@+=-]+)+')
# What the kernel and the runtime themselves keep there.
_NO_TARGETS = ('/proc', '/sys', '/dev')
_FOLDER = re.compile(r'(/[^/\0\n]+)+')
_HEX_DIGEST = re.compile(r'[0-9a-f]{64}')
_SOCKET = re.compile(re.escape(constants.LAYER_SOCKET) + '[0-9a-f]{32}')
# RFC 791 for the least; the most is what a device can be asked for.
_MTU = range(68, 65536)
# proc(5), kernel/pid_max
_PIDS = range(1, 2**22 + 1)


def is_netns_name(value: object) -> bool:
    """Tell whether a namespace is called as that of an instance."""
    return _matches(_NETNS, value)


def netns_name(value: object) -> str:
    """Accept the name of a network namespace of an instance."""
    if not is_netns_name(value):
        raise exception.NetnsBroken(
            netns=repr(value), reason='it is not the name of an instance'
        )
    return str(value)


def is_host_device(value: object) -> bool:
    """Tell whether a device is called as the host end of a port."""
    return _matches(_HOST_DEVICE, value)


def host_device(value: object) -> str:
    """Accept the host end of a port."""
    return _device(_HOST_DEVICE, value, 'it is not the device of a port')


def hybrid_bridge(value: object) -> str:
    """Accept the bridge of an iptables-hybrid port."""
    return _device(_HYBRID_BRIDGE, value, 'it is not the bridge of a port')


def interface(value: object) -> str:
    """Accept what an interface is called inside a container."""
    return _device(_INTERFACE, value, 'it is not called ethN')


def mac(device: str, value: object) -> str:
    """Accept the MAC address of a single station, in lower case."""
    text = value.lower() if isinstance(value, str) else value
    # The lowest bit of the first octet marks a group (IEEE 802).
    is_mac = _matches(_MAC, text) and text != _NO_MAC
    if not is_mac or int(str(text)[:2], 16) & 1:
        raise _refused(device, f'{value!r} is not a MAC address')
    return str(text)


def mtu(device: str, value: object) -> int:
    """Accept an MTU."""
    if type(value) is not int or value not in _MTU:
        raise _refused(device, f'{value!r} is not an MTU')
    return value


def addresses(device: str, value: object) -> list[str]:
    """Accept addresses with the prefix of their subnet."""
    return [_address(device, each) for each in _listed(device, value)]


def routes(device: str, value: object) -> list[tuple[str, str | None]]:
    """Accept routes: of each a network and, unless on-link, a gateway."""
    return [_route(device, each) for each in _listed(device, value)]


def is_container_id(value: object) -> bool:
    """Tell whether this is the full id of a container."""
    return _matches(_CONTAINER_ID, value)


def container_id(value: object) -> str:
    """Accept the full id of a container."""
    if not is_container_id(value):
        raise exception.MapEntryInvalid(
            entry=repr(value), reason='it is not the id of a container'
        )
    return str(value)


def pid(container: str, value: object) -> int:
    """Accept the number of a process."""
    if type(value) is not int or value not in _PIDS:
        raise exception.MemoryNotReclaimed(
            container=container, reason=f'{value!r} is no process'
        )
    return value


def process(value: object) -> int:
    """Accept the number of a process that is to be signalled."""
    if type(value) is not int or value not in _PIDS:
        raise exception.ProcessRefused(
            pid=repr(value), reason='it is not the number of a process'
        )
    return value


def map_dir(value: object) -> str:
    """Accept the folder of the runtime map."""
    text = str(value)
    if not _matches(_MAP_DIR, value) or os.path.normpath(text) != text:
        raise exception.MapEntryInvalid(
            entry=repr(value),
            reason='it is no plain path below /run/nova-docker',
        )
    return text


def disk(value: object) -> str:
    """Accept the path of a block device, before it is looked at."""
    text = str(value)
    if not _matches(_DISK, value) or os.path.normpath(text) != text:
        raise _no_volume(value, 'it is no plain path below /dev')
    return text


def filesystem(disk: str, value: object) -> str:
    """Accept a kind of file system."""
    if value not in _FILESYSTEMS:
        raise _no_volume(disk, f'{value!r} is not {" or ".join(_FILESYSTEMS)}')
    return str(value)


def target(disk: str, value: object) -> str:
    """Accept where in a container a volume is to be."""
    text = str(value)
    is_plain = _matches(_TARGET, value) and os.path.normpath(text) == text
    if not is_plain or f'/{text.split("/")[1]}' in _NO_TARGETS:
        raise _no_volume(disk, f'{value!r} is no place for a volume')
    return text


def engine_dir(value: object) -> str:
    """Accept the folder of an engine, before it is looked at."""
    text = str(value)
    if not _matches(_FOLDER, value) or os.path.normpath(text) != text:
        raise _no_layer(value, 'it is no plain path of a folder')
    return text


def chain_id(value: object) -> str:
    """Accept what a layer and those below it are called, in hexadecimal."""
    if not _matches(_HEX_DIGEST, value):
        raise _no_layer(value, 'it is not the chain ID of a layer')
    return str(value)


def cache_id(layer: str, value: object) -> str:
    """Accept the name of the folder that has the files of a layer."""
    if not _matches(_HEX_DIGEST, value):
        raise _no_layer(layer, f'{value!r} is not the name of its folder')
    return str(value)


def socket_name(layer: str, value: object) -> str:
    """Accept the abstract socket that a layer is sent to."""
    if not _matches(_SOCKET, value):
        raise _no_layer(layer, f'{value!r} is not a socket of nova-compute')
    return str(value)


def _no_layer(layer: object, reason: str) -> exception.LayerUnreadable:
    return exception.LayerUnreadable(layer=f'{layer}', reason=reason)


def _no_volume(disk: object, reason: str) -> exception.VolumeUnusable:
    return exception.VolumeUnusable(disk=f'{disk}', reason=reason)


def _address(device: str, value: object) -> str:
    # A zone (fe80::1%eth0) would name a device, and that is already named.
    if isinstance(value, str) and '/' in value and '%' not in value:
        try:
            return str(ipaddress.ip_interface(value))
        except ValueError as err:
            raise _refused(device, str(err)) from err
    raise _refused(device, f'{value!r} is not an address with a prefix')


def _route(device: str, value: object) -> tuple[str, str | None]:
    match value:
        case (str(destination), None | str() as gateway):
            pass
        case _:
            raise _refused(device, f'{value!r} is not a route')
    try:
        network = ipaddress.ip_network(destination)
        via = None if gateway is None else ipaddress.ip_address(gateway)
    except ValueError as err:
        raise _refused(device, str(err)) from err
    if via is None and '%' not in destination:
        return str(network), None
    if via is None or via.version != network.version or '%' in f'{value}':
        raise _refused(device, f'{gateway} cannot lead to {destination}')
    return str(network), str(via)


def _listed(device: str, value: object) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise _refused(device, f'{value!r} is not a list')
    return value


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _device(pattern: re.Pattern[str], value: object, reason: str) -> str:
    if not _matches(pattern, value):
        raise _refused(repr(value), reason)
    return str(value)


def _refused(device: str, reason: str) -> exception.LinkFailed:
    return exception.LinkFailed(device=device, reason=reason)
