"""The end of a port that the container sees.

It is set up before the container's first instruction, and set up again, by
the same calls, when nova-compute starts: so each step changes only what is
not yet as asked, and takes nothing away that the container added.
"""

import array
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import dataclasses
import errno
import fcntl
import socket
import struct
from typing import Any

import pyroute2

from novadocker.privsep import argument
from novadocker.privsep import entrypoint
from novadocker.privsep import link
from novadocker.privsep import netns

# linux/sockios.h, linux/ethtool.h
_SIOCETHTOOL = 0x8946
_ETHTOOL_GTXCSUM = 0x16
_ETHTOOL_STXCSUM = 0x17
# linux/if_addr.h
_IFA_F_NODAD = 0x02


@dataclasses.dataclass(frozen=True)
class _Wanted:
    mac: str
    mtu: int
    addresses: Sequence[str]
    routes: Sequence[tuple[str, str | None]]
    accept_ra: bool
    tx_checksum: bool


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
    """Give the inner end of a port its addresses and routes, and raise it.

    When it goes up the kernel announces its addresses (gratuitous ARP,
    unsolicited neighbour advertisement).

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
        addresses=[str(argument.address(device, each)) for each in addresses],
        routes=[argument.route(device, *each) for each in routes],
        accept_ra=bool(accept_ra),
        tx_checksum=bool(tx_checksum),
    )
    with netns.opened(netns_name) as fd, link.failures(device):
        with pyroute2.IPRoute() as ip:
            index = link.inner_index(ip, device, fd)
        netns.run_inside(fd, _configure, index, wanted)


def _configure(index: int, wanted: _Wanted) -> None:
    with pyroute2.IPRoute() as ip:
        inner = ip.link('get', index=index)[0]
        name = inner.get_attr('IFLA_IFNAME')
        if inner.get_attr('IFLA_ADDRESS') != wanted.mac:
            ip.link('set', index=index, address=wanted.mac)
        link.set_mtu(ip, inner, wanted.mtu)
        _set_sysctls(name, wanted.accept_ra)
        if not wanted.tx_checksum:
            _stop_tx_checksum_offload(name)
        for address in wanted.addresses:
            _add_address(ip, index, address)
        # After the addresses, which are announced now, and before the
        # routes, which need a device that is up.
        link.raise_link(ip, inner)
        for destination, gateway in wanted.routes:
            _add_route(ip, index, destination, gateway)


def _set_sysctls(name: str, accept_ra: bool) -> None:
    # The kernel announces for us: we could not, without CAP_NET_RAW.
    link.write_sysctl('ipv4', name, 'arp_notify', 1)
    link.write_sysctl('ipv6', name, 'ndisc_notify', 1)
    # Neutron is what keeps addresses unique. Detection of duplicates would
    # hold an address back for a second or more, and a server that binds to
    # it at its first instruction would fail.
    link.write_sysctl('ipv6', name, 'accept_dad', 0)
    # Advertisements are for routes: Neutron computes what SLAAC would give,
    # and says so in the port, so all addresses are known beforehand.
    link.write_sysctl('ipv6', name, 'autoconf', 0)
    link.write_sysctl('ipv6', name, 'accept_ra', int(accept_ra))


def _add_address(ip: Any, index: int, text: str) -> None:
    address, prefix = text.split('/')
    extra = {'flags': _IFA_F_NODAD} if ':' in address else {}
    with _present_is_fine():
        ip.addr(
            'add', index=index, address=address, prefixlen=int(prefix), **extra
        )


def _add_route(
    ip: Any, index: int, destination: str, gateway: str | None
) -> None:
    options: dict[str, Any] = {'dst': destination, 'oif': index}
    if gateway is None:
        options['scope'] = 'link'
    else:
        options['gateway'] = gateway
    with _present_is_fine():
        ip.route('add', **options)


@contextlib.contextmanager
def _present_is_fine() -> Iterator[None]:
    try:
        yield
    except pyroute2.NetlinkError as err:
        if err.code != errno.EEXIST:
            raise


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
