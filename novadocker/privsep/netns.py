"""Network namespaces of instances, pinned where ip-netns(8) pins its own.

A namespace outlives every process in it, so that an instance keeps its ports
while its container restarts.
"""

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import errno
import fcntl
import os
from typing import TypeVar

import pyroute2

from novadocker import constants
from novadocker import exception
from novadocker.privsep import argument
from novadocker.privsep import entrypoint
from novadocker.privsep import syscall
from novadocker.privsep import thread

_T = TypeVar('_T')

# The namespace of the calling thread; /proc/self is that of the main thread.
_OWN = '/proc/thread-self/ns/net'


@entrypoint.net
def create(netns_name: str) -> bool:
    """Make the namespace of an instance, with its loopback up.

    :returns: whether it was made now; one that is there is kept
    """
    path = _path(netns_name)
    with _failures(netns_name), _directory():
        if _is_pinned(path):
            with opened(netns_name) as fd:
                run_inside(fd, _raise_loopback)
            return False
        thread.run(_pin_new, path)
        return True


@entrypoint.net
def delete(netns_name: str) -> None:
    """Unpin the namespace of an instance; none is fine.

    Where a process still lives in it, it ends with that process.
    """
    path = _path(netns_name)
    with _failures(netns_name), contextlib.suppress(FileNotFoundError):
        while _unmount_once(path):
            pass  # What was bound twice is unbound twice.
        os.unlink(path)


@entrypoint.net
def names() -> tuple[str, ...]:
    """List the namespaces of instances on this host."""
    with contextlib.suppress(FileNotFoundError):
        return tuple(
            entry
            for entry in sorted(os.listdir(constants.NETNS_DIR))
            if argument.is_netns_name(entry) and _is_pinned(_path(entry))
        )
    return ()


@contextlib.contextmanager
def opened(name: str) -> Iterator[int]:
    """Give a descriptor of the namespace of an instance.

    :raises NetnsBroken: there is none, or it is the host's own
    """
    path = _path(name)
    with _failures(name):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        found, own = os.fstat(fd), os.stat(_OWN)
        if found.st_dev != own.st_dev or found.st_ino == own.st_ino:
            raise exception.NetnsBroken(
                netns=name, reason='it is no namespace of its own'
            )
        yield fd
    finally:
        os.close(fd)


def run_inside(fd: int, deed: Callable[..., _T], *args: object) -> _T:
    """Run a deed inside a namespace and give back what it returns."""

    def enter() -> _T:
        syscall.enter_net(fd)
        return deed(*args)

    return thread.run(enter)


def _path(name: str) -> str:
    return f'{constants.NETNS_DIR}/{argument.netns_name(name)}'


def _is_pinned(path: str) -> bool:
    """Tell a namespace from the empty file that is left of one."""
    with contextlib.suppress(FileNotFoundError):
        return os.lstat(path).st_dev == os.stat(_OWN).st_dev
    return False


@contextlib.contextmanager
def _directory() -> Iterator[None]:
    """Have the folder of all namespaces, shared, and hold its lock.

    It is made a shared mount so that an engine in another mount namespace
    sees what is pinned later. iproute2 takes the same lock.
    """
    os.makedirs(constants.NETNS_DIR, mode=0o755, exist_ok=True)
    fd = os.open(constants.NETNS_DIR, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        try:
            syscall.share(constants.NETNS_DIR)
        except OSError as err:
            if err.errno != errno.EINVAL:
                raise
            # It is no mount point yet.
            syscall.bind(constants.NETNS_DIR, constants.NETNS_DIR)
            syscall.share(constants.NETNS_DIR)
        yield
    finally:
        os.close(fd)


def _pin_new(path: str) -> None:
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o444))
    with contextlib.ExitStack() as undo:
        undo.callback(os.unlink, path)
        syscall.unshare_net()
        # Before the pin: a pinned namespace is a complete one.
        _raise_loopback()
        syscall.bind(_OWN, path)
        undo.pop_all()


def _raise_loopback() -> None:
    with pyroute2.IPRoute() as ip:
        # lo is the first device of every namespace.
        ip.link('set', index=1, state='up')


def _unmount_once(path: str) -> bool:
    try:
        syscall.unmount(path)
    except OSError as err:
        if err.errno != errno.EINVAL:
            raise
        return False  # It is no mount point.
    return True


@contextlib.contextmanager
def _failures(name: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as err:
        raise exception.NetnsBroken(
            netns=name, reason='there is none'
        ) from err
    except (OSError, pyroute2.NetlinkError) as err:
        raise exception.NetnsBroken(netns=name, reason=str(err)) from err
