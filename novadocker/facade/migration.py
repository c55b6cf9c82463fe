"""The doors of a server that changes its host, or would."""

from typing import Any

from nova import exception as nova_exception

from novadocker.facade import rooms


class Migration(rooms.Rooms):
    """What moves, and what does not."""

    def check_can_live_migrate_destination(
        self, context: Any, instance: Any, *args: Any, **kwargs: Any
    ) -> None:
        # NotImplementedError would put the instance into ERROR.
        raise nova_exception.MigrationPreCheckError(
            reason='a container cannot be migrated live: shelve the server '
            'and unshelve it, and the scheduler finds it a host'
        )

    def migrate_disk_and_power_off(
        self, context: Any, instance: Any, *args: Any, **kwargs: Any
    ) -> None:
        # Rolled back: any other error would put the instance into ERROR.
        raise nova_exception.InstanceFaultRollback(
            nova_exception.ResizeError(
                reason='containers are neither resized nor migrated cold yet: '
                'boot a server of the other flavor, or shelve and unshelve it '
                'for another host'
            )
        )
