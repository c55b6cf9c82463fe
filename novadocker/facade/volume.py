"""The doors of a server's volumes."""

from typing import Any

from nova import conf as nova_conf
from nova import exception as nova_exception

from novadocker import exception
from novadocker.facade import devices
from novadocker.facade import rooms
from novadocker.facade import volumes
from novadocker.ops import undoing
from novadocker.ops import volumes as ops_volumes
from novadocker.volume import request

CONF = nova_conf.CONF


class Volume(rooms.Rooms):
    """The volumes of a server."""

    def default_root_device_name(
        self, instance: Any, image_meta: Any, root_bdm: Any
    ) -> str:
        # No device has the name, but those of volumes are counted from it.
        return '/dev/vda'

    def get_volume_connector(self, instance: Any) -> dict[str, Any]:
        return self._connector.properties(CONF.my_block_storage_ip, CONF.host)

    @rooms.in_nova_words
    def attach_volume(
        self,
        context: Any,
        connection_info: Any,
        instance: Any,
        mountpoint: Any,
        disk_bus: Any = None,
        device_type: Any = None,
        encryption: Any = None,
    ) -> None:
        if encryption:
            raise nova_exception.VolumeEncryptionNotSupported(
                volume_type=connection_info['driver_volume_type'],
                volume_id=request.volume(connection_info).id,
            )
        volume, others = volumes.another(
            context, instance, connection_info, mountpoint
        )
        ops_volumes.attach(self._tools, instance, volume, others)
        if volumes.is_tagged(context, instance, volume.id):
            with undoing.Undo() as undo:
                undo.add(ops_volumes.detach, self._tools, instance, volume)
                devices.describe_anew(context, instance)
                undo.pop_all()

    @rooms.in_nova_words
    def extend_volume(
        self,
        context: Any,
        connection_info: Any,
        instance: Any,
        requested_size: int,
    ) -> None:
        ops_volumes.extend(
            self._tools,
            instance,
            request.volume(connection_info),
            requested_size,
        )

    def detach_volume(
        self,
        context: Any,
        connection_info: Any,
        instance: Any,
        mountpoint: Any,
        encryption: Any = None,
    ) -> None:
        volume = request.volume(connection_info)
        try:
            ops_volumes.detach(self._tools, instance, volume)
        except exception.VolumeBusy as err:
            # Of this one Nova knows that the server still has the volume.
            raise nova_exception.DeviceDetachFailed(
                device=mountpoint, reason=str(err)
            ) from err
