"""What the stories work with, put together once by the facade."""

from collections.abc import Sequence
import dataclasses
from typing import Any

from nova.compute import vm_states

from novadocker import constants
from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.engine import engine as docker_engine
from novadocker.network import metadata
from novadocker.network import plan
from novadocker.network import plumber as network_plumber
from novadocker.network import wiring as network_wiring
from novadocker.ops import patience as ops_patience
from novadocker.spec import builder
from novadocker.volume import volumes as volume_volumes


@dataclasses.dataclass(frozen=True)
class Settings:
    """Values of the configuration that the stories need."""

    instances_path: str
    start_check_ms: int


@dataclasses.dataclass(frozen=True)
class Tools:
    """The rooms below, ready for use."""

    engine: docker_engine.Engine
    plumber: network_plumber.Plumber
    metadata_ports: metadata.MetadataPorts
    wiring: network_wiring.Wiring
    host: builder.Host
    settings: Settings
    volumes: volume_volumes.Volumes
    patience: ops_patience.Patience = dataclasses.field(
        default_factory=ops_patience.Patience
    )


def find(
    tools: Tools,
    instance_uuid: str,
    role: model.Role = model.Role.WORKLOAD,
) -> model.Container:
    """Find the container that an instance has for a role.

    :raises ContainerNotFound: there is none, or the one that has its name is
        not Nova's and is therefore left alone
    :raises OptionChanged: it is Nova's, but was made by a service that was
        configured otherwise
    """
    name = identity.container_name(instance_uuid, role)
    container = tools.engine.inspect(name)
    if not identity.is_novas(container):
        raise exception.ContainerNotFound(name=name)
    for option, made, now in (
        (
            '[DEFAULT] host',
            container.labels.get(constants.LABEL_HOST),
            {tools.host.name},
        ),
        ('[docker] runtime', container.runtime, tools.host.runtimes),
    ):
        if made not in now:
            raise exception.OptionChanged(
                name=name,
                option=option,
                made=made,
                now=' or '.join(sorted(now)),
            )
    return container


def is_there(
    tools: Tools,
    instance_uuid: str,
    role: model.Role = model.Role.WORKLOAD,
) -> bool:
    """Tell whether an instance has a container for a role.

    :raises OptionChanged: as ``find``
    """
    try:
        find(tools, instance_uuid, role)
    except exception.ContainerNotFound:
        return False
    return True


def current(tools: Tools, instance: Any) -> model.Container:
    """Find the container that a server lives in now; raises as ``find``."""
    return find(tools, instance.uuid, role_of(instance))


def role_of(instance: Any) -> model.Role:
    """Tell which of its containers Nova means when it names a server.

    What Nova does not call rescued is the server itself, even where a rescue
    that failed has left a container.
    """
    is_rescued = instance.vm_state == vm_states.RESCUED
    return model.Role.RESCUE if is_rescued else model.Role.WORKLOAD


def nics(tools: Tools, network_info: Sequence[Any]) -> tuple[model.Nic, ...]:
    """Resolve the ports of an instance; blocks until Nova knows them."""
    addresses = tools.metadata_ports.addresses(network_info)
    return plan.nics(network_info, metadata_addresses=addresses)
