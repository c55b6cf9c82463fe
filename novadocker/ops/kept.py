"""What is kept of a server until its resize is confirmed or reverted.

The old container stays, stopped and under another name, and starts again as
it was. It is data of the server: only a confirmation or a delete removes it.
"""

import contextlib

from oslo_log import log as logging

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.ops import removing
from novadocker.ops import tools as ops_tools

LOG = logging.getLogger(__name__)


def is_there(tools: ops_tools.Tools, instance_uuid: str) -> bool:
    """Tell whether a container of a server is kept on this host.

    :raises EngineUnavailable, EngineError: the engine did not tell in time
    """
    try:
        tools.patience.outlast(lambda: _find(tools, instance_uuid))
    except exception.ContainerNotFound:
        return False
    return True


def put_away(
    tools: ops_tools.Tools, container: model.Container, instance_uuid: str
) -> None:
    """Let a stopped container be the one that is kept."""
    name = identity.container_name(instance_uuid, model.Role.RESIZE)
    tools.engine.rename(container.id, name)


def take_back(tools: ops_tools.Tools, instance_uuid: str) -> None:
    """Let the container that is kept be the server again; none is fine.

    :raises ContainerConflict: the server has a container, too
    """
    with contextlib.suppress(exception.ContainerNotFound):
        found = tools.patience.outlast(lambda: _find(tools, instance_uuid))
        tools.engine.rename(found.id, identity.container_name(instance_uuid))


def remove(tools: ops_tools.Tools, instance_uuid: str) -> None:
    """Remove the container that is kept, with its data; none is fine.

    :raises EngineUnavailable, EngineError: the engine did not do it in time
    """
    with contextlib.suppress(exception.ContainerNotFound):
        found = tools.patience.outlast(lambda: _find(tools, instance_uuid))
        removing.remove(tools, found.id)
        tools.plumber.unmap(found.id)


def remove_images(tools: ops_tools.Tools, instance_uuid: str) -> None:
    """Remove what a server has brought and does not use any more.

    A failure costs space on the disk and no more; the next time it goes.
    """
    repository = identity.moved_repository(instance_uuid)
    try:
        for image in tools.engine.find_images(repository):
            for reference in image.tags:
                if reference.startswith(f'{repository}:'):
                    _remove_image(tools, reference)
    except (exception.EngineUnavailable, exception.EngineError) as err:
        LOG.warning('Layers of server %s are left: %s', instance_uuid, err)


def _remove_image(tools: ops_tools.Tools, reference: str) -> None:
    try:
        tools.engine.remove_image(reference)
    except exception.ContainerConflict:
        LOG.debug('%s is what the server runs', reference)


def _find(tools: ops_tools.Tools, instance_uuid: str) -> model.Container:
    return ops_tools.find(tools, instance_uuid, model.Role.RESIZE)
