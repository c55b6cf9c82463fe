"""Who answers for the metadata service in a network of OVN.

OVN has no router or DHCP agent that does: each network has a port of its own
for it, of which a DHCP client would learn. A container has none, so Neutron
is asked for the port, once for each network and again when its subnets have
changed.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import ipaddress
from typing import Any

from oslo_log import log as logging

LOG = logging.getLogger(__name__)

# Lists the ports of a network that Neutron keeps for itself: network id -> as
# Neutron's API gives them.
ListPorts = Callable[[str], Sequence[Mapping[str, Any]]]

DEVICE_OWNER = 'network:distributed'
_DRIVER = 'ovn'


class MetadataPorts:
    """Addresses of metadata ports, remembered for the life of the service."""

    def __init__(self, list_ports: ListPorts) -> None:
        self._list_ports = list_ports
        self._known: dict[str, str] = {}

    def addresses(
        self, network_info: Sequence[Mapping[str, Any]]
    ) -> dict[str, str]:
        """Give the address by the id of the network, where there is one.

        Where Neutron cannot be asked a server goes without the route: it
        must be possible to start one while Neutron is down.
        """
        networks = {
            vif['network']['id']: vif['network']
            for vif in network_info
            if _is_ovn(vif)
        }
        for network_id, network in networks.items():
            if not _is_in(self._known.get(network_id), network):
                self._renew(network_id)
        return {
            network_id: self._known[network_id]
            for network_id in networks
            if network_id in self._known
        }

    def _renew(self, network_id: str) -> None:
        address = self._ask(network_id)
        if address is not None:
            self._known[network_id] = address

    def _ask(self, network_id: str) -> str | None:
        try:
            ports = self._list_ports(network_id)
        except Exception as err:  # whatever the client of Neutron raises
            LOG.warning(
                'Neutron did not name the metadata port of network '
                '%(network)s, a server goes without its route: %(error)s',
                {'network': network_id, 'error': err},
            )
            return None
        addresses = [
            str(fixed_ip['ip_address'])
            for port in ports
            for fixed_ip in port['fixed_ips']
            if ':' not in fixed_ip['ip_address']
        ]
        return addresses[0] if addresses else None


def _is_in(address: str | None, network: Mapping[str, Any]) -> bool:
    # A network keeps its id when its subnets are replaced, and the port then
    # has another address.
    return address is not None and any(
        ipaddress.ip_address(address)
        in ipaddress.ip_interface(subnet['cidr']).network
        for subnet in network['subnets']
        if subnet['cidr']
    )


def _is_ovn(vif: Mapping[str, Any]) -> bool:
    drivers = (vif['details'] or {}).get('bound_drivers') or {}
    return _DRIVER in drivers.values()
