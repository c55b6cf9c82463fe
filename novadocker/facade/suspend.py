"""The doors of suspend and resume."""

from collections.abc import Iterator
import contextlib
from typing import Any

from nova import exception as nova_exception

from novadocker import view
from novadocker.facade import rooms
from novadocker.facade import volumes
from novadocker.ops import suspend


class Suspend(rooms.Rooms):
    """A server that shall use neither CPU nor memory for a while."""

    def suspend(self, context: Any, instance: Any) -> None:
        with _back_to_before():
            self._suspend(instance)

    def resume(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        share_info: Any = None,
    ) -> None:
        with _back_to_before():
            self._resume(context, instance, network_info, block_device_info)

    @rooms.in_nova_words
    def _suspend(self, instance: Any) -> None:
        suspend.suspend(self._tools, instance)

    @rooms.in_nova_words
    def _resume(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any,
    ) -> None:
        with volumes.remembered(block_device_info):
            suspend.resume(
                self._tools,
                instance,
                view.instance_view(instance),
                network_info,
                volumes.of_server(context, instance, block_device_info),
            )


@contextlib.contextmanager
def _back_to_before() -> Iterator[None]:
    """Let a server be what it was: any other error makes it one of ERROR."""
    try:
        yield
    except nova_exception.NovaException as err:
        raise nova_exception.InstanceFaultRollback(err) from err
