"""The story of a snapshot.

commit -> save and upload -> remove the commit. Only the commit needs the
server: it is frozen for as long as the engine copies what differs from its
image, and may be deleted from then on.
"""

from collections.abc import Callable
import functools
from typing import Any

from nova.compute import task_states
from oslo_log import log as logging

from novadocker import constants
from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.image import upload
from novadocker.ops import locks
from novadocker.ops import tools as ops_tools
from novadocker.ops import undoing

LOG = logging.getLogger(__name__)


def snapshot(
    tools: ops_tools.Tools,
    uploader: upload.Uploader,
    context: Any,
    instance: Any,
    image_id: str,
    update_task_state: Callable[..., None],
) -> None:
    """Make an image of a server, be it running, paused or stopped.

    Whatever becomes of it, the server is as it was and the engine keeps
    nothing. Of one that fails Glance keeps nothing, either: a shelve leaves
    that to the driver.

    :param image_id: the image that Glance awaits
    :param update_task_state: Nova's, which also finds a server being deleted
    :raises ContainerNotFound: it has no container; not InstanceNotFound,
        after which Nova would leave the server in its task state for ever
    :raises EngineUnsupported: its ids of images are not config digests
    """
    reference = identity.snapshot_reference(instance.uuid, image_id)
    with undoing.Undo() as undo, undoing.Undo() as clearing:
        undo.add(uploader.discard, context, image_id)
        _require_classic_store(tools)
        update_task_state(task_state=task_states.IMAGE_PENDING_UPLOAD)
        clearing.add(remove, tools, reference)
        try:
            parent, taken = _take(tools, instance.uuid, reference)
        except exception.ContainerNotFound:
            # It may have gone with its server, of which Nova hears here.
            _announce_upload(update_task_state)
            raise
        _announce_upload(update_task_state)
        source = upload.Source(
            snapshot=taken,
            parent=parent,
            parent_id=instance.image_ref,
            save=functools.partial(tools.engine.save, reference),
        )
        sent_bytes = uploader.upload(context, image_id, source)
        undo.pop_all()
    LOG.info(
        'Snapshot %(image_id)s: %(bytes)s bytes uploaded',
        {'image_id': image_id, 'bytes': sent_bytes},
        instance=instance,
    )


def clean(tools: ops_tools.Tools) -> None:
    """Remove what an earlier run of this host has left in the engine."""
    for image in tools.engine.find_images(identity.snapshot_repository('*')):
        if image.labels.get(constants.LABEL_HOST) != tools.host.name:
            continue  # Another service may be at it.
        for reference in filter(identity.is_snapshot, image.tags):
            LOG.info('Removing %s, which an earlier run has left', reference)
            _remove_once(tools, reference)


def _require_classic_store(tools: ops_tools.Tools) -> None:
    info = tools.engine.info()
    if info.containerd_image_store:
        raise exception.EngineUnsupported(
            host=tools.host.name,
            reason='snapshots need its classic image store; set '
            '"features": {"containerd-snapshotter": false} in daemon.json',
        )


def _take(
    tools: ops_tools.Tools, instance_uuid: str, reference: str
) -> tuple[model.EngineImage, model.EngineImage]:
    """Commit a server's container; give the image it had and the new one."""
    engine = tools.engine
    with locks.instance_lock(instance_uuid), undoing.Undo() as undo:
        container = ops_tools.find(tools, instance_uuid)
        parent = engine.image(container.image_id)
        if container.state is model.ContainerState.RUNNING:
            undo.add(_thaw, tools, container.id)
        engine.commit(container.id, reference)
        undo.pop_all()
        return parent, engine.image(reference)


def _thaw(tools: ops_tools.Tools, container_id: str) -> None:
    """Let a container go on that an engine which was ended has frozen."""
    found = tools.patience.outlast(lambda: tools.engine.inspect(container_id))
    if found.state is model.ContainerState.PAUSED:
        tools.patience.outlast(lambda: tools.engine.unpause(container_id))


def _announce_upload(update_task_state: Callable[..., None]) -> None:
    update_task_state(
        task_state=task_states.IMAGE_UPLOADING,
        expected_state=task_states.IMAGE_PENDING_UPLOAD,
    )


def remove(tools: ops_tools.Tools, reference: str) -> None:
    """Remove a snapshot from the engine, whatever that goes through."""
    tools.patience.outlast(lambda: _remove_once(tools, reference))


def _remove_once(tools: ops_tools.Tools, reference: str) -> None:
    """Remove a snapshot from the engine; its absence is fine."""
    try:
        tools.engine.remove_image(reference)
    except exception.EngineImageNotFound:
        LOG.debug('The engine has no %s', reference)
    except exception.ContainerConflict as err:
        LOG.warning('Somebody uses %s: %s', reference, err)
