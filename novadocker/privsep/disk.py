"""The block device of a volume: what is on it, and who has it.

What is on it was written by a tenant. Here only the places are looked at
where the two kinds of file system that we mount have their magic numbers; no
command and no library reads more of it.
"""

from collections.abc import Iterator
import contextlib
import errno
import os
import stat
import subprocess

from novadocker import exception
from novadocker.privsep import argument
from novadocker.privsep import entrypoint

_CHUNK_BYTES = 1024**2
# Before and after that much, all that is known as a file system, a partition
# table, a volume group or an encrypted disk has left something.
_HEAD_BYTES = 16 * _CHUNK_BYTES
_TAIL_BYTES = _CHUNK_BYTES
# Offset and value of the magic number: fs/ext4/ext4.h (s_magic of the
# superblock at 1024), fs/xfs/libxfs/xfs_format.h
_MAGIC = {'ext4': (1024 + 0x38, b'\x53\xef'), 'xfs': (0, b'XFSB')}
_MAKE = {
    # -F: a whole disk is no mistake. No blocks are kept back for a root that
    # is not the tenant's.
    'ext4': ('mkfs.ext4', '-q', '-F', '-m', '0'),
    # Without -f it refuses what is not empty.
    'xfs': ('mkfs.xfs', '-q'),
}
_MAKE_TIMEOUT_S = 300
_PATH = '/usr/sbin:/sbin:/usr/bin:/bin'


@entrypoint.mount
def probe(disk: str) -> str:
    """Tell which file system is on a device, by its magic number.

    :returns: ``ext4``, ``xfs``, or nothing for a device that is blank
    :raises VolumeUnusable: there is something else, or more than one
    """
    with opened(disk, os.O_RDONLY) as fd:
        found = [kind for kind, magic in _MAGIC.items() if _has(fd, *magic)]
        if len(found) == 1:
            return found[0]
        if not found and _is_blank(fd):
            return ''
    raise exception.VolumeUnusable(
        disk=disk,
        reason='it is not blank and has no file system that is ext4 or xfs; '
        'nothing on it was touched',
    )


@entrypoint.mount
def make_filesystem(disk: str, filesystem: str) -> None:
    """Make a file system on a device that is blank and in no use.

    :raises VolumeUnusable: it is not blank, or it cannot be written
    :raises VolumeBusy: somebody has it
    """
    argument.filesystem(disk, filesystem)
    require_unused(disk)
    with opened(disk, os.O_RDONLY) as fd:
        if not _is_blank(fd):
            raise exception.VolumeUnusable(
                disk=disk, reason='it is not blank and was not touched'
            )
    program, *options = _MAKE[filesystem]
    try:
        subprocess.run(
            [program, *options, os.path.realpath(disk)],
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={'PATH': _PATH, 'LC_ALL': 'C'},
            timeout=_MAKE_TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError) as err:
        said = getattr(err, 'stderr', b'') or str(err).encode()
        raise exception.VolumeUnusable(
            disk=disk,
            reason=f'{program} failed: {said.decode(errors="replace")[-200:]}',
        ) from err


@entrypoint.mount
def is_used(disk: str) -> bool:
    """Tell whether anybody has a device: a mount anywhere, or the host.

    One that is not there, or cannot be opened for another reason, is used by
    nobody.
    """
    try:
        require_unused(disk)
    except exception.VolumeBusy:
        return True
    except (exception.VolumeUnusable, FileNotFoundError):
        return False
    return False


def require_unused(disk: str) -> None:
    """Refuse a device that anybody has.

    NOTE: the kernel answers a mount of a device that is mounted with what is
    mounted already, so this is what keeps the disks of the host apart.

    :source: open(2), O_EXCL on a block device
    """
    with opened(disk, os.O_RDONLY | os.O_EXCL):
        pass


@contextlib.contextmanager
def opened(disk: str, flags: int) -> Iterator[int]:
    """Give a descriptor of a block device.

    :raises FileNotFoundError: there is none
    :raises VolumeUnusable: it is something else, or fails
    :raises VolumeBusy: it is wanted alone and somebody has it
    """
    path = os.path.realpath(argument.disk(disk))
    try:
        argument.disk(path)
        # Before it is opened, for that may do something; and when it is, for
        # then it is what it is.
        _require_block_device(disk, os.stat(path))
        fd = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            _require_block_device(disk, os.fstat(fd))
            yield fd
        finally:
            os.close(fd)
    except FileNotFoundError:
        raise
    except OSError as err:
        is_busy = err.errno == errno.EBUSY
        kind = exception.VolumeBusy if is_busy else exception.VolumeUnusable
        raise kind(disk=disk, reason=os.strerror(err.errno or 0)) from err


def _require_block_device(disk: str, found: os.stat_result) -> None:
    if not stat.S_ISBLK(found.st_mode):
        raise exception.VolumeUnusable(
            disk=disk, reason='it is no block device'
        )


def _has(fd: int, offset: int, magic: bytes) -> bool:
    return os.pread(fd, len(magic), offset) == magic


def _is_blank(fd: int) -> bool:
    size = os.lseek(fd, 0, os.SEEK_END)
    tail = max(0, size - _TAIL_BYTES)
    return all(
        not os.pread(fd, _CHUNK_BYTES, offset).strip(b'\0')
        for offset in [*range(0, min(size, _HEAD_BYTES), _CHUNK_BYTES), tail]
    )
