"""The few system calls that Python 3.11 does not know.

Errors are ``OSError`` as everywhere in ``os``. Nothing here decides anything.
"""

import ctypes
import os

# linux/sched.h and linux/mount.h
CLONE_NEWNET = 0x40000000
_MS_BIND = 0x1000
_MS_REC = 0x4000
_MS_SHARED = 0x100000
_MNT_DETACH = 2
_UMOUNT_NOFOLLOW = 8

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))


def unshare_net() -> None:
    """Give the calling thread a network namespace of its own."""
    _check(_libc.unshare(CLONE_NEWNET))


def enter_net(fd: int) -> None:
    """Move the calling thread into the network namespace behind ``fd``."""
    _check(_libc.setns(fd, CLONE_NEWNET))


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
