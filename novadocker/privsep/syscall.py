"""The few system calls that Python 3.11 does not know.

Errors are ``OSError`` as everywhere in ``os``. Nothing here decides anything.
"""

from collections.abc import Sequence
import contextlib
import ctypes
import os
import struct

# linux/sched.h and linux/mount.h
CLONE_NEWNET = 0x40000000
_MS_BIND = 0x1000
_MS_REC = 0x4000
_MS_SHARED = 0x100000
_MNT_DETACH = 2
_CLONE_FS = 0x200
_CLONE_NEWNS = 0x20000
_UMOUNT_NOFOLLOW = 8

# The same numbers on all architectures: asm-generic/unistd.h
_OPENAT2 = 437
_MOVE_MOUNT, _FSOPEN, _FSCONFIG, _FSMOUNT = 429, 430, 431, 432
_FSOPEN_CLOEXEC = 1
_FSCONFIG_SET_FLAG, _FSCONFIG_SET_STRING, _FSCONFIG_CMD_CREATE = 0, 1, 6
_FSMOUNT_CLOEXEC = 1
_MOVE_MOUNT_EMPTY_PATHS = 0x44
MOUNT_ATTR_RDONLY = 1
MOUNT_ATTR_NOSUID = 2
MOUNT_ATTR_NODEV = 4

# linux/openat2.h: no link, and nothing above
_RESOLVE = 0x02 | 0x04 | 0x08

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))


def _call(number: int, *args: int | bytes | None) -> int:
    """Make a system call that libc has no function for, before 2.36."""
    words = [
        ctypes.c_long(each) if isinstance(each, int) else each for each in args
    ]
    result = int(_libc.syscall(ctypes.c_long(number), *words))
    if result < 0:
        _check(result)
    return result


def unshare_net() -> None:
    """Give the calling thread a network namespace of its own."""
    _check(_libc.unshare(CLONE_NEWNET))


def enter_net(fd: int) -> None:
    """Move the calling thread into the network namespace behind ``fd``."""
    _check(_libc.setns(fd, CLONE_NEWNET))


def enter_mounts(fd: int) -> None:
    """Move the calling thread into the mount namespace behind ``fd``.

    Its root and its working directory are then those of the namespace.
    """
    # The kernel moves no thread that shares these two with another.
    _check(_libc.unshare(_CLONE_FS))
    _check(_libc.setns(fd, _CLONE_NEWNS))


def new_filesystem(
    kind: str, source: str, options: Sequence[str], attributes: int
) -> int:
    """Mount a file system nowhere and give a descriptor of the mount.

    :param options: of the file system itself, a flag or NAME=VALUE each
    :param attributes: MOUNT_ATTR_*
    :raises OSError: with what the kernel says of it
    """
    context = _call(_FSOPEN, kind.encode(), _FSOPEN_CLOEXEC)
    try:
        _configure(context, _FSCONFIG_SET_STRING, b'source', source.encode())
        for option in options:
            name, sign, value = option.partition('=')
            command = _FSCONFIG_SET_STRING if sign else _FSCONFIG_SET_FLAG
            _configure(
                *(context, command, name.encode()),
                value.encode() if sign else None,
            )
        _configure(context, _FSCONFIG_CMD_CREATE, None, None)
        return _call(_FSMOUNT, context, _FSMOUNT_CLOEXEC, attributes)
    except OSError as err:
        raise OSError(err.errno, _said(context) or err.strerror) from err
    finally:
        os.close(context)


def _configure(
    context: int, command: int, key: bytes | None, value: bytes | None
) -> None:
    _call(_FSCONFIG, context, command, key, value, 0)


def _said(context: int) -> str:
    """Give what the kernel has to say of a mount that it refused."""
    with contextlib.suppress(OSError):
        return os.read(context, 1024).decode(errors='replace').strip()
    return ''


def place(mount: int, target: int) -> None:
    """Put a mount that is nowhere on what a descriptor names."""
    _call(_MOVE_MOUNT, mount, b'', target, b'', _MOVE_MOUNT_EMPTY_PATHS)


def unmount_idle(target: str) -> None:
    """Take a mount away that nobody uses; EBUSY if somebody does."""
    _check(_libc.umount2(os.fsencode(target), _UMOUNT_NOFOLLOW))


def open_beneath(folder: int, name: bytes) -> int:
    """Open what is below a folder to read it, and wait for nobody.

    :raises OSError: a link is in the way, or it leads outside
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    how = struct.pack('QQQ', flags, 0, _RESOLVE)
    return _call(_OPENAT2, folder, name, how, len(how))


def bind(source: str, target: str) -> None:
    """Make ``source`` appear at ``target``, with what is mounted below."""
    _mount(source, target, _MS_BIND | _MS_REC)


def share(target: str) -> None:
    """Let mounts below the mount point ``target`` propagate."""
    _mount('none', target, _MS_SHARED | _MS_REC)


def unmount(target: str) -> None:
    """Take a mount away, at once even where it is in use."""
    _check(_libc.umount2(os.fsencode(target), _MNT_DETACH | _UMOUNT_NOFOLLOW))


def _mount(source: str, target: str, flags: int) -> None:
    _check(
        _libc.mount(
            os.fsencode(source),
            os.fsencode(target),
            None,
            ctypes.c_ulong(flags),
            None,
        )
    )
