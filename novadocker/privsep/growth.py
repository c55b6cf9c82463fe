"""How a file system that is mounted is made as large as its device.

The kernel does it, while the file system is in use. Nothing here looks at
what is on it, and no program is run.
"""

from collections.abc import Callable
from collections.abc import Mapping
import fcntl
import os
import struct

# linux/ioctl.h
_WRITE, _READ = 1, 2
# fs/xfs/libxfs/xfs_fs.h: xfs_fsop_geom_v1 and xfs_growfs_data
_GEOMETRY = struct.Struct('=8I4Q16s7I4x')
_GROWTH = struct.Struct('=QI4x')
# include/uapi/linux/ext4.h
_BLOCKS = struct.Struct('=Q')


_EXT4_WANTS = (
    'the kernel grows an ext4 with CAP_SYS_RESOURCE alone: an operator '
    'can add that to [novadocker_mount] capabilities, or run e2fsck -f and '
    'resize2fs on the volume while no server has it'
)


def _request(direction: int, group: str, number: int, size: int) -> int:
    return direction << 30 | size << 16 | ord(group) << 8 | number


_XFS_GEOMETRY = _request(_READ, 'X', 100, _GEOMETRY.size)
_XFS_GROW = _request(_WRITE, 'X', 110, _GROWTH.size)
_EXT4_RESIZE = _request(_WRITE, 'f', 16, _BLOCKS.size)


def fill(kind: str, fd: int, size_bytes: int) -> None:
    """Grow the file system that a folder is in to a size in bytes.

    :param kind: ``ext4`` or ``xfs``
    :raises PermissionError: this process may not; the sentence says what helps
    """
    _FILL[kind](fd, size_bytes)


def _fill_xfs(fd: int, size_bytes: int) -> None:
    found = fcntl.ioctl(fd, _XFS_GEOMETRY, bytes(_GEOMETRY.size))
    fields = _GEOMETRY.unpack(found)
    block_bytes, inodes_percent, blocks = fields[0], fields[7], fields[8]
    wanted = size_bytes // block_bytes
    if wanted > blocks:
        fcntl.ioctl(fd, _XFS_GROW, _GROWTH.pack(wanted, inodes_percent))


def _fill_ext4(fd: int, size_bytes: int) -> None:
    blocks = size_bytes // os.fstatvfs(fd).f_bsize
    try:
        fcntl.ioctl(fd, _EXT4_RESIZE, _BLOCKS.pack(blocks))
    except PermissionError as err:
        raise PermissionError(err.errno, _EXT4_WANTS) from err


_FILL: Mapping[str, Callable[[int, int], None]] = {
    'ext4': _fill_ext4,
    'xfs': _fill_xfs,
}
