"""The doors of a server that changes its flavor or its host."""

from typing import Any

from nova import exception as nova_exception
from nova import objects
from oslo_log import log as logging

from novadocker import view
from novadocker.facade import carried
from novadocker.facade import lifecycle
from novadocker.facade import rooms
from novadocker.facade import unfinished
from novadocker.facade import volumes
from novadocker.ops import decision
from novadocker.ops import departure
from novadocker.ops import destroy
from novadocker.ops import luggage

LOG = logging.getLogger(__name__)


class Migration(rooms.Rooms):
    """What moves, and what does not."""

    def check_can_live_migrate_destination(
        self, context: Any, instance: Any, *args: Any, **kwargs: Any
    ) -> None:
        # NotImplementedError would put the instance into ERROR.
        raise nova_exception.MigrationPreCheckError(
            reason='a container cannot be migrated live: migrate the server '
            'cold'
        )

    def migrate_disk_and_power_off(
        self,
        context: Any,
        instance: Any,
        dest: Any,
        flavor: Any,
        network_info: Any,
        block_device_info: Any = None,
        timeout: int = 0,
        retry_interval: int = 0,
    ) -> str:
        try:
            migration = objects.Migration.get_by_id_and_instance(
                context.elevated(),
                instance.migration_context.migration_id,
                instance.uuid,
            )
            move = departure.Move(
                id=migration.uuid,
                instance=instance,
                view=view.resized_view(instance, flavor),
                network_info=network_info,
                # NOTE: not dest, an address that hosts may share.
                stays=_stays(migration),
                timeout_s=timeout,
                volumes=volumes.of_server(
                    context, instance, block_device_info
                ),
            )
            with volumes.remembered(block_device_info):
                found = self._departure.depart(context, move)
            # Nova may fail before it hands this on.
            carried.keep(instance, luggage.text_of(found))
            return luggage.text_of(found)
        except Exception as err:  # the facade: rolled back, whatever it is
            raise nova_exception.InstanceFaultRollback(
                nova_exception.ResizeError(reason=str(err))
            ) from err

    def finish_migration(
        self,
        context: Any,
        migration: Any,
        instance: Any,
        disk_info: str,
        network_info: Any,
        image_meta: Any,
        resize_instance: bool,
        allocations: Any,
        block_device_info: Any = None,
        power_on: bool = True,
        # share_info, of Nova 34.
        *args: Any,
        **kwargs: Any,
    ) -> None:
        # Before anything that can fail: a hard reboot needs it.
        luggage.note(self._tools, instance.uuid, disk_info)
        brought = luggage.read(disk_info)
        boot = lifecycle.moved_boot(
            instance,
            network_info,
            volumes.of_server(context, instance, block_device_info),
            power_on=power_on,
        )
        with volumes.remembered(block_device_info):
            self._arrival.arrive(context, boot, brought)
        carried.forget(instance)

    def confirm_migration(
        self, context: Any, migration: Any, instance: Any, network_info: Any
    ) -> None:
        decision.confirm(self._tools, instance, stays=_stays(migration))

    @rooms.in_nova_words
    def finish_revert_migration(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        migration: Any,
        block_device_info: Any = None,
        power_on: bool = True,
        # share_info, of Nova 34.
        *args: Any,
        **kwargs: Any,
    ) -> None:
        with volumes.remembered(block_device_info):
            decision.revert(
                self._tools,
                instance,
                view.instance_view(instance),
                network_info,
                power_on=power_on,
                attached=volumes.of_server(
                    context, instance, block_device_info
                ),
            )
        # A nova-compute that was killed does not know whether it was sent.
        unfinished.give_up(self._tools, self._depot, context, instance)

    def delete_instance_files(self, instance: Any) -> bool:
        # Of a server whose move failed, and which was deleted elsewhere.
        if text := carried.text_of(instance):
            LOG.warning(
                'It never arrived. Of what it took along an image may be '
                'left in Glance: %s',
                text,
                instance=instance,
            )
        destroy.remove_files(self._tools, instance)
        return True


def _stays(migration: Any) -> bool:
    return bool(migration.source_compute == migration.dest_compute)
