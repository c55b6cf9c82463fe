"""Resolve Neutron ports into the interfaces of a container. Pure.

A container has no DHCP client: what one would have learnt is worked out here
from what Nova knows of the ports.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import ipaddress
import itertools
import types
from typing import Any

from novadocker import model

# One VIF of nova.network.model, which is a dictionary, and its parts.
Vif = Mapping[str, Any]
Subnet = Mapping[str, Any]

_NO_ADDRESSES: Mapping[str, str] = types.MappingProxyType({})
_METADATA = '169.254.169.254/32'
_DEFAULTS = {4: '0.0.0.0/0', 6: '::/0'}
_DEFAULT_MTU = 1500
# nova.network.model.NIC_NAME_LEN, by which os-vif cuts the bridge's name.
_BRIDGE_NAME_LENGTH = 14


def nics(
    network_info: Sequence[Vif],
    *,
    metadata_addresses: Mapping[str, str] = _NO_ADDRESSES,
) -> tuple[model.Nic, ...]:
    """Resolve all ports of an instance, in the order of its VIFs.

    :param metadata_addresses: by the id of a network, who answers for the
        metadata service in it. With OVN that is the port of the network's
        owner ``network:distributed``, with OVS nobody needs to be named.
    """
    vifs = list(network_info)
    routes = _host_routes(vifs)
    _add_default_routes(vifs, routes)
    _add_metadata_route(vifs, routes, metadata_addresses)
    # A router that nobody names makes itself known. One that Neutron names is
    # used without waiting for it, and beside it a default route from an
    # advertisement would leave the way out to chance.
    accept_ra = not any(_DEFAULTS[6] in wanted for wanted in routes)
    return tuple(
        _nic(index, vif, wanted, accept_ra=accept_ra)
        for index, (vif, wanted) in enumerate(zip(vifs, routes, strict=True))
    )


def _nic(
    index: int, vif: Vif, wanted: Mapping[str, str], *, accept_ra: bool
) -> model.Nic:
    port_id, details = vif['id'], vif['details'] or {}
    subnets = _subnets(vif)
    hybrid = details.get('ovs_hybrid_plug', False)
    return model.Nic(
        port_id=port_id,
        name=f'eth{index}',
        devname=vif['devname'],
        mac=vif['address'].lower(),
        mtu=vif['network']['meta'].get('mtu') or _DEFAULT_MTU,
        addresses=tuple(_addresses(subnets)),
        routes=tuple(_routes(subnets, wanted)),
        accept_ra=accept_ra
        and any(s['meta'].get('ipv6_address_mode') for s in subnets),
        hybrid_bridge=f'qbr{port_id}'[:_BRIDGE_NAME_LENGTH]
        if hybrid
        else None,
        userspace_datapath=details.get('datapath_type') == 'netdev',
    )


def _subnets(vif: Vif) -> Sequence[Subnet]:
    return [each for each in vif['network']['subnets'] if each['cidr']]


def _addresses(subnets: Sequence[Subnet]) -> Iterator[str]:
    for subnet in subnets:
        prefix = ipaddress.ip_interface(subnet['cidr']).network.prefixlen
        for fixed_ip in subnet['ips']:
            yield f'{fixed_ip["address"]}/{prefix}'


def _host_routes(vifs: Sequence[Vif]) -> list[dict[str, str]]:
    """Give the gateway by destination, for each VIF.

    Of two ways to one network the kernel would take but one: it is the first.
    """
    known = set(_DEFAULTS.values())
    routes: list[dict[str, str]] = []
    for vif in vifs:
        routes.append(own := {})
        for route in itertools.chain(*(s['routes'] for s in _subnets(vif))):
            if route['cidr'] not in known:
                known.add(route['cidr'])
                own[route['cidr']] = route['gateway']['address']
    return routes


def _add_default_routes(
    vifs: Sequence[Vif], routes: Sequence[dict[str, str]]
) -> None:
    """Give the first VIF that has a gateway the default route.

    The kernel takes but one of a kind, and with several the way out would
    depend on chance. The order of VIFs is the user's: the first network that
    was asked for is the main one, as cloud images have it too.
    """
    for version, destination in _DEFAULTS.items():
        for vif, wanted in zip(vifs, routes, strict=True):
            gateways = [
                _gateway(subnet)
                for subnet in _subnets(vif)
                if subnet['version'] == version
            ]
            gateway = next(filter(None, gateways), None)
            if gateway:
                wanted[destination] = gateway
                break


def _gateway(subnet: Subnet) -> str | None:
    # RFC 3442: a default route among the host routes replaces the gateway.
    for route in subnet['routes']:
        if route['cidr'] in _DEFAULTS.values():
            return str(route['gateway']['address'])
    return (subnet['gateway'] or {}).get('address')


def _add_metadata_route(
    vifs: Sequence[Vif],
    routes: Sequence[dict[str, str]],
    metadata_addresses: Mapping[str, str],
) -> None:
    """Lead to the metadata service where the default route does not.

    A network that names who answers (OVN) is always asked directly. Else a
    router answers; and where no port has one, Neutron's DHCP agent does.
    """
    if any(_METADATA in wanted for wanted in routes):
        return
    has_router = any(_DEFAULTS[4] in wanted for wanted in routes)
    named = [metadata_addresses.get(vif['network']['id']) for vif in vifs]
    isolated = [None if has_router else _dhcp_server(vif) for vif in vifs]
    for address, wanted in zip(
        named + isolated, [*routes, *routes], strict=True
    ):
        if address:
            wanted[_METADATA] = address
            return


def _dhcp_server(vif: Vif) -> str | None:
    for subnet in _subnets(vif):
        if subnet['version'] == 4 and subnet['meta'].get('dhcp_server'):
            return str(subnet['meta']['dhcp_server'])
    return None


def _routes(
    subnets: Sequence[Subnet], wanted: Mapping[str, str]
) -> Iterator[model.Route]:
    """Give routes in an order in which the kernel accepts them.

    A gateway outside of the port's subnets is reached by a route of its own,
    which comes first.
    """
    networks = [
        ipaddress.ip_interface(each['cidr']).network for each in subnets
    ]
    on_link: dict[str, None] = {}
    for address in map(ipaddress.ip_address, wanted.values()):
        near = address.is_link_local or address.is_unspecified
        if not near and not any(address in network for network in networks):
            on_link[f'{address}/{address.max_prefixlen}'] = None
    for destination in on_link:
        yield model.Route(destination=destination, gateway=None)
    for destination, gateway in wanted.items():
        # RFC 3442: 0.0.0.0 stands for "on this link".
        unspecified = ipaddress.ip_address(gateway).is_unspecified
        yield model.Route(
            destination=destination, gateway=None if unspecified else gateway
        )
