"""What Nova keeps of a server's volumes, as the stories want it.

Nova's block device mapping is all that is known of them; it is handed over
with each call that starts a server. Where a volume lies in the container is
asked for when it is attached or its server starts.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import contextlib
from typing import Any

from nova import objects
from nova.virt import block_device
from nova.virt import driver
from nova.volume import cinder

from novadocker.spec import mount
from novadocker.volume import request

_MAPPING = driver.block_device_info_get_mapping


def of_server(
    context: Any, instance: Any, block_device_info: Any
) -> tuple[request.Volume, ...]:
    """Read the volumes that a server starts with.

    :raises VolumeRefused: of a kind that no container can have
    :raises InvalidContainerOption: a path that the tenant has asked for
    """
    mapped = _MAPPING(block_device_info)
    tags = _tags(context, instance) if mapped else {}
    return tuple(
        _volume(
            each['connection_info'],
            instance.metadata,
            each['mount_device'],
            tags,
        )
        for each in mapped
    )


def connected(block_device_info: Any) -> tuple[request.Volume, ...]:
    """Read the volumes of a server that is going, whatever is asked of them.

    One that Cinder never connected has nothing that could be taken away.
    """
    return tuple(
        request.volume(each['connection_info'])
        for each in _MAPPING(block_device_info)
        if (each['connection_info'] or {}).get('data') is not None
    )


def another(
    context: Any,
    instance: Any,
    connection_info: Mapping[str, Any],
    device: str,
) -> tuple[request.Volume, tuple[request.Volume, ...]]:
    """Read a volume that a server is to get, and those that it has.

    :raises: as ``of_server``
    """
    new = request.volume(connection_info)
    others = tuple(
        each
        for each in of_server(
            context, instance, block_device_info(context, instance)
        )
        if each.id != new.id
    )
    tags = _tags(context, instance)
    return _volume(connection_info, instance.metadata, device, tags), others


def block_device_info(context: Any, instance: Any) -> Any:
    """Ask Nova for the volumes of a server that it has connected."""
    found = objects.BlockDeviceMappingList.get_by_instance_uuid(
        context, instance.uuid
    )
    rows = [each for each in found if each.connection_info]
    return driver.get_block_device_info(instance, rows) if rows else {}


def reconnect(
    context: Any, instance: Any, block_device_info: Any, nova_driver: Any
) -> None:
    """Have Cinder connect the volumes of a server to this host.

    For what Nova remembers is of before a move that it has given up. A back
    end may have given the same path to a volume of somebody else since.
    """
    found = [
        each
        for each in _MAPPING(block_device_info)
        if each['attachment_id'] is not None
    ]
    if not found:
        return
    api = cinder.API()
    here = nova_driver.get_volume_connector(instance)
    for each in found:
        api.attachment_update(
            context, each['attachment_id'], here, each['mount_device']
        )
    block_device.refresh_conn_infos(found, context, instance, api, nova_driver)
    for each in found:
        api.attachment_complete(context, each['attachment_id'])


@contextlib.contextmanager
def remembered(block_device_info: Any) -> Iterator[None]:
    """Let Nova keep what a connection of volumes has found out.

    Whatever comes of the story: they are connected.
    """
    before = [_path(each) for each in _MAPPING(block_device_info)]
    try:
        yield
    finally:
        after = _MAPPING(block_device_info)
        before += [''] * (len(after) - len(before))
        for each, path in zip(after, before, strict=True):
            if _path(each) != path:
                each.save()


def _path(mapping: Any) -> str:
    data = (mapping['connection_info'] or {}).get('data') or {}
    return str(data.get('device_path') or '')


def is_tagged(context: Any, instance: Any, volume_id: str) -> bool:
    """Tell whether a volume of a server has a tag."""
    return volume_id in _tags(context, instance)


def _tags(context: Any, instance: Any) -> dict[str, str]:
    """List the tags of a server's volumes by their ids."""
    found: Sequence[Any] = objects.BlockDeviceMappingList.get_by_instance_uuid(
        context, instance.uuid
    )
    return {each.volume_id: each.tag for each in found if each.tag}


def _volume(
    connection_info: Mapping[str, Any],
    metadata: Mapping[str, str],
    device: str,
    tags: Mapping[str, str],
) -> request.Volume:
    request.require_supported(connection_info)
    volume_id = request.volume(connection_info).id
    names = [tags.get(volume_id, ''), device.rpartition('/')[2]]
    return request.volume(connection_info, mount.target(metadata, names))
