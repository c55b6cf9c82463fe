"""os-brick: brings the device of a volume to this host, and takes it away.

Its errors become ours here. It has privileges of its own, which are wider
than ours.
"""

import os
from typing import Any

from os_brick import exception as brick_exception
from os_brick.initiator import connector
from oslo_concurrency import processutils

from novadocker import exception
from novadocker.volume import request

# What connectors let through; the last two, of data that they do not expect.
_ERRORS = (
    brick_exception.BrickException,
    processutils.ProcessExecutionError,
    OSError,
    KeyError,
    ValueError,
)


class Connector:
    """The connectors of this host.

    :param root_helper: the command by which os-brick becomes root
    """

    def __init__(self, root_helper: str) -> None:
        self._root_helper = root_helper

    def properties(self, address: str, host: str) -> dict[str, Any]:
        """Tell Cinder how its back ends reach this host.

        :param address: of this host in the network of its storage
        """
        found: dict[str, Any] = connector.get_connector_properties(
            self._root_helper,
            address,
            multipath=False,
            enforce_multipath=False,
            host=host,
        )
        return found

    def connect(self, volume: request.Volume) -> str:
        """Bring a volume here and give the path of its device.

        One that is here already is fine.

        :raises VolumeRefused: this host cannot have it
        """
        try:
            found = self._of(volume).connect_volume(volume.data)
        except _ERRORS as err:
            raise _failed(volume, f'it cannot be connected: {err}') from err
        path = found.get('path')
        if not isinstance(path, str | bytes):
            raise _failed(volume, f'{volume.protocol} brings no block device')
        return os.fsdecode(path)

    def paths(self, volume: request.Volume) -> list[str]:
        """List the devices by which a volume is here now.

        What Nova remembers may be from before a reboot of the host.
        """
        try:
            found = self._of(volume).get_volume_paths(volume.data)
        except _ERRORS as err:
            raise _failed(volume, f'it cannot be found: {err}') from err
        return [os.path.realpath(os.fsdecode(each)) for each in found]

    def disconnect(self, volume: request.Volume) -> None:
        """Take a volume away from this host; one that is not here is fine.

        :raises VolumeRefused: it may still be here
        """
        try:
            self._of(volume).disconnect_volume(volume.data, None)
        except _ERRORS as err:
            raise _failed(volume, f'it cannot be disconnected: {err}') from err

    def extend(self, volume: request.Volume) -> int:
        """Have this host see the new size of a volume, and give it in bytes.

        :raises VolumeRefused: it was not seen
        """
        try:
            size = self._of(volume).extend_volume(volume.data)
        except _ERRORS as err:
            raise _failed(volume, f'its size is not known: {err}') from err
        return int(size or 0)

    def _of(self, volume: request.Volume) -> Any:
        try:
            return connector.InitiatorConnector.factory(
                volume.protocol, self._root_helper, use_multipath=False
            )
        except brick_exception.InvalidConnectorProtocol as err:
            raise _failed(
                volume, f'this host has no connector for {volume.protocol}'
            ) from err


def _failed(volume: request.Volume, reason: str) -> exception.VolumeRefused:
    return exception.VolumeRefused(volume_id=volume.id, reason=reason)
