"""Remove a container of ours for good, whatever the engine goes through."""

import contextlib

from novadocker import exception
from novadocker import model
from novadocker.ops import orphan
from novadocker.ops import tools as ops_tools


def remove(tools: ops_tools.Tools, container_id: str) -> None:
    """Remove a container, its data and all that runs of it.

    One that is missing is fine.

    :raises EngineUnavailable, EngineError: the engine did not do it in time
    """
    with contextlib.suppress(exception.ContainerNotFound):
        tools.patience.outlast(
            lambda: tools.engine.remove(container_id, force=True)
        )
    orphan.end(container_id)


def remove_rescue(tools: ops_tools.Tools, instance_uuid: str) -> None:
    """Remove the container that rescues a server; none is fine.

    :raises EngineUnavailable, EngineError: the engine did not do it in time
    """
    with contextlib.suppress(exception.ContainerNotFound):
        found = tools.patience.outlast(
            lambda: ops_tools.find(tools, instance_uuid, model.Role.RESCUE)
        )
        remove(tools, found.id)
        tools.plumber.unmap(found.id)


def remove_unseen(
    tools: ops_tools.Tools,
    instance_uuid: str,
    *,
    role: model.Role = model.Role.WORKLOAD,
    is_late: bool,
) -> None:
    """Remove what a create has made that the engine did not answer.

    :param is_late: the engine may still be at it; one that has ended is not
    :raises EngineUnavailable, EngineError: the engine did not do it in time
    """
    with contextlib.suppress(exception.ContainerNotFound):
        made = tools.patience.outlast(
            lambda: ops_tools.find(tools, instance_uuid, role),
            awaits_container=is_late,
        )
        remove(tools, made.id)
