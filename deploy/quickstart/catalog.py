"""Keystone's content: service users, roles, endpoints, and the tenant."""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from openstack import exceptions as openstack_exceptions

from deploy.quickstart import constants

# What is remembered of it; another number has it filled again.
VERSION = '2'
_SERVICES = {
    'nova': ('compute', 8774, '/v2.1'),
    'glance': ('image', 9292, ''),
    'placement': ('placement', 8778, ''),
    'neutron': ('network', 9696, ''),
    'cinder': ('volumev3', 8776, '/v3'),
}
# What the image half alone has; the bridge is found by its address.
IMAGES_ONLY = ('glance', 'glance-bridge')
ALL = (*IMAGES_ONLY, 'nova', 'placement', 'neutron')
_VOLUMES = ('cinder',)
# Whose quotas it enforces, it has to read.
_READS_LIMITS = 'glance-bridge'
_INTERFACES = ('public', 'internal', 'admin')


def names(boots: bool, volumes: bool) -> tuple[str, ...]:
    """List the services that there are, by their users.

    :param boots: whether there is more than the image half
    """
    found = ALL if boots else IMAGES_ONLY
    return (*found, *_VOLUMES) if volumes else found


def fill(
    connection: Any, secrets: Mapping[str, str], wanted: Iterable[str]
) -> None:
    """Make what is missing.

    :param wanted: of ``names``
    """
    identity = connection.identity
    service_project = _project(identity, 'service')
    role = identity.find_role('service') or identity.create_role(
        name='service'
    )
    for name in wanted:
        user = _user(identity, name, secrets[name])
        for each in (role, identity.find_role('admin')):
            identity.assign_project_role_to_user(service_project, user, each)
        if name in _SERVICES:
            _endpoints(identity, name)
        if name == _READS_LIMITS:
            # The SDK has no word for roles on the system.
            reader = identity.find_role('reader')
            openstack_exceptions.raise_from_response(
                identity.put(f'/system/users/{user.id}/roles/{reader.id}')
            )
    tenant = _user(identity, constants.DEMO, secrets[constants.DEMO])
    identity.assign_project_role_to_user(
        _project(identity, constants.DEMO),
        tenant,
        identity.find_role('member'),
    )


def _project(identity: Any, name: str) -> Any:
    return identity.find_project(name) or identity.create_project(
        name=name, domain_id='default'
    )


def _user(identity: Any, name: str, password: str) -> Any:
    return identity.find_user(name) or identity.create_user(
        name=name, password=password, domain_id='default'
    )


def _endpoints(identity: Any, name: str) -> None:
    kind, port, path = _SERVICES[name]
    service = identity.find_service(name) or identity.create_service(
        name=name, type=kind
    )
    existing = {
        endpoint.interface
        for endpoint in identity.endpoints(service_id=service.id)
    }
    for interface in _INTERFACES:
        if interface not in existing:
            identity.create_endpoint(
                service_id=service.id,
                interface=interface,
                url=f'http://{constants.MANAGEMENT_ADDRESS}:{port}{path}',
                region_id=constants.REGION,
            )
