"""The story of suspend and resume: frozen, and its memory given back.

What a suspended server wrote to no disk stays in the host's memory or swap;
a reboot of the host takes it, and the server then resumes as one that starts.
"""

from collections.abc import Sequence
from typing import Any

from oslo_log import log as logging

from novadocker import exception
from novadocker import model
from novadocker.ops import locks
from novadocker.ops import power
from novadocker.ops import silence
from novadocker.ops import suspension
from novadocker.ops import tools as ops_tools
from novadocker.ops import undoing
import novadocker.privsep.cgroup
from novadocker.volume import request

LOG = logging.getLogger(__name__)


def suspend(tools: ops_tools.Tools, instance: Any) -> None:
    """Freeze a server and let the host use its memory.

    :raises ContainerNotFound: it has no container
    :raises ContainerConflict: it is not running
    """
    with locks.instance_lock(instance.uuid), undoing.Undo() as undo:
        container = ops_tools.find(tools, instance.uuid)
        # First: whoever looks in between must not see it paused.
        undo.add(suspension.forget, tools, instance.uuid)
        suspension.mark(tools, instance.uuid)
        if container.state is not model.ContainerState.PAUSED:
            tools.engine.pause(container.id)
            undo.add(tools.engine.unpause, container.id)
        _reclaim(container)
        silence.begin(tools, instance)
        undo.pop_all()
    LOG.info('Suspended', instance=instance)


def resume(
    tools: ops_tools.Tools,
    instance: Any,
    view: model.Instance,
    network_info: Any,
    attached: Sequence[request.Volume] = (),
) -> None:
    """Let a suspended server go on, or start one that has ended meanwhile.

    :raises ContainerNotFound: it has no container
    :raises ContainerExited: it had to be started, and ended at once
    :raises nova.exception.VirtualInterfacePlugException: it would have no
        network
    """
    with locks.instance_lock(instance.uuid):
        container = ops_tools.find(tools, instance.uuid)
        if container.state is model.ContainerState.PAUSED:
            silence.end(tools, instance)
            tools.engine.unpause(container.id)
        else:
            power.bring_up(
                tools,
                instance,
                view,
                network_info,
                model.Role.WORKLOAD,
                attached,
            )
        suspension.forget(tools, instance.uuid)
    LOG.info('Resumed', instance=instance)


def _reclaim(container: model.Container) -> None:
    """Take its memory; a server that keeps it is suspended all the same."""
    try:
        novadocker.privsep.cgroup.reclaim(container.id, container.pid)
    except exception.MemoryNotReclaimed as err:
        LOG.warning('A suspended server keeps its memory: %s', err)
