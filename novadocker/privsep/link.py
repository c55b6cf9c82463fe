"""Network devices: the veth of a port and what it hangs on.

What happens on the host's side is here; ``interface`` sets up the end that
the container sees.
"""

from collections.abc import Iterator
import contextlib
import errno
import itertools
import pathlib
from typing import Any

import pyroute2

from novadocker import exception
from novadocker.privsep import argument
from novadocker.privsep import entrypoint
from novadocker.privsep import netns

_SYSCTL = pathlib.Path('/proc/sys/net')
_IFF_UP = 1


@entrypoint.net
def create_veth(
    device: str, netns_name: str, interface: str, mac: str, mtu: int
) -> bool:
    """Connect the host with a namespace; what is connected is kept.

    Both ends, and the namespace of the inner one, go into one request to the
    kernel: there is no moment in which half a port exists.

    :param device: the end on the host, which is up afterwards
    :param interface: what the other end is called, unless another port has the
        name since ports were detached: then it is the next free one
    :param mac: of the inner end
    :returns: whether it was made now
    :raises LinkFailed: the device exists and leads elsewhere
    """
    argument.host_device(device)
    argument.interface(interface)
    mac = argument.mac(device, mac)
    argument.mtu(device, mtu)
    with (
        netns.opened(netns_name) as fd,
        failures(device),
        pyroute2.IPRoute() as ip,
    ):
        made = find(ip, device) is None
        if made:
            inner = {
                'ifname': netns.run_inside(fd, _free_name, interface),
                'net_ns_fd': fd,
                'address': mac,
                'mtu': mtu,
            }
            ip.link('add', ifname=device, kind='veth', mtu=mtu, peer=inner)
        try:
            inner_index(ip, device, fd)
            _prepare_host_end(ip, device, mtu)
        except Exception:
            # Undoing: what this call made is not left behind.
            if made:
                ip.link('del', ifname=device)
            raise
        return made


@entrypoint.net
def enslave(device: str, bridge: str) -> None:
    """Put the host end of a port on its iptables-hybrid bridge."""
    argument.host_device(device)
    argument.hybrid_bridge(bridge)
    with failures(device), pyroute2.IPRoute() as ip:
        link, master = require(ip, device), require(ip, bridge)
        if link.get_attr('IFLA_MASTER') != master['index']:
            ip.link('set', index=link['index'], master=master['index'])


@entrypoint.net
def set_carrier(netns_name: str, *, is_on: bool) -> None:
    """Give all ports of an instance a carrier, or take it away.

    By the ends on the host: what the container has set up stays as it is.
    """
    with (
        netns.opened(netns_name) as fd,
        failures(netns_name),
        pyroute2.IPRoute() as ip,
    ):
        nsid = ip.get_netnsid(fd=fd)['nsid']
        for link in ip.get_links():
            name = link.get_attr('IFLA_IFNAME')
            if not argument.is_host_device(name) or not _leads_to(link, nsid):
                continue
            if is_up(link) != bool(is_on):
                state = 'up' if is_on else 'down'
                ip.link('set', index=link['index'], state=state)


@entrypoint.net
def delete(device: str) -> None:
    """Delete the host end of a port, and the other with it; none is fine."""
    argument.host_device(device)
    with failures(device), pyroute2.IPRoute() as ip:
        try:
            ip.link('del', ifname=device)
        except pyroute2.NetlinkError as err:
            if err.code != errno.ENODEV:
                raise


def find(ip: Any, name: str) -> Any | None:
    """Give what the kernel says of a device, ``None`` if it has none."""
    try:
        return ip.link('get', ifname=name)[0]
    except pyroute2.NetlinkError as err:
        if err.code != errno.ENODEV:
            raise
        return None


def require(ip: Any, name: str) -> Any:
    link = find(ip, name)
    if link is None:
        raise exception.LinkFailed(device=name, reason='there is none')
    return link


def inner_index(ip: Any, device: str, fd: int) -> int:
    """Give the index that the other end of a port has in its namespace.

    The kernel names the namespace of that end by an id; only the id of our
    namespace is believed. A name would not do: a container may rename its
    interfaces, and may own veths itself.
    """
    link = require(ip, device)
    if not _leads_to(link, ip.get_netnsid(fd=fd)['nsid']):
        raise exception.LinkFailed(
            device=device,
            reason='it exists, but does not lead to the namespace of this '
            'instance; a hard reboot makes it anew',
        )
    return int(link.get_attr('IFLA_LINK'))


def set_mtu(ip: Any, link: Any, mtu: int) -> None:
    if link.get_attr('IFLA_MTU') != mtu:
        ip.link('set', index=link['index'], mtu=mtu)


def is_up(link: Any) -> bool:
    return bool(link['flags'] & _IFF_UP)


def raise_link(ip: Any, link: Any) -> None:
    if not is_up(link):
        ip.link('set', index=link['index'], state='up')


def write_sysctl(family: str, device: str, name: str, value: int) -> None:
    """Set a value of a device, if the kernel has this family at all."""
    path = _SYSCTL / family / 'conf' / device / name
    if path.exists() and path.read_text().strip() != str(value):
        path.write_text(f'{value}\n')


@contextlib.contextmanager
def failures(device: str) -> Iterator[None]:
    try:
        yield
    except (OSError, pyroute2.NetlinkError) as err:
        raise exception.LinkFailed(device=device, reason=str(err)) from err


def _leads_to(link: Any, wanted: int) -> bool:
    """Tell whether a device is a veth whose other end is in a namespace."""
    kind = link.get_nested('IFLA_LINKINFO', 'IFLA_INFO_KIND')
    nsid = link.get_attr('IFLA_LINK_NETNSID')
    return kind == 'veth' and nsid is not None and nsid == wanted


def _prepare_host_end(ip: Any, device: str, mtu: int) -> None:
    # The host has no address on a port: without this it would answer router
    # advertisements of tenants and take part in their network.
    write_sysctl('ipv6', device, 'disable_ipv6', 1)
    # NOTE: a switch in userspace only copies what it reads, and the host's
    # own stack gets it, too: past all security groups. IPv4 cannot be turned
    # off for a device. So nobody is answered who asks for an address of the
    # host, nothing is forwarded, what comes from an address that does not
    # belong there is dropped (all do, unless conf.all.rp_filter is 2), and so
    # is what is meant for the host but sent to all stations.
    write_sysctl('ipv4', device, 'arp_ignore', 8)
    write_sysctl('ipv4', device, 'forwarding', 0)
    write_sysctl('ipv4', device, 'rp_filter', 1)
    write_sysctl('ipv4', device, 'drop_unicast_in_l2_multicast', 1)
    link = require(ip, device)
    set_mtu(ip, link, mtu)
    raise_link(ip, link)


def _free_name(wanted: str) -> str:
    with pyroute2.IPRoute() as ip:
        taken = {link.get_attr('IFLA_IFNAME') for link in ip.get_links()}
    if wanted not in taken:
        return wanted
    names = (f'eth{index}' for index in itertools.count())
    return next(name for name in names if name not in taken)
