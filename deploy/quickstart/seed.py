"""Fill the empty cloud: flavors, networks, the image, the docker zone.

Fixed names, and nothing is made twice.
"""

from collections.abc import Mapping
import pathlib
import platform
from typing import Any

import openstack.exceptions

from deploy.quickstart import constants
from deploy.quickstart import outside
from deploy.quickstart import process

# name: vcpus, MiB, GiB
_FLAVORS = {
    'm1.nano': (1, 64, 1),
    'm1.tiny': (1, 512, 1),
    'm1.small': (1, 2048, 10),
    'm1.medium': (2, 4096, 20),
}
_POOL = constants.PUBLIC_POOL
# Glance's own; without a name of one, archives go to the registry.
_STORE = 'file'
# What Neutron calls the agents that wire the ports of a host.
_WIRING_AGENTS = (
    'Open vSwitch agent',
    'OVN Controller agent',
    'OVN Controller Gateway agent',
)


def flavors(admin: Any) -> None:
    """Make the flavors."""
    for name, (vcpus, memory_mb, disk_gb) in _FLAVORS.items():
        if not admin.compute.find_flavor(name):
            admin.compute.create_flavor(
                name=name, vcpus=vcpus, ram=memory_mb, disk=disk_gb
            )


def find_image(connection: Any, name: str = constants.IMAGE) -> Any:
    """Find an image by name, ``None`` if it is not there.

    A name with a colon is found through the filter before Glance.
    """
    return next(iter(connection.image.images(name=name)), None)


def remove_upload(admin: Any) -> None:
    """Remove the image that is going to be pushed, where it was uploaded."""
    for found in admin.image.images(name=constants.IMAGE):
        if 'docker_repository' not in found.properties:
            admin.image.delete_image(found)


def image(
    admin: Any,
    archive: pathlib.Path,
    is_docker: bool,
    name: str = constants.IMAGE,
) -> None:
    """Upload an image, with what keeps it on docker hosts.

    :param is_docker: whether there is a host with the trait it asks for
    """
    properties = {'hw_architecture': platform.machine()}
    if is_docker:
        properties['img_hv_type'] = 'docker'
        properties[f'trait:{constants.TRAIT}'] = 'required'
    found = find_image(admin, name)
    if found and found.status == 'active':
        admin.image.update_image(found, **properties)
        return
    if found:  # an interrupted upload
        admin.image.delete_image(found)
    made = admin.image.create_image(
        name,
        container_format='docker',
        disk_format='raw',
        visibility='public',
        allow_duplicates=True,  # Else it looks for the name, in vain.
        **properties,
    )
    _upload(admin, made.id, archive)


def _upload(admin: Any, image_id: str, archive: pathlib.Path) -> None:
    """Upload an archive that is to stay as it is.

    The registry takes it apart and gives out one of its own.
    """
    with archive.open('rb') as file:
        answer = admin.image.put(
            f'/images/{image_id}/file',
            data=file,
            headers={
                'Content-Type': 'application/octet-stream',
                'X-Image-Meta-Store': _STORE,
            },
        )
    openstack.exceptions.raise_from_response(answer)


def aggregate(admin: Any, host: str) -> None:
    """Keep everything but docker images off a host."""
    compute = admin.compute
    zone = compute.find_aggregate(
        constants.AGGREGATE
    ) or compute.create_aggregate(name=constants.AGGREGATE)
    key = f'trait:{constants.TRAIT}'
    if (zone.metadata or {}).get(key) != 'required':
        compute.set_aggregate_metadata(zone, {key: 'required'})
    if host not in (zone.hosts or []):
        compute.add_host_to_aggregate(zone, host)


def has_trait(admin: Any) -> bool:
    """Tell whether a host carries the docker trait."""
    answer = admin.placement.get(
        f'/resource_providers?required={constants.TRAIT}',
        headers={'OpenStack-API-Version': 'placement 1.30'},
    )
    if answer.status_code == 400:  # no host ever reported the trait
        return False
    return bool(answer.json()['resource_providers'])


def wait_for_host(admin: Any, host: str) -> None:
    """Wait until Nova can send a server to a host, and Neutron bind it."""

    def is_up() -> bool:
        return any(
            service.binary == 'nova-compute'
            and service.host == host
            and service.state == 'up'
            for service in admin.compute.services()
        ) and any(
            node.service_details['host'] == host
            for node in admin.compute.hypervisors(details=True)
        )

    process.wait_until(is_up, 60, f'compute host {host} is up')
    # A port that is bound before its agent has reported is a failed boot.
    process.wait_until(
        lambda: any(
            agent.host == host and agent.is_alive
            for agent in admin.network.agents()
            if agent.agent_type in _WIRING_AGENTS
        ),
        60,
        f'the network agent of {host} has reported',
    )


def networks(admin: Any, demo: Any) -> None:
    """Make the outside network, the tenant's own, and a router between."""
    public = admin.network.find_network('public') or (
        admin.network.create_network(
            name='public',
            # Nobody's own: the administrator, too, boots on the one network
            # that is left when none is named.
            project_id=admin.identity.find_project('service').id,
            is_router_external=True,
            provider_network_type='flat',
            provider_physical_network='public',
        )
    )
    _subnet(
        admin,
        public,
        cidr=constants.PUBLIC_CIDR,
        gateway_ip=constants.PUBLIC_GATEWAY,
        is_dhcp_enabled=False,
        allocation_pools=outside.pools(*_POOL, outside.addresses()),
    )
    # Shared, so that the one network that everybody sees is taken by a boot
    # that names none.
    private = demo.network.find_network('private') or (
        admin.network.create_network(
            name='private',
            project_id=demo.current_project_id,
            is_shared=True,
        )
    )
    inner = _subnet(demo, private, cidr=constants.PRIVATE_CIDR)
    router = demo.network.find_router('router1')
    if not router:
        router = demo.network.create_router(
            name='router1', external_gateway_info={'network_id': public.id}
        )
    if not list(
        demo.network.ports(device_id=router.id, network_id=private.id)
    ):
        demo.network.add_interface_to_router(router, subnet_id=inner.id)


def _subnet(connection: Any, network: Any, **wanted: Any) -> Any:
    name = f'{network.name}-subnet'
    return connection.network.find_subnet(
        name
    ) or connection.network.create_subnet(
        name=name, network_id=network.id, ip_version=4, **wanted
    )


def security_group(demo: Any) -> None:
    """Open memcached's port and ping to the world."""
    group = demo.network.find_security_group(
        constants.MEMCACHED
    ) or demo.network.create_security_group(name=constants.MEMCACHED)
    port = constants.MEMCACHED_PORT
    rules: list[Mapping[str, Any]] = [
        {'protocol': 'icmp'},
        {'protocol': 'tcp', 'port_range_min': port, 'port_range_max': port},
    ]
    existing = {
        rule.protocol
        for rule in demo.network.security_group_rules(
            security_group_id=group.id, direction='ingress'
        )
    }
    for rule in rules:
        if rule['protocol'] not in existing:
            demo.network.create_security_group_rule(
                security_group_id=group.id,
                direction='ingress',
                ether_type='IPv4',
                **rule,
            )
