"""Names: which container, namespace and device belongs to which instance.

Every name that the driver gives away is made here, so that what made a thing
and what looks for it cannot disagree.
"""

from collections.abc import Mapping
import re

from novadocker import constants
from novadocker import model

_UUID = re.compile(
    r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
)
_SUFFIX = {
    model.Role.WORKLOAD: '',
    model.Role.RESCUE: '-rescue',
    model.Role.RESIZE: '-resize',
}


def container_name(
    instance_uuid: str, role: model.Role = model.Role.WORKLOAD
) -> str:
    """Name the container of an instance in one of its roles."""
    return f'{constants.NAME_PREFIX}{instance_uuid}{_SUFFIX[role]}'


def netns_name(instance_uuid: str) -> str:
    """Name the network namespace that all roles of an instance share."""
    return f'{constants.NAME_PREFIX}{instance_uuid}'


def uuid_of_netns(name: str) -> str | None:
    """Read whose namespace it is, ``None`` if it is no instance's."""
    uuid = name.removeprefix(constants.NAME_PREFIX)
    return uuid if uuid != name and _UUID.fullmatch(uuid) else None


def netns_path(instance_uuid: str) -> str:
    """Give the path below which the namespace of an instance is pinned."""
    return f'{constants.NETNS_DIR}/{netns_name(instance_uuid)}'


def devname(port_id: str) -> str:
    """Name the host end of a port, as Nova does for every driver.

    :source: nova.network.neutron, "tap" and the length NIC_NAME_LEN
    """
    return f'tap{port_id}'[:14]


def image_repository(image_id: str) -> str:
    """Name the engine's repository for an image of Glance."""
    return f'{constants.IMAGE_REPOSITORY}/{image_id}'


def image_reference(image_id: str, config_digest: str) -> str:
    """Name one config of an image of Glance in the engine."""
    return f'{image_repository(image_id)}:{config_digest.split(":")[1]}'


def image_id_of(reference: str) -> str | None:
    """Read the id of the Glance image, ``None`` of a name not ours."""
    folder, _, rest = reference.partition('/')
    image_id = rest.partition(':')[0]
    is_named_by_us = folder == constants.IMAGE_REPOSITORY
    return image_id if is_named_by_us and _UUID.fullmatch(image_id) else None


def snapshot_repository(instance_uuid: str) -> str:
    """Name the engine's repository for the snapshots of an instance."""
    return f'{constants.SNAPSHOT_REPOSITORY}/{instance_uuid}'


def snapshot_reference(instance_uuid: str, image_id: str) -> str:
    """Name a snapshot in the engine, until Glance has it."""
    return f'{snapshot_repository(instance_uuid)}:{image_id}'


def is_snapshot(reference: str) -> bool:
    """Tell whether an image of the engine has a name for a snapshot."""
    folder, _, rest = reference.partition('/')
    uuid = rest.partition(':')[0]
    return folder == constants.SNAPSHOT_REPOSITORY and bool(
        _UUID.fullmatch(uuid)
    )


def moved_repository(instance_uuid: str) -> str:
    """Name the engine's repository for what an instance has brought."""
    return f'{constants.MOVED_REPOSITORY}/{instance_uuid}'


def moved_reference(instance_uuid: str, config_digest: str) -> str:
    """Name what an instance has brought to another flavor or host."""
    encoded = config_digest.split(':')[1]
    return f'{moved_repository(instance_uuid)}:{encoded}'


def is_label(name: str) -> bool:
    """Tell whether a label of a container is one of ours."""
    return name.startswith(constants.LABEL_PREFIX)


def labels(
    *,
    uuid: str,
    name: str,
    project_id: str,
    role: model.Role,
    host: str,
    own_cpus: str = '',
) -> dict[str, str]:
    """Make the labels that a container of ours carries.

    :param own_cpus: CPUs of the host that are its alone. It is said also
        where there are none: an image may have brought that label.
    """
    return {
        constants.LABEL_UUID: uuid,
        constants.LABEL_NAME: name,
        constants.LABEL_PROJECT: project_id,
        constants.LABEL_ROLE: str(role),
        constants.LABEL_HOST: host,
        constants.LABEL_CPUS: own_cpus,
    }


def is_ours(container: model.Container, host: str, *runtimes: str) -> bool:
    """Tell whether a container is an instance of this host.

    A label alone is not enough: ``docker commit`` bakes labels into the
    image, so a stranger's ``docker run`` of a snapshot carries them too
    (DESIGN D5).

    :param runtimes: names under which the engine has nova-runtime
    """
    return (
        is_novas(container)
        and container.runtime in runtimes
        and container.labels.get(constants.LABEL_HOST) == host
    )


def is_novas(container: model.Container) -> bool:
    """Tell whether a container is an instance, be it of another host."""
    uuid = uuid_of(container.labels)
    return uuid is not None and container.name == container_name(
        uuid, role(container)
    )


def has_own_cpus(container: model.Container) -> bool:
    """Tell whether a container was made with CPUs of its own.

    One that was made before there was such a label may have it from its
    image; but then the engine holds it to no CPUs, or to other ones.
    """
    own_cpus = container.labels.get(constants.LABEL_CPUS, '')
    return bool(own_cpus) and own_cpus == container.cpuset_cpus


def uuid_of(container_labels: Mapping[str, str]) -> str | None:
    """Read the instance's uuid, ``None`` if there is none to believe."""
    uuid = container_labels.get(constants.LABEL_UUID, '')
    return uuid if _UUID.fullmatch(uuid) else None


def role(container: model.Container) -> model.Role:
    """Tell what a container of ours is for now.

    The engine lets nobody change a label: of a server that is kept while its
    resize waits to be confirmed only the name says so.
    """
    found = role_of(container.labels)
    kept = container_name(
        container.labels.get(constants.LABEL_UUID, ''), model.Role.RESIZE
    )
    is_kept = found is model.Role.WORKLOAD and container.name == kept
    return model.Role.RESIZE if is_kept else found


def role_of(container_labels: Mapping[str, str]) -> model.Role:
    """Read the role that a container was made for.

    What has none that we know is a workload.
    """
    value = container_labels.get(constants.LABEL_ROLE, '')
    return (
        model.Role(value) if value in set(model.Role) else model.Role.WORKLOAD
    )
