"""The stories of a server's volumes: attach, detach, and what a start takes.

A running container is shown a volume and has it taken away at once. For a
stopped one a volume is only connected to the host; the next start mounts it.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from oslo_log import log as logging

from novadocker import exception
from novadocker import model
from novadocker.ops import locks
from novadocker.ops import stopwatch
from novadocker.ops import tools as ops_tools
from novadocker.ops import undoing
from novadocker.volume import request

LOG = logging.getLogger(__name__)


def attach(
    tools: ops_tools.Tools,
    instance: Any,
    volume: request.Volume,
    others: Sequence[request.Volume] = (),
) -> None:
    """Give a server a volume, or leave it as it was.

    :param others: the volumes that it has already
    :raises ContainerNotFound: it has no container
    :raises VolumeRefused, VolumeUnusable: the sentence says why
    """
    watch = stopwatch.Stopwatch()
    with locks.instance_lock(instance.uuid), undoing.Undo() as undo:
        require_possible(tools, [*others, volume])
        container = ops_tools.find(tools, instance.uuid)
        undo.add(tools.volumes.release, volume)
        with watch.phase('connect'):
            mount = tools.volumes.prepare(volume)
        if container.state.is_live:
            with watch.phase('mount'):
                _mount(tools, container, mount, undo)
        else:
            tools.volumes.wait_for_start(container.id, volume)
        undo.pop_all()
    LOG.info(
        'Attached volume %(id)s at %(target)s: %(watch)s',
        {'id': volume.id, 'target': volume.target, 'watch': watch},
        instance=instance,
    )


def detach(
    tools: ops_tools.Tools, instance: Any, volume: request.Volume
) -> None:
    """Take a volume from a server; a server that is gone is fine.

    :raises VolumeBusy: it is in use; the server keeps it
    """
    with locks.instance_lock(instance.uuid):
        try:
            container = ops_tools.find(tools, instance.uuid)
        except exception.ContainerNotFound:
            LOG.warning('It has no container', instance=instance)
        else:
            _take(tools, container, volume)
        tools.volumes.release(volume)
    LOG.info('Detached volume %s', volume.id, instance=instance)


def extend(
    tools: ops_tools.Tools,
    instance: Any,
    volume: request.Volume,
    size_bytes: int,
) -> None:
    """Let a server use all of a volume that has become larger.

    One that is stopped does so when it starts.

    :param size_bytes: what Cinder says of it now
    :raises ContainerNotFound: it has no container
    :raises VolumeRefused: this host does not see the new size
    :raises VolumeUnusable: the file system stays as large as it is
    """
    with locks.instance_lock(instance.uuid):
        container = ops_tools.find(tools, instance.uuid)
        disk = tools.volumes.extend(volume, size_bytes)
        if container.state.is_live:
            tools.volumes.grow_now(container, disk)
    LOG.info('Extended volume %s', volume.id, instance=instance)


def require_possible(
    tools: ops_tools.Tools, volumes: Sequence[request.Volume]
) -> None:
    """Refuse volumes that a server cannot have, with nothing made."""
    tools.volumes.require_enabled(volumes)
    request.require_apart(volumes)


def prepare(
    tools: ops_tools.Tools,
    volumes: Sequence[request.Volume],
    undo: undoing.Undo,
) -> list[model.VolumeMount]:
    """Bring volumes to this host for a container that is still to be made.

    Before it is made: what has been made last is undone first, and a volume
    is not taken away under a container.
    """
    mounts = []
    for volume in volumes:
        undo.add(tools.volumes.release, volume)
        mounts.append(tools.volumes.prepare(volume))
    return mounts


def mount_at_start(
    tools: ops_tools.Tools,
    container_id: str,
    mounts: Iterable[model.VolumeMount],
) -> None:
    """Have a container that is not running see volumes when it starts."""
    for mount in mounts:
        tools.volumes.mount_at_start(container_id, mount)


def bring_back(
    tools: ops_tools.Tools,
    container_id: str,
    volumes: Sequence[request.Volume],
) -> list[model.VolumeMount]:
    """Have a container that is about to start see its volumes.

    They stay connected even if it does not start: they are the server's.

    :param volumes: those that Nova knew of when it began
    """
    volumes = [*volumes, *_unknown(tools, container_id, volumes)]
    require_possible(tools, volumes)
    mounts = []
    for volume in volumes:
        mounts.append(tools.volumes.prepare(volume))
        tools.volumes.mount_at_start(container_id, mounts[-1])
    return mounts


def fill(
    tools: ops_tools.Tools,
    container_id: str,
    mounts: Iterable[model.VolumeMount],
) -> None:
    """Let file systems fill what was extended while their server was stopped.

    A server that has started is not stopped for one that cannot.
    """
    container = tools.engine.inspect(container_id)
    for mount in mounts:
        if mount.read_only or not container.state.is_live:
            continue
        try:
            tools.volumes.grow_now(container, mount.disk)
        except (exception.VolumeUnusable, exception.ProcessRefused) as err:
            LOG.warning('It stays as large as it was: %s', err)


def connect(tools: ops_tools.Tools, volumes: Sequence[request.Volume]) -> None:
    """Connect the volumes of a server that is stopped and stays so.

    :raises VolumeRefused: one cannot be had here
    """
    require_possible(tools, volumes)
    for volume in volumes:
        tools.volumes.find(volume)


def leave(
    tools: ops_tools.Tools,
    volumes: Iterable[request.Volume],
    undo: undoing.Undo,
) -> None:
    """Disconnect the volumes of a stopped server that goes elsewhere.

    :raises VolumeBusy, VolumeRefused: one stays, and so shall its server
    """
    for volume in volumes:
        # Before: what fails may have been done by half.
        undo.add(tools.volumes.find, volume)
        tools.volumes.release(volume)


def release(
    tools: ops_tools.Tools,
    volumes: Iterable[request.Volume],
    *,
    are_elsewhere: bool = False,
    within_s: float | None = None,
) -> None:
    """Disconnect the volumes of a server that is gone, or stopped.

    Each is tried. A back end that does not answer keeps no server from being
    deleted.

    :param are_elsewhere: another host has them since it has the server
    :param within_s: as of ``Volumes.release``
    :raises VolumeBusy: one is in use; the first of them
    """
    busy = []
    for volume in volumes:
        try:
            tools.volumes.release(volume, within_s)
        except exception.VolumeBusy as err:
            if are_elsewhere:
                LOG.warning('It may be left on this host: %s', err)
            else:
                busy.append(err)
        except exception.VolumeRefused as err:
            LOG.warning('It is left on this host: %s', err)
    if busy:
        raise busy[0]


def _unknown(
    tools: ops_tools.Tools,
    container_id: str,
    volumes: Sequence[request.Volume],
) -> Iterator[request.Volume]:
    """List what a stopped container has got that Nova did not know of.

    A path has one volume, and what Nova says of it is newer.
    """
    ids = {each.id for each in volumes}
    targets = {each.target for each in volumes}
    for each in tools.volumes.waiting(container_id):
        if each.id not in ids and each.target not in targets:
            yield each


def _mount(
    tools: ops_tools.Tools,
    container: model.Container,
    mount: model.VolumeMount,
    undo: undoing.Undo,
) -> None:
    """Mount a volume in a container that runs, and whenever it starts.

    In this order: one that ends meanwhile is to start with it.
    """
    undo.add(tools.volumes.mount_no_more, container.id, mount.disk)
    tools.volumes.mount_at_start(container.id, mount)
    undo.add(tools.volumes.unmount_now, container, mount.disk)
    tools.volumes.mount_now(container, mount)


def _take(
    tools: ops_tools.Tools,
    container: model.Container,
    volume: request.Volume,
) -> None:
    disk = volume.disk or tools.volumes.find(volume)
    if container.state.is_live:
        tools.volumes.unmount_now(container, disk)
    tools.volumes.mount_no_more(container.id, disk)
