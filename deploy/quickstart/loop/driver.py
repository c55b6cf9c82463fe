"""What Cinder asks of a back end, done with sparse files on this machine.

It runs in cinder-volume as root, on the one machine of a quickstart: the
hosts there share /dev, so that a device of it is a volume on each. What a
tenant calls a volume is not used; its id is Cinder's own.
"""

import os
import pathlib
from typing import Any

from cinder import exception
from cinder.volume import driver
from oslo_config import cfg

from deploy.quickstart.loop import disk

_CONTROL = pathlib.Path('/dev/loop-control')
_OPTIONS = [
    cfg.StrOpt(
        'loop_folder',
        help="""
Folder of root's in which the files are that the volumes are made of.
""",
    ),
]
_GIB = 1024**3
# How often the room that there is may be promised: files are sparse.
_OVERSUBSCRIPTION = 20.0


class LoopDriver(driver.VolumeDriver):
    """Volumes as sparse files, connected as loop devices.

    A device stays until its volume is deleted: another attachment may still
    need it, as that of a dead host does from which a server was evacuated.
    """

    VERSION = '1.0.0'

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.configuration.append_config_values(_OPTIONS)
        self._folder = pathlib.Path(self.configuration.loop_folder)
        self._disks = disk.Disks(self._folder)

    def check_for_setup_error(self) -> None:
        for is_well, what in (
            (os.geteuid() == 0, 'cinder-volume does not run as root'),
            (self._folder.is_dir(), f'{self._folder} is no folder'),
            (_CONTROL.exists(), f'there is no {_CONTROL}'),
        ):
            if not is_well:
                raise exception.VolumeBackendAPIException(data=what)

    def create_volume(self, volume: Any) -> None:
        self._disks.create(_volume(volume), volume.size)

    def create_cloned_volume(self, volume: Any, src_vref: Any) -> None:
        self._disks.copy(_volume(src_vref), _volume(volume), volume.size)

    def create_volume_from_snapshot(self, volume: Any, snapshot: Any) -> None:
        self._disks.copy(_snapshot(snapshot), _volume(volume), volume.size)

    def delete_volume(self, volume: Any) -> None:
        try:
            self._disks.delete(_volume(volume))
        except disk.DiskRefused as err:
            raise exception.VolumeIsBusy(volume_name=volume.id) from err

    def extend_volume(self, volume: Any, new_size: int) -> None:
        self._disks.extend(_volume(volume), new_size)

    def create_snapshot(self, snapshot: Any) -> None:
        self._disks.copy(
            _volume(snapshot.volume), _snapshot(snapshot), snapshot.volume_size
        )

    def delete_snapshot(self, snapshot: Any) -> None:
        self._disks.delete(_snapshot(snapshot))

    def ensure_export(self, context: Any, volume: Any) -> None:
        # Of each volume that a server has, when the service starts.
        self._disks.connect(_volume(volume))

    def create_export(self, context: Any, volume: Any, connector: Any) -> None:
        """Do nothing: connecting is all that there is to it."""

    def remove_export(self, context: Any, volume: Any) -> None:
        """Do nothing, see above."""

    def initialize_connection(
        self, volume: Any, connector: Any, **kwargs: Any
    ) -> dict[str, Any]:
        path = self._disks.connect(_volume(volume))
        return {
            'driver_volume_type': 'local',
            'data': {'device_path': path, 'volume_id': volume.id},
        }

    def terminate_connection(
        self, volume: Any, connector: Any, **kwargs: Any
    ) -> None:
        """Do nothing, see above."""

    def _update_volume_stats(self) -> None:
        room = os.statvfs(self._folder)
        name = self.configuration.safe_get('volume_backend_name')
        self._stats = {
            'volume_backend_name': name,
            'vendor_name': 'nova-docker quickstart',
            'driver_version': self.VERSION,
            'storage_protocol': 'local',
            'total_capacity_gb': room.f_blocks * room.f_frsize / _GIB,
            'free_capacity_gb': room.f_bavail * room.f_frsize / _GIB,
            'provisioned_capacity_gb': self._disks.size_gb(),
            'max_over_subscription_ratio': _OVERSUBSCRIPTION,
            'thin_provisioning_support': True,
            'thick_provisioning_support': False,
            'reserved_percentage': 0,
            'multiattach': True,
        }


def _volume(volume: Any) -> str:
    return f'volume-{volume.id}'


def _snapshot(snapshot: Any) -> str:
    return f'snapshot-{snapshot.id}'
