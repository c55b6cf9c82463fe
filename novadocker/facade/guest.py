"""The doors of what is inside: the config drive, the admin's password."""

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

from nova.api.metadata import base as instance_metadata
from nova.virt import configdrive

from novadocker import view
from novadocker.facade import rooms
from novadocker.ops import password

Drive = Callable[[], Iterator[tuple[str, bytes]]]


class Guest(rooms.Rooms):
    """What is inside of a server."""

    @rooms.in_nova_words
    def set_admin_password(self, instance: Any, new_pass: str) -> None:
        password.change(
            self._tools, instance, view.instance_view(instance), new_pass
        )


def config_drive(
    instance: Any,
    network_info: Any,
    injected_files: Any,
    admin_password: str | None,
) -> Drive | None:
    """Make what renders the config drive of a server, if it is to have one.

    Nova makes up a password for every server. It is in the drive, as with
    Nova's other drivers, and nowhere else.
    """
    if not configdrive.required_by(instance):
        return None

    def render() -> Iterator[tuple[str, bytes]]:
        extra = {'admin_pass': admin_password} if admin_password else {}
        metadata = instance_metadata.InstanceMetadata(
            instance,
            content=injected_files,
            extra_md=extra,
            network_info=network_info,
        )
        for path, data in metadata.metadata_for_config_drive():
            yield path, data.encode() if isinstance(data, str) else data

    return render
