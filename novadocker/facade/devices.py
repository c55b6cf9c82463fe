"""What Nova tells a server of its tagged devices, by Nova's metadata.

A container has no bus: a port is known by its MAC address and a volume by its
id and by the folder where it is. Only devices with a tag are told of.
"""

from collections.abc import Iterator
import contextlib
from typing import Any

from nova import objects

from novadocker import exception
from novadocker.spec import mount


def describe(context: Any, instance: Any) -> None:
    """Let Nova know the tagged devices of a server that is about to boot.

    Nova saves it with the rest of what it knows of the server.
    """
    found = _described(context, instance)
    if found:
        instance.device_metadata = objects.InstanceDeviceMetadata(
            devices=found
        )


def describe_anew(context: Any, instance: Any) -> None:
    """Let Nova know the tagged devices of a server that has got one more."""
    describe(context, instance)
    instance.save()


def forget_port(context: Any, instance: Any, mac: str) -> None:
    """Let Nova know that a port is gone, if it had a tag.

    Of a volume Nova sees to it by itself.
    """
    if has_tag(context, instance, mac):
        instance.device_metadata = objects.InstanceDeviceMetadata(
            devices=[
                each
                for each in _described(context, instance)
                if getattr(each, 'mac', None) != mac
            ]
        )
        instance.save()


def has_tag(context: Any, instance: Any, mac: str) -> bool:
    """Tell whether a port of a server has a tag."""
    return mac in [each.mac for each in _ports(context, instance)]


def _described(context: Any, instance: Any) -> list[Any]:
    return [*_ports(context, instance), *_volumes(context, instance)]


def _ports(context: Any, instance: Any) -> Iterator[Any]:
    for each in objects.VirtualInterfaceList.get_by_instance_uuid(
        context, instance.uuid
    ):
        if each.tag:
            yield objects.NetworkInterfaceMetadata(
                mac=each.address, tags=[each.tag]
            )


def _volumes(context: Any, instance: Any) -> Iterator[Any]:
    for each in objects.BlockDeviceMappingList.get_by_instance_uuid(
        context, instance.uuid
    ):
        if each.tag and each.volume_id:
            # Nova finds it by its serial when the volume is detached.
            found = objects.DiskMetadata(
                tags=[each.tag], serial=each.volume_id
            )
            device = str(each.device_name or '').rpartition('/')[2]
            # What its owner says of another volume may be refused.
            with contextlib.suppress(exception.InvalidContainerOption):
                found.path = mount.target(
                    instance.metadata, [each.tag, device]
                )
            yield found
