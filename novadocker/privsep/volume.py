"""The file system of a volume, in the mount namespace of a container.

It is mounted there and nowhere else: the host and other containers never see
it, and the kernel takes it away with the container. Devices and programs with
more rights than their caller's are without effect on it.

What is looked up in a container is looked up by a thread that has entered it
and follows no link, so that nothing of the host can be reached.
"""

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import errno
import os
import pathlib

from novadocker import exception
from novadocker.privsep import argument
from novadocker.privsep import disk as privsep_disk
from novadocker.privsep import entrypoint
from novadocker.privsep import growth
from novadocker.privsep import process
from novadocker.privsep import syscall
from novadocker.privsep import thread

_PROC = pathlib.Path('/proc')
_OWN = '/proc/self/ns/mnt'
_OPTIONS = {
    # Else what is on it decides, and that may be a panic of the kernel.
    # :source: ext4(5), errors
    'ext4': ('errors=remount-ro',),
    # A volume made of a snapshot has the same uuid as the original.
    'xfs': ('nouuid',),
}
_PLACE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@entrypoint.mount
def attach(
    container_id: str,
    pid: int,
    disk: str,
    filesystem: str,
    target: str,
    read_only: bool,
) -> None:
    """Mount a device in a container that runs; folders are made for it.

    :param pid: any process of the container
    :raises VolumeBusy: somebody has it already
    :raises VolumeUnusable: the kernel cannot mount it, or not there
    """
    argument.filesystem(disk, filesystem)
    argument.target(disk, target)
    with _failures(disk), _entered(container_id, pid) as enter:
        mount = _new_mount(disk, filesystem, read_only)
        try:
            enter(_place, mount, target)
        finally:
            os.close(mount)


@entrypoint.mount
def detach(container_id: str, pid: int, disk: str) -> None:
    """Unmount a device in a container, with all that was written to it.

    One that is not mounted there is fine.

    :raises VolumeBusy: the container uses it, and it stays
    """
    with _failures(disk), _entered(container_id, pid) as enter:
        with privsep_disk.opened(disk, os.O_RDONLY) as fd:
            number = os.fstat(fd).st_rdev
        for target, _ in reversed(_mounts(pid, number)):
            enter(_take, target, number)


@entrypoint.mount
def grow(container_id: str, pid: int, disk: str) -> None:
    """Let a file system fill its device, while a container uses it.

    One that does already is fine.

    :raises VolumeUnusable: the container does not have it, or it cannot grow;
        the sentence says what helps
    """
    with (
        # A device that is not there.
        _failures(disk),
        privsep_disk.opened(disk, os.O_RDONLY) as fd,
        # Before the sentence of what fails below is lost to that.
        _failures(disk),
        _entered(container_id, pid) as enter,
    ):
        number = os.fstat(fd).st_rdev
        found = _mounts(pid, number)
        if not found:
            raise exception.VolumeUnusable(
                disk=disk, reason='the server does not have it mounted'
            )
        target, kind = found[-1]
        enter(_fill, target, number, kind, fd)


def _new_mount(disk: str, filesystem: str, read_only: bool) -> int:
    privsep_disk.require_unused(disk)
    attributes = syscall.MOUNT_ATTR_NOSUID | syscall.MOUNT_ATTR_NODEV
    mode = ('ro',) if read_only else ()
    return syscall.new_filesystem(
        filesystem,
        os.path.realpath(disk),
        [*_OPTIONS[filesystem], *mode],
        attributes | (syscall.MOUNT_ATTR_RDONLY if read_only else 0),
    )


def _place(mount: int, target: str) -> None:
    with _walked(target, makes=True) as place:
        syscall.place(mount, place)


def _take(target: str, number: int) -> None:
    above, _, name = target.rpartition('/')
    with _walked(above) as folder:
        # A mount point cannot be renamed, so that what is looked at here is
        # what is taken away.
        os.fchdir(folder)
        found = os.lstat(name)
        if found.st_dev == number:
            _unmount(name)


def _unmount(name: str) -> None:
    try:
        syscall.unmount_idle(name)
    except OSError as err:
        if err.errno != errno.EBUSY:
            raise
        reason = 'a process of the server works in it or has a file of it open'
        raise OSError(err.errno, reason) from err


@contextlib.contextmanager
def _walked(path: str, *, makes: bool = False) -> Iterator[int]:
    """Open a folder of the container that this thread is in, link by none."""
    with contextlib.ExitStack() as opened:
        folder = os.open('/', _PLACE)
        opened.callback(os.close, folder)
        for name in filter(None, path.split('/')):
            if makes:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, 0o755, dir_fd=folder)
            folder = os.open(name, _PLACE, dir_fd=folder)
            opened.callback(os.close, folder)
        yield folder


def _fill(target: str, number: int, kind: str, disk: int) -> None:
    with _walked(target) as place:
        fd = os.open('.', os.O_RDONLY | os.O_DIRECTORY, dir_fd=place)
        try:
            if os.fstat(fd).st_dev != number:
                raise OSError(errno.ENODEV, 'it is not where it was mounted')
            growth.fill(kind, fd, disk)
        finally:
            os.close(fd)


def _mounts(pid: int, number: int) -> list[tuple[str, str]]:
    """List where a container has a device mounted, in order, and as what.

    :source: proc(5), mountinfo: the third field is the device, the fifth the
        place, seen from that process, and the one after a dash the kind
    """
    wanted = f'{os.major(number)}:{os.minor(number)}'
    lines = (_PROC / str(pid) / 'mountinfo').read_text().splitlines()
    fields = [line.split(' ') for line in lines]
    # Of names that are not plain none is ours.
    return [
        (each[4], each[each.index('-') + 1])
        for each in fields
        if each[2] == wanted
    ]


@contextlib.contextmanager
def _entered(container_id: str, pid: int) -> Iterator[Callable[..., None]]:
    """Give what runs a deed inside the mount namespace of a container."""
    with process.held(container_id, pid):
        fd = os.open(_PROC / str(pid) / 'ns/mnt', os.O_RDONLY | os.O_CLOEXEC)
        try:
            if os.fstat(fd).st_ino == os.stat(_OWN).st_ino:
                raise exception.ProcessRefused(
                    pid=pid, reason="it has the host's own mounts"
                )

            def enter(deed: Callable[..., None], *args: object) -> None:
                def inside() -> None:
                    syscall.enter_mounts(fd)
                    deed(*args)

                thread.run(inside)

            yield enter
        finally:
            os.close(fd)


@contextlib.contextmanager
def _failures(disk: str) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        is_busy = err.errno == errno.EBUSY
        kind = exception.VolumeBusy if is_busy else exception.VolumeUnusable
        raise kind(disk=disk, reason=err.strerror or str(err)) from err
