"""Addresses and routes of an interface, brought in line with what is asked.

What is put here carries a mark, and only what carries it is taken away again:
an address or a route that a container has added is its own. It runs inside of
the container's namespace, and nothing here is an entry point.
"""

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import errno
import ipaddress
import socket
from typing import Any

import pyroute2

# linux/if_addr.h
_IFA_F_NODAD = 0x02
# linux/rtnetlink.h
_MAIN_TABLE = 254
# The mark: IFA_PROTO of an address (since Linux 5.18) and the protocol of a
# route. Of the numbers that the kernel leaves to programs, one that no
# routing daemon of /etc/iproute2/rt_protos has.
_OURS = 78
_DEFAULT = {socket.AF_INET: '0.0.0.0/0', socket.AF_INET6: '::/0'}

# Network, and gateway or None.
_Route = tuple[str, str | None]


def set_addresses(ip: Any, index: int, wanted: Sequence[str]) -> bool:
    """Give an interface just these addresses, and those it has by itself.

    :returns: whether one is new
    """
    present = _present_addresses(ip, index)
    # First: with another prefix the same address may come again.
    for text in present:
        if present[text] and text not in wanted:
            ip.addr('del', index=index, **_fields(text))
    new = [text for text in wanted if text not in present]
    for text in new:
        # Neutron keeps addresses unique; what waits for the detection of
        # duplicates cannot be bound to by a first instruction.
        flags = {'flags': _IFA_F_NODAD} if ':' in text else {}
        with _present_is_fine():
            ip.addr('add', index=index, proto=_OURS, **_fields(text), **flags)
    return bool(new)


def set_routes(ip: Any, index: int, wanted: Sequence[_Route]) -> None:
    """Give an interface just these routes, and those it has by itself.

    A route that another interface had from here, and that is asked for at
    this one now, moves.
    """
    ours = _our_routes(ip)
    for destination, (gateway, at) in ours.items():
        if at == index and destination not in dict(wanted):
            ip.route('del', **_options(index, destination, gateway))
    for destination, gateway in wanted:
        if destination not in ours:
            with _present_is_fine():
                ip.route('add', **_options(index, destination, gateway))
        elif ours[destination] != (gateway, index):
            ip.route('replace', **_options(index, destination, gateway))


def _present_addresses(ip: Any, index: int) -> dict[str, bool]:
    """Tell of each address, with its prefix, whether it is ours."""
    found = {}
    for each in ip.get_addr(index=index):
        # IFA_ADDRESS of IPv4 is the peer, where there is one.
        text = each.get_attr('IFA_LOCAL') or each.get_attr('IFA_ADDRESS')
        mark = each.get_attr('IFA_PROTO')
        found[f'{text}/{each["prefixlen"]}'] = mark == _OURS
    return found


def _our_routes(ip: Any) -> dict[str, tuple[str | None, int]]:
    """Give gateway and interface of each of our routes, by destination."""
    return {
        _destination(route): (
            route.get_attr('RTA_GATEWAY'),
            route.get_attr('RTA_OIF'),
        )
        for family in _DEFAULT
        for route in ip.get_routes(family=family, table=_MAIN_TABLE)
        if route['proto'] == _OURS
    }


def _destination(route: Any) -> str:
    network = route.get_attr('RTA_DST')
    if network is None:
        return _DEFAULT[route['family']]
    return str(ipaddress.ip_network(f'{network}/{route["dst_len"]}'))


def _fields(text: str) -> dict[str, Any]:
    address, prefix = text.split('/')
    return {'address': address, 'prefixlen': int(prefix)}


def _options(
    index: int, destination: str, gateway: str | None
) -> dict[str, Any]:
    options: dict[str, Any] = {
        'dst': destination,
        'oif': index,
        'proto': _OURS,
    }
    return options | (
        {'scope': 'link'} if gateway is None else {'gateway': gateway}
    )


@contextlib.contextmanager
def _present_is_fine() -> Iterator[None]:
    try:
        yield
    except pyroute2.NetlinkError as err:
        if err.code != errno.EEXIST:
            raise
