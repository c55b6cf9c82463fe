"""The volumes of this host's servers: brought, mounted, taken away.

A volume that runs with its server is mounted in the container alone; one whose
server is stopped is connected and mounted nowhere. Which volumes a server has,
Nova knows; but for those that it has just attached nothing is remembered here.
"""

from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
import time
from typing import Any

from oslo_log import log as logging

from novadocker import exception
from novadocker import model
import novadocker.privsep.disk
import novadocker.privsep.runtime_map
import novadocker.privsep.volume
from novadocker.volume import connector as volume_connector
from novadocker.volume import request

LOG = logging.getLogger(__name__)

# The kernel unmounts within moments what nobody uses any more.
_FREE_WITHIN_S = 10.0
_LOOK_EACH_S = 0.05


@dataclasses.dataclass(frozen=True)
class Settings:
    """What operators have decided.

    :ivar is_enabled: whether servers may have volumes at all
    :ivar filesystem: what is made on a volume that is blank
    """

    is_enabled: bool
    filesystem: str


class Volumes:
    """Does the work; the stories say when."""

    def __init__(
        self,
        runtime_map_dir: str,
        connector: volume_connector.Connector,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Any] = time.sleep,
    ) -> None:
        self._map_dir = runtime_map_dir
        self._connector = connector
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        # By their ids: the container of each, and itself.
        self._waiting: dict[str, tuple[str, request.Volume]] = {}

    def require_enabled(self, volumes: Sequence[request.Volume]) -> None:
        """Refuse volumes where the operator has not allowed them.

        :raises VolumeRefused: the sentence names the option
        """
        if volumes and not self._settings.is_enabled:
            raise exception.VolumeRefused(
                volume_id=volumes[0].id,
                reason='this host gives containers no volumes. An operator '
                'can turn it on: [docker] volumes',
            )

    def prepare(self, volume: request.Volume) -> model.VolumeMount:
        """Connect a volume and see that it has a file system.

        One is made on a device that is blank, and on no other. What fails
        leaves it connected: ``release`` is the undo.

        :raises VolumeRefused: it cannot be connected
        :raises VolumeUnusable: its device or what is on it cannot be used
        """
        disk = self.find(volume)
        filesystem = novadocker.privsep.disk.probe(disk)
        if not filesystem:
            filesystem = self._make(volume)
        return model.VolumeMount(
            disk, filesystem, volume.target, volume.read_only
        )

    def find(self, volume: request.Volume) -> str:
        """Give the device of a volume, which is connected if it is not.

        :raises VolumeRefused: it cannot be connected
        """
        disk = self._connector.connect(volume)
        volume.is_at(disk)
        return disk

    def mount_at_start(
        self, container_id: str, mount: model.VolumeMount
    ) -> None:
        """Have a container see a volume whenever it starts."""
        novadocker.privsep.runtime_map.add_volume(
            self._map_dir,
            container_id,
            mount.disk,
            mount.filesystem,
            mount.target,
            mount.read_only,
        )

    def wait_for_start(
        self, container_id: str, volume: request.Volume
    ) -> None:
        """Remember a volume that a stopped container has got.

        Nova saves it when it is attached. A start that Nova has begun before
        does not know of it.
        """
        self._waiting[volume.id] = container_id, volume

    def waiting(self, container_id: str) -> list[request.Volume]:
        """List the volumes that a container has got while it was stopped."""
        # Another server's may come or go meanwhile.
        found = [*self._waiting.values()]
        return [volume for owner, volume in found if owner == container_id]

    def mount_now(
        self, container: model.Container, mount: model.VolumeMount
    ) -> None:
        """Show a volume to a container that runs."""
        novadocker.privsep.volume.attach(
            container.id,
            container.pid,
            mount.disk,
            mount.filesystem,
            mount.target,
            mount.read_only,
        )

    def unmount_now(self, container: model.Container, disk: str) -> None:
        """Take a volume from a container that runs; none of it is fine.

        :raises VolumeBusy: it is in use, and stays
        """
        novadocker.privsep.volume.detach(container.id, container.pid, disk)

    def extend(self, volume: request.Volume, size_bytes: int) -> str:
        """Have this host see the new size of a volume, and give its device.

        :raises VolumeRefused: it does not see it
        """
        found_bytes = self._connector.extend(volume)
        if found_bytes < size_bytes:
            raise exception.VolumeRefused(
                volume_id=volume.id,
                reason=f'this host sees {found_bytes} bytes of it, of '
                f'{size_bytes}',
            )
        return volume.disk or self.find(volume)

    def grow_now(self, container: model.Container, disk: str) -> None:
        """Let a file system fill its device in a container that runs.

        :raises VolumeUnusable: it cannot; the sentence says what helps
        """
        novadocker.privsep.volume.grow(container.id, container.pid, disk)

    def mount_no_more(self, container_id: str, disk: str) -> None:
        """Let a container start without a volume; none of it is fine."""
        novadocker.privsep.runtime_map.remove_volume(
            self._map_dir, container_id, disk
        )

    def release(
        self, volume: request.Volume, within_s: float | None = None
    ) -> None:
        """Disconnect a volume that no container has any more.

        :param within_s: how long whoever has it may take, if not as usual
        :raises VolumeBusy: somebody has it, and it stays
        """
        for disk in self._connector.paths(volume):
            self._wait_until_free(disk, within_s or _FREE_WITHIN_S)
        self._connector.disconnect(volume)
        self._waiting.pop(volume.id, None)

    def _make(self, volume: request.Volume) -> str:
        if volume.read_only:
            raise exception.VolumeUnusable(
                disk=volume.disk, reason='it is blank and read-only'
            )
        filesystem = self._settings.filesystem
        novadocker.privsep.disk.make_filesystem(volume.disk, filesystem)
        LOG.info(
            'Made %(kind)s on volume %(id)s, which was blank',
            {'kind': filesystem, 'id': volume.id},
        )
        return filesystem

    def _wait_until_free(self, disk: str, within_s: float) -> None:
        deadline = self._clock() + within_s
        while novadocker.privsep.disk.is_used(disk):
            if self._clock() > deadline:
                raise exception.VolumeBusy(
                    disk=disk, reason='something on this host has it mounted'
                )
            self._sleep(_LOOK_EACH_S)
