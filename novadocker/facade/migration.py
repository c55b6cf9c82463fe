"""The doors of a server that changes its host."""

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
            reason='containers cannot be migrated live: use a cold migration'
        )
