"""The end of a port that the container sees.

It is set up before the container's first instruction, and set up again, by
the same calls, when nova-compute starts or a port changes: so each step
changes only what is not yet as asked, and leaves alone what the container has
added.
"""

import array
from collections.abc import Sequence
import dataclasses
import fcntl
import socket
import struct
from typing import Any

import pyroute2

from novadocker.privsep import addressing
from novadocker.privsep import argument
from novadocker.privsep import entrypoint
from novadocker.privsep import link
from novadocker.privsep import netns

# linux/sockios.h, linux/ethtool.h
_SIOCETHTOOL = 0x8946
_ETHTOOL_GTXCSUM = 0x16
_ETHTOOL_STXCSUM = 0x17
# linux/if_arp.h: what has a MAC; the loopback has none.
_ARPHRD_ETHER = 1


@dataclasses.dataclass(frozen=True)
class _Wanted:
    mac: str
    mtu: int
    addresses: Sequence[str]
    routes: Sequence[tuple[str, str | None]]
    accept_ra: bool
    tx_checksum: bool

    @property
    def is_without_ipv6(self) -> bool:
        """Tell whether the port has addresses, but none of IPv6."""
        has_ipv6 = any(':' in each for each in self.addresses)
        return bool(self.addresses) and not has_ipv6 and not self.accept_ra


@entrypoint.net
def configure(
    device: str,
    netns_name: str,
    *,
    mac: str,
    mtu: int,
    addresses: Sequence[str],
    routes: Sequence[tuple[str, str | None]],
    accept_ra: bool,
    tx_checksum: bool,
) -> None:
    """Give the inner end of a port just these addresses and routes.

    It is up afterwards, and what is new has been announced (gratuitous ARP,
    unsolicited neighbour advertisement). An address or a route that an
    earlier call gave and that is no longer asked for is taken away; before
    Linux 5.18 the kernel does not tell whose an address is, and it stays.

    :param device: the end of the port that is on the host
    :param addresses: with the prefix of their subnet
    :param routes: destination, and gateway or ``None`` for on-link; in an
        order in which each gateway can be reached when its turn comes
    :param tx_checksum: whether the kernel may leave checksums to the device.
        Where Open vSwitch switches in userspace nobody completes them: ping
        works and TCP is dead.
    """
    argument.host_device(device)
    wanted = _Wanted(
        mac=argument.mac(device, mac),
        mtu=argument.mtu(device, mtu),
        addresses=argument.addresses(device, addresses),
        routes=argument.routes(device, routes),
        accept_ra=bool(accept_ra),
        tx_checksum=bool(tx_checksum),
    )
    with netns.opened(netns_name) as fd, link.failures(device):
        with pyroute2.IPRoute() as ip:
            index = link.inner_index(ip, device, fd)
        netns.run_inside(fd, _configure, index, wanted)


@entrypoint.net
def announce(netns_name: str) -> None:
    """Announce all addresses of an instance, to who may have missed them.

    Until Neutron has wired a port, the switch drops what comes from it.
    """
    with netns.opened(netns_name) as fd, link.failures(netns_name):
        netns.run_inside(fd, _announce_all)


def _announce_all() -> None:
    with pyroute2.IPRoute() as ip:
        for inner in ip.get_links():
            if link.is_up(inner) and inner['ifi_type'] == _ARPHRD_ETHER:
                _announce(ip, inner)


def _announce(ip: Any, inner: Any) -> None:
    # The kernel announces when a MAC is set, be it the same one. Not having
    # CAP_NET_RAW, this daemon cannot send a frame itself.
    mac = inner.get_attr('IFLA_ADDRESS')
    ip.link('set', index=inner['index'], address=mac)


def _configure(index: int, wanted: _Wanted) -> None:
    with pyroute2.IPRoute() as ip:
        inner = ip.link('get', index=index)[0]
        name = inner.get_attr('IFLA_IFNAME')
        if inner.get_attr('IFLA_ADDRESS') != wanted.mac:
            ip.link('set', index=index, address=wanted.mac)
        link.set_mtu(ip, inner, wanted.mtu)
        _set_sysctls(name, wanted, is_up=link.is_up(inner))
        if not wanted.tx_checksum:
            _stop_tx_checksum_offload(name)
        has_new = addressing.set_addresses(ip, index, wanted.addresses)
        # After the addresses, which are announced now, and before the
        # routes, which need a device that is up.
        link.raise_link(ip, inner)
        if has_new and link.is_up(inner):
            _announce(ip, inner)
        addressing.set_routes(ip, index, wanted.routes)


def _set_sysctls(name: str, wanted: _Wanted, *, is_up: bool) -> None:
    if not wanted.is_without_ipv6:
        # Whatever the host's default is.
        link.write_sysctl('ipv6', name, 'disable_ipv6', 0)
    elif not is_up:
        # A link-local address alone would make programs ask for IPv6
        # addresses that lead nowhere. Later the container may think again.
        link.write_sysctl('ipv6', name, 'disable_ipv6', 1)
    # The kernel announces for us: we could not, without CAP_NET_RAW.
    link.write_sysctl('ipv4', name, 'arp_notify', 1)
    link.write_sysctl('ipv6', name, 'ndisc_notify', 1)
    # Of several addresses in a subnet the first can be taken away without
    # the kernel taking the others with it.
    link.write_sysctl('ipv4', name, 'promote_secondaries', 1)
    # Neutron is what keeps addresses unique. Detection of duplicates would
    # hold an address back for a second or more, and a server that binds to
    # it at its first instruction would fail.
    link.write_sysctl('ipv6', name, 'accept_dad', 0)
    # Advertisements are for routes: Neutron computes what SLAAC would give,
    # and says so in the port, so all addresses are known beforehand.
    link.write_sysctl('ipv6', name, 'autoconf', 0)
    link.write_sysctl('ipv6', name, 'accept_ra', int(wanted.accept_ra))


def _stop_tx_checksum_offload(name: str) -> None:
    """Do what ``ethtool -K NAME tx off`` does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        if _ethtool(sock, name, _ETHTOOL_GTXCSUM):
            _ethtool(sock, name, _ETHTOOL_STXCSUM, 0)


def _ethtool(
    sock: socket.socket, name: str, command: int, value: int = 0
) -> int:
    # struct ethtool_value, and struct ifreq with a pointer to it.
    answer = array.array('I', [command, value])
    request = struct.pack('16sP', name.encode(), answer.buffer_info()[0])
    fcntl.ioctl(sock, _SIOCETHTOOL, request)
    return answer[1]
