"""The door of a rebuild."""

from collections.abc import Sequence
from typing import Any

from nova import conf as nova_conf
from nova import exception as nova_exception
from nova.compute import task_states
from nova.compute import utils as compute_utils

from novadocker.facade import lifecycle
from novadocker.facade import rooms
from novadocker.facade import unfinished
from novadocker.facade import volumes
from novadocker.ops import create
from novadocker.ops import rebuild as ops_rebuild
from novadocker.volume import request

CONF = nova_conf.CONF


class Rebuild(rooms.Rooms):
    """A server gets another container."""

    def rebuild(  # noqa: PLR0913, PLR0917  # the signature is Nova's
        self,
        context: Any,
        instance: Any,
        image_meta: Any,
        injected_files: Any,
        admin_password: Any,
        allocations: Any,
        bdms: Any,
        detach_block_devices: Any,
        attach_block_devices: Any,
        network_info: Any = None,
        evacuate: bool = False,
        block_device_info: Any = None,
        preserve_ephemeral: bool = False,
        accel_uuids: Any = None,
        reimage_boot_volume: bool = False,
    ) -> None:
        # NOTE: reimage_boot_volume says that the API's microversion would
        # have it done (2.93), not that the server has such a volume; one of
        # ours never has.
        if evacuate:
            # Nova then does it by a boot: nothing of the server is here.
            raise NotImplementedError
        if preserve_ephemeral:
            # Bare, it would put the server into ERROR.
            raise nova_exception.InstanceFaultRollback(
                nova_exception.PreserveEphemeralNotSupported()
            )
        lifecycle.require_docker_image(image_meta)

        given: dict[str, Any] = {}

        def change_volumes() -> Sequence[request.Volume]:
            detach_block_devices(context, bdms)
            _enter(instance, task_states.REBUILD_BLOCK_DEVICE_MAPPING)
            given.update(attach_block_devices(context, instance, bdms) or {})
            return volumes.of_server(context, instance, given)

        calls = ops_rebuild.Calls(
            change_volumes,
            go_on=lambda: _enter(instance, task_states.REBUILD_SPAWNING),
            give_up=lambda: unfinished.give_up(
                self._tools, self._depot, context, instance
            ),
        )
        boot = lifecycle.boot_of(
            instance,
            image_meta,
            network_info,
            injected_files,
            admin_password,
            # So that they are refused before anything of it is lost.
            attached=volumes.of_server(context, instance, block_device_info),
        )
        with volumes.remembered(given):
            self._rebuild(context, boot, calls)

    def _rebuild(
        self, context: Any, boot: create.Boot, calls: ops_rebuild.Calls
    ) -> None:
        ops_rebuild.rebuild(
            self._tools,
            self._creator,
            context,
            boot,
            calls,
            timeout_s=compute_utils.get_value_from_system_metadata(
                boot.instance,
                key='image_os_shutdown_timeout',
                type=int,
                default=CONF.shutdown_timeout,
            ),
        )


def _enter(instance: Any, task_state: str) -> None:
    """Tell Nova how far it is; it hears if the server is being deleted."""
    expected = instance.task_state
    instance.task_state = task_state
    instance.save(expected_task_state=[expected])
