"""The story of a resize's end: confirmed, and the old container goes, or
reverted or given up by Nova, and it is the server again.
"""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from oslo_log import log as logging

from novadocker import model
from novadocker.ops import kept
from novadocker.ops import locks
from novadocker.ops import names
from novadocker.ops import power
from novadocker.ops import silence
from novadocker.ops import tools as ops_tools
from novadocker.ops import volumes
from novadocker.volume import request

LOG = logging.getLogger(__name__)


def confirm(tools: ops_tools.Tools, instance: Any, *, stays: bool) -> None:
    """Remove what was kept of a server on the host that it came from.

    Its network there went when it left. What is missing is fine.

    :param stays: whether it lives on this host still
    :raises EngineUnavailable, EngineError: it is still there
    """
    with locks.instance_lock(instance.uuid):
        kept.remove(tools, instance.uuid)
        kept.remove_images(tools, instance.uuid)
        if not stays:
            names.remove(tools, instance.uuid)
    LOG.info('Removed what was kept of it', instance=instance)


def revert(
    tools: ops_tools.Tools,
    instance: Any,
    view: model.Instance,
    network_info: Any,
    *,
    power_on: bool,
    attached: Sequence[request.Volume] = (),
) -> None:
    """Let a server be what and where it was before it was to move.

    It may not have moved yet: a nova-compute that was killed does not know
    how far it was.

    :param attached: its volumes, which are connected here again
    :raises VolumeRefused, VolumeUnusable: one cannot be had; it is stopped
    :raises ContainerNotFound: it has no container here
    :raises ContainerExited: it is here, but its command ended at once
    """
    with locks.instance_lock(instance.uuid):
        kept.take_back(tools, instance.uuid)
        if power_on:
            role = model.Role.WORKLOAD
            power.bring_up(tools, instance, view, network_info, role, attached)
        else:
            container = ops_tools.find(tools, instance.uuid)
            nics = ops_tools.nics(tools, network_info)
            tools.plumber.plug(instance, network_info, nics)
            silence.keep(tools, instance, container)
            volumes.connect(tools, attached)
        kept.remove_images(tools, instance.uuid)
    LOG.info('It is what it was', instance=instance)


def stay(
    tools: ops_tools.Tools, instance: Any, is_here: Callable[[], bool]
) -> bool:
    """Let a server be what it was whose move was given up, if it is such.

    Whoever calls starts it, as it would any that is stopped.

    :param is_here: whether Nova has the server here; asked where a container
        is kept and none is the server
    :returns: whether it was such
    """
    with locks.instance_lock(instance.uuid):
        if (
            ops_tools.is_there(tools, instance.uuid)
            or not ops_tools.is_there(tools, instance.uuid, model.Role.RESIZE)
            or not is_here()
        ):
            return False
        kept.take_back(tools, instance.uuid)
        kept.remove_images(tools, instance.uuid)
    LOG.info('Its move was given up: it is what it was', instance=instance)
    return True
