"""The story of a delete, the only one that removes a server's data."""

from collections.abc import Sequence
import contextlib
from typing import Any

from nova.compute import task_states
from oslo_log import log as logging

from novadocker import exception
from novadocker import model
from novadocker.ops import kept
from novadocker.ops import locks
from novadocker.ops import names
from novadocker.ops import orphan
from novadocker.ops import power
from novadocker.ops import removing
from novadocker.ops import tools as ops_tools
from novadocker.ops import volumes
from novadocker.volume import request

LOG = logging.getLogger(__name__)

# Nova reverts once; nobody can ask for the rest of it.
_REVERTED_WITHIN_S = 60.0


def destroy(
    tools: ops_tools.Tools,
    instance: Any,
    network_info: Any,
    *,
    keep_data: bool = False,
    attached: Sequence[request.Volume] = (),
    is_elsewhere: bool = False,
) -> None:
    """Remove a server: container, ports, namespace, files.

    Whatever of it is missing already is fine: a delete that was interrupted
    is finished by the next one. One that goes because its resize is reverted
    leaves to the one that was kept on this host what is that one's, too.

    :param keep_data: leave the container, stopped and without network
    :param attached: the volumes of the server, which are disconnected
    :param is_elsewhere: it was evacuated, and lives with them on another host
    :raises OptionChanged: nothing of it was touched
    :raises ContainerNotRemoved: it may be running, with its network
    :raises VolumeBusy: a volume is still in use; the rest is gone, but where
        a resize is reverted: there the server is stopped and can be started
    """
    with locks.instance_lock(instance.uuid):
        if attached and _is_reverting(instance):
            _let_go(tools, instance, attached)
            attached = ()
        is_kept = _remove_container(tools, instance, keep_data=keep_data)
        # Of a container that somebody else has removed only the map still
        # knows the id.
        for container_id in tools.plumber.unmap_instance(instance.uuid):
            orphan.end(container_id)
        if not is_kept:
            tools.plumber.unplug(instance, network_info)
            tools.plumber.unplug_rest(instance)
            tools.plumber.remove_netns(instance.uuid)
        if not keep_data:
            kept.remove_images(tools, instance.uuid)
        if not keep_data and not is_kept:
            names.remove(tools, instance.uuid)
        volumes.release(tools, attached, are_elsewhere=is_elsewhere)
    LOG.info('Destroyed', instance=instance)


def remove_files(tools: ops_tools.Tools, instance: Any) -> None:
    """Remove what is left here of a server that was deleted elsewhere.

    :raises EngineUnavailable, EngineError: it is still there
    """
    with locks.instance_lock(instance.uuid):
        kept.remove(tools, instance.uuid)
        kept.remove_images(tools, instance.uuid)
        names.remove(tools, instance.uuid)


def _is_reverting(instance: Any) -> bool:
    return bool(instance.task_state == task_states.RESIZE_REVERTING)


def _let_go(
    tools: ops_tools.Tools, instance: Any, attached: Sequence[request.Volume]
) -> None:
    """Stop a server and take its volumes, while it can be started again."""
    try:
        with contextlib.suppress(exception.ContainerNotFound):
            tools.patience.outlast(
                lambda: power.bring_down(tools, instance, timeout_s=0)
            )
    except (exception.EngineUnavailable, exception.EngineError) as err:
        raise exception.ContainerNotRemoved(reason=str(err)) from err
    volumes.release(tools, attached, within_s=_REVERTED_WITHIN_S)


def _remove_container(
    tools: ops_tools.Tools, instance: Any, *, keep_data: bool
) -> bool:
    """Remove a server's containers, but for one that it is to be again.

    :returns: whether there is such a one
    """
    is_reverting = _is_reverting(instance)
    deed = _kill if keep_data else _remove
    try:
        is_kept = is_reverting and kept.is_there(tools, instance.uuid)
        if not is_reverting and not keep_data:
            kept.remove(tools, instance.uuid)
        # It writes to the root of the other.
        removing.remove_rescue(tools, instance.uuid)
        tools.patience.outlast(
            lambda: deed(tools, ops_tools.find(tools, instance.uuid))
        )
    except exception.ContainerNotFound:
        LOG.warning('It has no container to remove', instance=instance)
    except (exception.EngineUnavailable, exception.EngineError) as err:
        raise exception.ContainerNotRemoved(reason=str(err)) from err
    return is_kept


def _remove(tools: ops_tools.Tools, container: model.Container) -> None:
    tools.engine.remove(container.id, force=True)


def _kill(tools: ops_tools.Tools, container: model.Container) -> None:
    if container.state.is_live:
        # It may have ended by itself meanwhile.
        with contextlib.suppress(exception.ContainerConflict):
            tools.engine.kill(container.id)
