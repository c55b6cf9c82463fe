"""The memory of a container that is frozen, given back to the host.

The kernel writes to swap, or drops, what the container does not use; nothing
is lost by it, and what is touched again comes back.

:source: Linux, admin-guide/cgroup-v2, "memory.reclaim"; admin-guide/cgroup-v1,
    memory, "5.1 force_empty"
"""

import errno
import pathlib

from novadocker import exception
from novadocker.privsep import argument
from novadocker.privsep import entrypoint

_PROC = pathlib.Path('/proc')
_ROOT = pathlib.Path('/sys/fs/cgroup')


@entrypoint.net
def reclaim(container_id: str, pid: int) -> None:
    """Have the kernel take what memory it can from a container.

    :param pid: any process of the container, by which its group is found
    :raises MemoryNotReclaimed: the process is in no group of this container,
        or the kernel cannot do it (before Linux 5.19 with cgroup version 2)
    """
    argument.container_id(container_id)
    argument.pid(container_id, pid)
    try:
        version, group = _group(container_id, pid)
        if version == 1:
            (group / 'memory.force_empty').write_text('0')
        else:
            used = (group / 'memory.current').read_text()
            (group / 'memory.reclaim').write_text(used)
    except OSError as err:
        # It took less than all, which was to be expected.
        if err.errno not in (errno.EAGAIN, errno.EBUSY):
            raise exception.MemoryNotReclaimed(
                container=container_id, reason=str(err)
            ) from err


def _group(container_id: str, pid: int) -> tuple[int, pathlib.Path]:
    """Find the memory group of a container: cgroup version, and folder.

    What /proc tells is believed only if the group bears the container's id,
    which the engine gives it: ``<id>``, or ``docker-<id>.scope`` by systemd.
    """
    lines = (_PROC / str(pid) / 'cgroup').read_text().splitlines()
    groups = {
        controllers: path
        for _, controllers, path in (line.split(':', 2) for line in lines)
    }
    version = 1 if 'memory' in groups else 2
    path = groups.get('memory' if version == 1 else '', '')
    *above, last = path.split('/')
    if '..' in above or last not in (
        container_id,
        f'docker-{container_id}.scope',
    ):
        raise exception.MemoryNotReclaimed(
            container=container_id, reason=f'process {pid} is not of it'
        )
    return version, _ROOT.joinpath(
        *(['memory'] if version == 1 else []), *path.split('/')
    )
