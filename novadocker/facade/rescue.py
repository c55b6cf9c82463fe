"""The doors of a rescue and its end.

Nova makes ERROR of a server whose rescue fails, whatever the error; a hard
reboot brings it back.
"""

from typing import Any

from nova.image import glance

from novadocker import view
from novadocker.facade import guest
from novadocker.facade import lifecycle
from novadocker.facade import rooms
from novadocker.facade import volumes
from novadocker.ops import create
from novadocker.ops import rescue as ops_rescue


class Rescue(rooms.Rooms):
    """A server whose root is looked at from another container."""

    @rooms.in_nova_words
    def rescue(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        image_meta: Any,
        rescue_password: Any,
        block_device_info: Any,
        share_info: Any,
    ) -> None:
        lifecycle.require_docker_image(image_meta)
        # Nova's ImageMeta drops properties that it does not know.
        image = glance.API().get(context, image_meta.id)
        boot = create.Boot(
            instance=instance,
            view=view.rescue_view(
                instance, image_meta.id, image['properties']
            ),
            image_id=image_meta.id,
            network_info=network_info,
            trusted_certs=instance.trusted_certs,
            public_key=instance.key_data or '',
            # Its files are there since the boot.
            config_drive=guest.config_drive(instance, network_info, (), None),
        )
        self._rescuer().rescue(context, boot)

    @rooms.in_nova_words
    def unrescue(self, context: Any, instance: Any) -> None:
        # Nova does not say it here.
        block_device_info = volumes.block_device_info(context, instance)
        with volumes.remembered(block_device_info):
            ops_rescue.unrescue(
                self._tools,
                instance,
                view.instance_view(instance),
                instance.get_network_info(),
                volumes.of_server(context, instance, block_device_info),
            )

    def _rescuer(self) -> ops_rescue.Rescuer:
        info = self._engine.info()
        return ops_rescue.Rescuer(
            self._tools,
            self._images,
            reaches_roots=info.storage_driver == 'overlay2'
            and not info.containerd_image_store,
        )
