"""Reads a cloud through openstacksdk, and turns its errors into ours."""

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import http
import json
from typing import Any
import uuid

from keystoneauth1 import exceptions as keystone_exceptions
import openstack
from openstack import exceptions as sdk_exceptions

from novadocker import constants
from novadocker.zone import error
from novadocker.zone import model

# The last that says which processor a host has.
COMPUTE_VERSION = '2.87'
PLACEMENT_VERSION = '1.30'
_COMPUTE = 'nova-compute'
_REQUIRED = 'required'
_ROLE = 'Most often it is the role admin that is missing.'
_REFUSALS = (
    sdk_exceptions.BadRequestException,
    sdk_exceptions.ConflictException,
    sdk_exceptions.NotFoundException,
)
# Names that Nova still takes for what they were called later.
_LEGACY = {
    'hw_architecture': 'architecture',
    'img_hv_type': 'hypervisor_type',
    'hw_vm_mode': 'vm_mode',
}


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Run calls of the SDK.

    :raises CloudRefused: an API said no
    :raises CloudUnclear: an API failed or did not answer
    """
    try:
        yield
    except sdk_exceptions.ForbiddenException as err:
        raise error.CloudRefused(f'{err} {_ROLE}') from err
    except _REFUSALS as err:
        raise error.CloudRefused(str(err)) from err
    except (
        keystone_exceptions.ClientException,
        sdk_exceptions.SDKException,
    ) as err:
        raise error.CloudUnclear(str(err)) from err
    except json.JSONDecodeError as err:
        raise error.CloudUnclear(f'An answer is no JSON: {err}') from err


def connect(name: str | None, region: str | None) -> Any:
    """Connect as clients do: by clouds.yaml, or by variables ``OS_``.

    :param name: of a cloud in clouds.yaml
    :param region: where the cloud has several
    """
    chosen = {'region_name': region} if region else {}
    with translated():
        return openstack.connect(
            cloud=name, compute_default_microversion=COMPUTE_VERSION, **chosen
        )


def identity(connection: Any) -> str:
    """Tell this cloud from another."""
    config = connection.config
    auth_url = config.get_auth_args().get('auth_url', '')
    return f'{auth_url} {config.get_region_name() or ""}'.strip()


def read(connection: Any) -> model.Cloud:
    """Read all that a zone is made of."""
    with translated():
        return model.Cloud(
            hosts={host.name: host for host in _hosts(connection)},
            aggregates={each.name: each for each in _aggregates(connection)},
            flavors={each.name: each for each in _flavors(connection)},
            images=tuple(map(_image, connection.image.images())),
        )


def _hosts(connection: Any) -> Iterator[model.Host]:
    nodes = {
        node.service_details['host']: node
        for node in connection.compute.hypervisors(
            details=True, with_servers=True
        )
    }
    members = _node_names(connection, _REQUIRED, constants.TRAIT)
    for service in connection.compute.services(binary=_COMPUTE):
        node = nodes.get(service.host)
        name = node.name if node else ''
        yield model.Host(
            name=service.host,
            node=name,
            zone=service.availability_zone,
            hypervisor_type=(node.hypervisor_type or '') if node else '',
            architecture=_architecture(node),
            servers=len(node.servers or ()) if node else 0,
            is_up=service.state == 'up',
            is_enabled=service.status == 'enabled',
            disabled_reason=service.disabled_reason or '',
            has_trait=name in members,
        )


def _architecture(node: Any) -> str:
    info = node.cpu_info if node else None
    return str(info.get('arch', '')) if isinstance(info, Mapping) else ''


def _aggregates(connection: Any) -> Iterator[model.Aggregate]:
    for each in connection.compute.aggregates():
        metadata = dict(each.metadata or {})
        metadata.pop('availability_zone', None)
        yield model.Aggregate(
            name=each.name,
            zone=each.availability_zone,
            hosts=frozenset(each.hosts or ()),
            metadata=metadata,
            nodes=_node_names(connection, 'member_of', each.uuid),
        )


def _flavors(connection: Any) -> Iterator[model.Flavor]:
    for each in connection.compute.flavors():
        yield model.Flavor(
            name=each.name,
            vcpus=each.vcpus,
            ram_mb=each.ram,
            disk_gb=each.disk,
            ephemeral_gb=each.ephemeral or 0,
            swap_mb=each.swap or 0,
            extra_specs=dict(each.extra_specs or {}),
        )


def read_image(connection: Any, image_id: str) -> model.Image | None:
    """Read an image that Glance does not list: a hidden one, by its id."""
    try:
        # The SDK puts anything else into an address as well.
        found = str(uuid.UUID(image_id))
        with translated():
            return _image(connection.image.get_image(found))
    except (ValueError, error.CloudRefused):
        return None


def _image(each: Any) -> model.Image:
    properties = {
        name: str(value)
        for name, value in (each.properties or {}).items()
        if value is not None
    }
    for name, attribute in _LEGACY.items():
        if value := getattr(each, attribute):
            properties.setdefault(name, str(value))
    return model.Image(
        each.id,
        each.name or '',
        each.container_format or '',
        each.status,
        each.min_ram or 0,
        each.min_disk or 0,
        properties,
    )


def _node_names(connection: Any, key: str, value: str) -> frozenset[str]:
    """List the nodes that Placement has with a trait or in an aggregate."""
    answer = _ask(connection, '', {key: value})
    # It knows no trait that no host ever reported.
    if key == _REQUIRED and answer.status_code == http.HTTPStatus.BAD_REQUEST:
        return frozenset()
    rows = require(answer).json()['resource_providers']
    return frozenset(each['name'] for each in rows)


def read_provider(connection: Any, node: str) -> model.Provider:
    """Read what Placement has of a node; nothing, if it does not know it."""
    if not node:
        return model.Provider()
    with translated():
        answer = require(_ask(connection, '', {'name': node}))
        rows = answer.json()['resource_providers']
        if not rows:
            return model.Provider()
        traits, stocks, usages = (
            require(_ask(connection, f'/{rows[0]["uuid"]}/{each}')).json()[
                each
            ]
            for each in ('traits', 'inventories', 'usages')
        )
    return model.Provider(
        frozenset(traits),
        {
            name: _inventory(stock, usages.get(name, 0))
            for name, stock in stocks.items()
        },
    )


def _ask(
    connection: Any, rest: str, query: Mapping[str, str] | None = None
) -> Any:
    return connection.placement.get(
        f'/resource_providers{rest}',
        params=query,
        microversion=PLACEMENT_VERSION,
    )


def require(answer: Any) -> Any:
    """Give an answer back, unless it is a refusal."""
    sdk_exceptions.raise_from_response(answer)
    return answer


def _inventory(stock: Mapping[str, Any], used: int) -> model.Inventory:
    """Count as Placement does.

    :source: placement.objects.allocation_candidate, its usage queries
    """
    whole = stock['total'] - stock['reserved']
    return model.Inventory(
        capacity=int(whole * stock['allocation_ratio']),
        used=used,
        largest=stock['max_unit'],
    )
