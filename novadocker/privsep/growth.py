"""How a file system that is mounted is made as large as its device.

The kernel does it, while the file system is in use. No program is run, and of
what is on it only how large it says to be is read here, of an ext4: what is
made of that is whether the kernel is asked.
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
# fs/ext4/ext4.h, ext4_super_block: s_blocks_count_lo, s_log_block_size,
# s_blocks_per_group, s_feature_incompat (with its flag), s_blocks_count_hi
_SUPERBLOCK = (1024, 1024)
_LOW, _LOG, _PER_GROUP, _INCOMPAT, _HIGH = 0x4, 0x18, 0x20, 0x60, 0x150
_INCOMPAT_64BIT = 0x80

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


def fill(kind: str, fd: int, disk: int) -> None:
    """Grow the file system that a folder is in, until it fills its device.

    One that does already is fine.

    :param kind: ``ext4`` or ``xfs``
    :param disk: descriptor of the device
    :raises PermissionError: this process may not; the sentence says what helps
    """
    _FILL[kind](fd, disk)


def _fill_xfs(fd: int, disk: int) -> None:
    found = fcntl.ioctl(fd, _XFS_GEOMETRY, bytes(_GEOMETRY.size))
    fields = _GEOMETRY.unpack(found)
    block_bytes, inodes_percent, blocks = fields[0], fields[7], fields[8]
    wanted = os.lseek(disk, 0, os.SEEK_END) // block_bytes
    if wanted > blocks:
        fcntl.ioctl(fd, _XFS_GROW, _GROWTH.pack(wanted, inodes_percent))


def _fill_ext4(fd: int, disk: int) -> None:
    size_bytes = os.lseek(disk, 0, os.SEEK_END)
    if size_bytes < _ext4_wants_bytes(os.pread(disk, *_SUPERBLOCK)):
        return
    blocks = size_bytes // os.fstatvfs(fd).f_bsize
    try:
        fcntl.ioctl(fd, _EXT4_RESIZE, _BLOCKS.pack(blocks))
    except PermissionError as err:
        raise PermissionError(err.errno, _EXT4_WANTS) from err


def _ext4_wants_bytes(superblock: bytes) -> int:
    """Tell from which size on a device has room for another block group.

    mkfs leaves off a last one that would be too small. Without the look at
    this each start would ask for what the kernel may refuse.
    """

    def number(offset: int) -> int:
        return int.from_bytes(superblock[offset : offset + 4], 'little')

    blocks = number(_LOW) + number(_PER_GROUP)
    if number(_INCOMPAT) & _INCOMPAT_64BIT:
        blocks += number(_HIGH) << 32
    # What is mounted has a size that the kernel knows; a larger one is a lie.
    return blocks << min(10 + number(_LOG), 16)


_FILL: Mapping[str, Callable[[int, int], None]] = {
    'ext4': _fill_ext4,
    'xfs': _fill_xfs,
}
