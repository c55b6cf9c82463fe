"""The doors of a server's life: boot, delete, power, pause."""

from collections.abc import Sequence
import dataclasses
from typing import Any

from nova import conf as nova_conf
from nova import exception as nova_exception

from novadocker import constants
from novadocker import exception
from novadocker import view
from novadocker.facade import carried
from novadocker.facade import devices
from novadocker.facade import guest
from novadocker.facade import rooms
from novadocker.facade import unfinished
from novadocker.facade import volumes
from novadocker.ops import create
from novadocker.ops import destroy
from novadocker.ops import power
from novadocker.volume import request

CONF = nova_conf.CONF


class Lifecycle(rooms.Rooms):
    """The life of a server."""

    def prepare_for_spawn(self, instance: Any) -> None:
        if not instance.image_ref:
            # Of a BuildAbortException Nova would not tell the reason here.
            raise nova_exception.InstanceUnacceptable(
                instance_id=instance.uuid,
                reason='a container cannot boot from a volume: boot from an '
                'image and attach the volume',
            )

    def spawn(
        self,
        context: Any,
        instance: Any,
        image_meta: Any,
        injected_files: Any,
        admin_password: Any,
        allocations: Any,
        network_info: Any = None,
        block_device_info: Any = None,
        power_on: bool = True,
        accel_info: Any = None,
    ) -> None:
        require_docker_image(image_meta)
        try:
            boot = boot_of(
                instance,
                image_meta,
                network_info,
                injected_files,
                admin_password,
                power_on=power_on,
                attached=volumes.of_server(
                    context, instance, block_device_info
                ),
            )
            boot = dataclasses.replace(
                boot, describe=lambda: devices.describe(context, instance)
            )
            with volumes.remembered(block_device_info):
                self._creator.create(context, boot)
        except exception.ContainerConflict as err:
            raise nova_exception.InstanceExists(name=instance.name) from err
        except (
            exception.EngineError,
            exception.PortUnusable,
            exception.VolumeRefused,
            exception.VolumeUnusable,
        ) as err:
            # It has answered and refused: another host's engine would, too,
            # and so would its switch. A reschedule would hide the reason from
            # the user.
            raise nova_exception.BuildAbortException(
                instance_uuid=instance.uuid, reason=str(err)
            ) from err

    def destroy(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        destroy_disks: bool = True,
        destroy_secrets: bool = True,
    ) -> None:
        self._destroy(
            context, instance, network_info, block_device_info, destroy_disks
        )

    def cleanup(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        destroy_disks: bool = True,
        migrate_data: Any = None,
        destroy_vifs: bool = True,
        destroy_secrets: bool = True,
    ) -> None:
        self._destroy(
            context, instance, network_info, block_device_info, destroy_disks
        )

    def _destroy(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any,
        destroy_disks: bool,
    ) -> None:
        if destroy_disks:
            unfinished.give_up(self._tools, self._depot, context, instance)
        destroy.destroy(
            self._tools,
            instance,
            network_info,
            keep_data=not destroy_disks,
            attached=volumes.connected(block_device_info),
            is_elsewhere=instance.host not in {None, self._host},
        )

    @rooms.in_nova_words
    def power_off(
        self, instance: Any, timeout: int = 0, retry_interval: int = 0
    ) -> None:
        power.power_off(self._tools, instance, timeout_s=timeout)

    @rooms.in_nova_words
    def power_on(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        accel_info: Any = None,
        share_info: Any = None,
    ) -> None:
        with volumes.remembered(block_device_info):
            power.power_on(
                self._tools,
                instance,
                view.instance_view(instance),
                network_info,
                volumes.of_server(context, instance, block_device_info),
            )

    def resume_state_on_host_boot(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        share_info: Any = None,
        block_device_info: Any = None,
    ) -> None:
        self.power_on(context, instance, network_info, block_device_info)

    @rooms.in_nova_words
    def reboot(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        reboot_type: str,
        block_device_info: Any = None,
        bad_volumes_callback: Any = None,
        accel_info: Any = None,
        share_info: Any = None,
    ) -> None:
        is_hard = reboot_type == 'HARD'
        if is_hard:
            unfinished.settle(
                self._tools,
                self._depot,
                context,
                instance,
                lambda: volumes.reconnect(
                    context, instance, block_device_info, self
                ),
            )
        attached = volumes.of_server(context, instance, block_device_info)
        with volumes.remembered(block_device_info):
            if is_hard and self._arrival.arrive_again(
                context, moved_boot(instance, network_info, attached)
            ):
                carried.forget(instance)
                return
            power.reboot(
                self._tools,
                instance,
                view.instance_view(instance),
                network_info,
                is_hard=is_hard,
                timeout_s=CONF.shutdown_timeout,
                attached=attached,
            )

    @rooms.in_nova_words
    def pause(self, instance: Any) -> None:
        power.pause(self._tools, instance)

    @rooms.in_nova_words
    def unpause(self, instance: Any) -> None:
        power.unpause(self._tools, instance)


def boot_of(
    instance: Any,
    image_meta: Any,
    network_info: Any,
    injected_files: Any,
    admin_password: str | None,
    *,
    power_on: bool = True,
    attached: Sequence[request.Volume] = (),
) -> create.Boot:
    """Take from what Nova hands over what a boot needs."""
    shelved = instance.system_metadata.get('shelved_image_id')
    return create.Boot(
        instance=instance,
        view=view.instance_view(instance),
        image_id=image_meta.id,
        network_info=network_info,
        trusted_certs=instance.trusted_certs,
        power_on=power_on,
        public_key=instance.key_data or '',
        files=tuple(injected_files or ()),
        config_drive=guest.config_drive(
            instance, network_info, injected_files, admin_password
        ),
        is_unshelved=shelved == image_meta.id,
        volumes=attached,
    )


def moved_boot(
    instance: Any,
    network_info: Any,
    attached: Sequence[request.Volume],
    *,
    power_on: bool = True,
) -> create.Boot:
    """Take from what Nova hands over what a server needs that has moved."""
    return create.Boot(
        instance=instance,
        view=view.instance_view(instance),
        image_id=instance.image_ref,
        network_info=network_info,
        trusted_certs=instance.trusted_certs,
        power_on=power_on,
        # Its files are in what it brings along.
        config_drive=guest.config_drive(instance, network_info, (), None),
        volumes=attached,
    )


def require_docker_image(image_meta: Any) -> None:
    """Refuse what only another hypervisor can boot.

    The scheduler normally sees to it, but ``--availability-zone AZ:HOST``
    skips every filter (DESIGN D10).
    """
    has_format = image_meta.obj_attr_is_set('container_format')
    kind = image_meta.container_format if has_format else None
    if kind != constants.CONTAINER_FORMAT:
        raise nova_exception.ImageUnacceptable(
            image_id=image_meta.id,
            reason=f'this host runs containers only and the image has '
            f'container_format={kind}: boot one with container_format=docker',
        )
