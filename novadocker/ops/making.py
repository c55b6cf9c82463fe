"""Make the container of a story, and take it back if the story fails."""

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.ops import removing
from novadocker.ops import tools as ops_tools
from novadocker.ops import undoing


def make(
    tools: ops_tools.Tools,
    spec: model.ContainerSpec,
    instance_uuid: str,
    undo: undoing.Undo,
    *,
    rescued_id: str = '',
) -> str:
    """Create a container, map it to its namespace, and give its id.

    :param rescued_id: the stopped container whose root it shall see, if any
    """
    try:
        container_id = tools.engine.create(spec)
    except exception.EngineUnavailable as err:
        is_late = isinstance(err, exception.EngineTimeout)
        undo.add(
            removing.remove_unseen,
            tools,
            instance_uuid,
            role=identity.role_of(spec.labels),
            is_late=is_late,
        )
        raise
    undo.add(removing.remove, tools, container_id)
    undo.add(tools.plumber.unmap, container_id)
    tools.plumber.map(container_id, instance_uuid, rescued_id)
    return container_id


def require_command(
    image: model.LoadedImage, spec: model.ContainerSpec
) -> None:
    """Refuse what has nothing to run, before anything is made."""
    process = spec.process
    # An empty entrypoint takes the image's command away, too.
    of_image = image.has_command and process.entrypoint is None
    if process.command or process.entrypoint or of_image:
        return
    raise exception.ImageWithoutCommand(image_id=image.image_id)
