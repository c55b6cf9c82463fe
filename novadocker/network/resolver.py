"""The files by which a container resolves names. Pure.

The engine leaves them empty for a container without a network of its own,
so the driver writes them and mounts them.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from novadocker import model

_LOCALHOST = """\
127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
"""
# Debian's own choice for a host whose name has no address.
_NO_ADDRESS = '127.0.1.1'
# resolv.conf(5), MAXNS: what follows is ignored, by musl too.
_MAX_NAMESERVERS = 3


def resolver(
    hostname: str, domain: str, network_info: Sequence[Mapping[str, Any]]
) -> model.Resolver:
    """Gather what the ports of an instance say about names.

    The host's own name leads to the first address of each family alone: it
    is what servers bind to and announce, and the first port is the main one.
    """
    subnets = [
        subnet for vif in network_info for subnet in vif['network']['subnets']
    ]
    nameservers = [server for each in subnets for server in _servers(each)]
    first: dict[int, str] = {}
    for subnet in subnets:
        for fixed_ip in subnet['ips']:
            first.setdefault(subnet['version'], fixed_ip['address'])
    return model.Resolver(
        hostname=hostname,
        domain=domain,
        nameservers=tuple(dict.fromkeys(nameservers)),
        addresses=tuple(first.values()),
    )


def hosts_text(names: model.Resolver) -> str:
    """Write hosts(5)."""
    own = ' '.join(filter(None, [_full_name(names), names.hostname]))
    addresses = names.addresses or (_NO_ADDRESS,)
    return _LOCALHOST + ''.join(f'{each} {own}\n' for each in addresses)


def resolv_conf_text(names: model.Resolver) -> str:
    """Write resolv.conf(5)."""
    search = f'search {names.domain}\n' if names.domain else ''
    return search + ''.join(
        f'nameserver {each}\n' for each in names.nameservers[:_MAX_NAMESERVERS]
    )


def hostname_text(names: model.Resolver) -> str:
    """Write hostname(5)."""
    return f'{names.hostname}\n'


def _full_name(names: model.Resolver) -> str:
    return f'{names.hostname}.{names.domain}' if names.domain else ''


def _servers(subnet: Mapping[str, Any]) -> list[str]:
    """Give the name servers of a subnet.

    Where it has none, Neutron's DHCP agent hands out its own address.
    """
    named = [server['address'] for server in subnet['dns']]
    return named or [
        server for server in [subnet['meta'].get('dhcp_server')] if server
    ]
