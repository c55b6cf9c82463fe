"""What Nova says of a volume becomes a value, or is refused.

Nova hands over what Cinder's back end has answered, as a dictionary that it
keeps with the server; what os-brick makes of it is put into that dictionary.
"""

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
from typing import Any

from novadocker import exception

_DEVICE_PATH = 'device_path'


@dataclasses.dataclass(frozen=True)
class Volume:
    """A volume that a server has, or shall have.

    :ivar id: Cinder's
    :ivar protocol: the kind of connector that brings it to this host
    :ivar data: what that needs; it belongs to Nova, which keeps it
    :ivar target: path in the container, or nothing where it does not matter
    """

    id: str
    protocol: str
    data: dict[str, Any] = dataclasses.field(repr=False)
    target: str = ''
    read_only: bool = False

    @property
    def disk(self) -> str:
        """Its device on this host, or nothing if it has none yet."""
        return str(self.data.get(_DEVICE_PATH) or '')

    def is_at(self, disk: str) -> None:
        """Let Nova remember the device."""
        self.data[_DEVICE_PATH] = disk


def volume(connection_info: Mapping[str, Any], target: str = '') -> Volume:
    """Read one volume."""
    data = connection_info['data']
    return Volume(
        id=str(connection_info.get('serial') or data.get('volume_id') or ''),
        protocol=connection_info['driver_volume_type'],
        data=data,
        target=target,
        read_only=data.get('access_mode') == 'ro',
    )


def require_supported(connection_info: Mapping[str, Any]) -> None:
    """Refuse what a container cannot have.

    :raises VolumeRefused: the sentence says why
    """
    volume_id = volume(connection_info).id
    reason = ''
    if connection_info['data'].get('encrypted'):
        reason = 'an encrypted volume cannot be mounted in a container'
    elif connection_info.get('multiattach'):
        reason = 'two servers that mount one file system destroy it'
    if reason:
        raise exception.VolumeRefused(volume_id=volume_id, reason=reason)


def require_apart(volumes: Iterable[Volume]) -> None:
    """Refuse volumes of which one would lie on another.

    :raises VolumeRefused: two have one path
    """
    taken: dict[str, str] = {}
    for each in volumes:
        other = taken.setdefault(each.target, each.id)
        if other != each.id:
            raise exception.VolumeRefused(
                volume_id=each.id,
                reason=f'volume {other} is at {each.target} already',
            )
