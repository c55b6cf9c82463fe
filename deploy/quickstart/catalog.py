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
    'heat': ('orchestration', 8004, '/v1/%(project_id)s'),
}
# What the image half alone has; the bridge is found by its address.
IMAGES_ONLY = ('glance', 'glance-bridge')
ALL = (*IMAGES_ONLY, 'nova', 'placement', 'neutron')
_VOLUMES = ('cinder',)
_STACKS = ('heat',)
# Whose quotas it enforces, it has to read.
_READS_LIMITS = 'glance-bridge'
# Who makes users of its own, in a domain of this name.
_HAS_DOMAIN = 'heat'
_DOMAIN_ADMIN = 'heat-domain'
# What those users are, to whom Heat's policy denies all but their own.
_DOMAIN_ROLE = 'heat_stack_user'
_INTERFACES = ('public', 'internal', 'admin')


def names(boots: bool, volumes: bool, stacks: bool) -> tuple[str, ...]:
    """List the services that there are, by their users.

    :param boots: whether there is more than the image half
    """
    return (
        *(ALL if boots else IMAGES_ONLY),
        *(_VOLUMES if volumes else ()),
        *(_STACKS if stacks else ()),
    )


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
        if name == _HAS_DOMAIN:
            _domain(identity, name, secrets[_DOMAIN_ADMIN])
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


def _user(
    identity: Any, name: str, password: str, domain_id: str = 'default'
) -> Any:
    return identity.find_user(name) or identity.create_user(
        name=name, password=password, domain_id=domain_id
    )


def _domain(identity: Any, name: str, password: str) -> None:
    """Make the domain of a service's own users, and who may make them."""
    domain = identity.find_domain(name) or identity.create_domain(name=name)
    admin = _user(identity, _DOMAIN_ADMIN, password, domain.id)
    identity.assign_domain_role_to_user(
        domain, admin, identity.find_role('admin')
    )
    if not identity.find_role(_DOMAIN_ROLE):
        identity.create_role(name=_DOMAIN_ROLE)


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
