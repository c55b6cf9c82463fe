"""The runtime map: in which namespace nova-runtime starts a container.

One file for each container, named by its full id, with one line::

    v1 /run/netns/nova-<uuid of the instance>

A container that rescues another one of the same instance has its id, too::

    v2 /run/netns/nova-<uuid of the instance> <id of the other container>

A line more for each volume says which device is mounted where, and how::

    volume rw ext4 /dev/sdb /volumes/data

nova-runtime, which runs as root, believes what it reads here. So only root
may be able to write it: every folder from ``/run`` on is checked each time.
"""

from collections.abc import Iterator
import contextlib
import os
import re
import secrets
import stat

from novadocker import constants
from novadocker import exception
from novadocker.privsep import argument
from novadocker.privsep import entrypoint

_ROOT = '/run'
_NETNS = re.escape(constants.NETNS_DIR)
_LINE = re.compile(rf'v(?:1 {_NETNS}/(\S+)|2 {_NETNS}/(\S+) [0-9a-f]{{64}})\n')
_VOLUME = re.compile(r'volume r[ow] [a-z0-9]+ /dev/\S+ /\S+\n')
# Longer than any entry of ours, of which nova-runtime reads as much.
_MAX_ENTRY_BYTES = 16384


@entrypoint.net
def write(map_dir: str, container_id: str, netns_name: str) -> None:
    """Map a container to a namespace, replacing what it was mapped to."""
    argument.container_id(container_id)
    argument.netns_name(netns_name)
    line = f'v1 {constants.NETNS_DIR}/{netns_name}\n'
    _write(map_dir, container_id, line)


@entrypoint.net
def write_rescue(
    map_dir: str, container_id: str, netns_name: str, rescued_id: str
) -> None:
    """Map a container, and name the one whose root it shall see.

    nova-runtime looks whether that is a container of the same instance.
    """
    argument.container_id(container_id)
    argument.netns_name(netns_name)
    argument.container_id(rescued_id)
    line = f'v2 {constants.NETNS_DIR}/{netns_name} {rescued_id}\n'
    _write(map_dir, container_id, line)


@entrypoint.net
def add_volume(
    map_dir: str,
    container_id: str,
    disk: str,
    filesystem: str,
    target: str,
    read_only: bool,
) -> None:
    """Have a device mounted in a container whenever it starts.

    nova-runtime looks whether it is a device that nobody has.

    :raises MapEntryInvalid: the container is not mapped
    """
    argument.disk(disk)
    argument.filesystem(disk, filesystem)
    argument.target(disk, target)
    first, *others = _lines_without(map_dir, container_id, disk)
    mode = 'ro' if read_only else 'rw'
    line = f'volume {mode} {filesystem} {disk} {target}\n'
    text = ''.join([first, *others, line])
    if len(text) >= _MAX_ENTRY_BYTES:
        raise exception.MapEntryInvalid(
            entry=container_id, reason='it has too many volumes'
        )
    _write(map_dir, container_id, text)


@entrypoint.net
def remove_volume(map_dir: str, container_id: str, disk: str) -> None:
    """Mount a device in a container no more; none of it is fine."""
    argument.disk(disk)
    if argument.container_id(container_id) in _mapped(map_dir):
        lines = _lines_without(map_dir, container_id, disk)
        _write(map_dir, container_id, ''.join(lines))


@entrypoint.net
def remove(map_dir: str, container_id: str) -> None:
    """Forget a container; one that is not mapped is fine."""
    argument.container_id(container_id)
    with (
        _failures(container_id),
        contextlib.suppress(FileNotFoundError),
        _opened(map_dir) as folder,
    ):
        os.unlink(container_id, dir_fd=folder)


@entrypoint.net
def remove_all(map_dir: str, netns_name: str) -> tuple[str, ...]:
    """Forget all containers that are mapped to a namespace, and list them."""
    argument.netns_name(netns_name)
    removed = []
    with (
        _failures(netns_name),
        contextlib.suppress(FileNotFoundError),
        _opened(map_dir) as folder,
    ):
        for entry in filter(argument.is_container_id, os.listdir(folder)):
            # It may have gone since it was listed.
            with contextlib.suppress(FileNotFoundError):
                if _netns_of(folder, entry) == netns_name:
                    os.unlink(entry, dir_fd=folder)
                    removed.append(entry)
    return tuple(sorted(removed))


@entrypoint.net
def read(map_dir: str, container_id: str) -> str:
    """Give the name of the namespace that a container is mapped to."""
    argument.container_id(container_id)
    with _failures(container_id), _opened(map_dir) as folder:
        netns_name = _netns_of(folder, container_id)
    if netns_name is None:
        raise exception.MapEntryInvalid(
            entry=container_id, reason='it is no entry of version 1 or 2'
        )
    return argument.netns_name(netns_name)


@entrypoint.net
def container_ids(map_dir: str) -> tuple[str, ...]:
    """List the containers that are mapped."""
    return _mapped(map_dir)


def _mapped(map_dir: str) -> tuple[str, ...]:
    with (
        _failures(map_dir),
        contextlib.suppress(FileNotFoundError),
        _opened(map_dir) as folder,
    ):
        names = sorted(os.listdir(folder))
        return tuple(filter(argument.is_container_id, names))
    return ()


def _write(map_dir: str, container_id: str, line: str) -> None:
    # A name that no container has: a reader never sees half an entry.
    temporary = f'.{container_id}.{secrets.token_hex(4)}'
    with (
        _failures(container_id),
        _opened(map_dir, create=True) as folder,
        contextlib.ExitStack() as undo,
    ):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        fd = os.open(temporary, flags, 0o600, dir_fd=folder)
        undo.callback(os.unlink, temporary, dir_fd=folder)
        with open(fd, 'w', encoding='ascii') as entry:
            entry.write(line)
        os.rename(
            temporary, container_id, src_dir_fd=folder, dst_dir_fd=folder
        )
        undo.pop_all()


def _lines_without(map_dir: str, container_id: str, disk: str) -> list[str]:
    """Read the entry of a container without the line of a device."""
    argument.container_id(container_id)
    with _failures(container_id), _opened(map_dir) as folder:
        lines = _read(folder, container_id)
    return [each for each in lines if each.split(' ')[3:4] != [disk]]


def _netns_of(folder: int, container_id: str) -> str | None:
    first, *others = _read(folder, container_id) or ['']
    line = _LINE.fullmatch(first)
    if line is None or not all(map(_VOLUME.fullmatch, others)):
        return None
    return line[1] or line[2]


def _read(folder: int, container_id: str) -> list[str]:
    fd = os.open(container_id, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
    with open(fd, 'rb') as entry:
        text = entry.read(_MAX_ENTRY_BYTES)
    return text.decode('ascii', 'replace').splitlines(keepends=True)


@contextlib.contextmanager
def _opened(map_dir: str, *, create: bool = False) -> Iterator[int]:
    """Open the folder of the map, one step at a time.

    A name that someone else could replace, or a link, is never followed.
    """
    with contextlib.ExitStack() as opened:
        folder = os.open(_ROOT, os.O_PATH | os.O_DIRECTORY)
        opened.callback(os.close, folder)
        _refuse_foreign(map_dir, folder, stat.S_IWGRP | stat.S_IWOTH)
        *above, last = _steps(map_dir)
        for step in above:
            folder = _enter(folder, step, create, 0o755)
            opened.callback(os.close, folder)
            _refuse_foreign(map_dir, folder, stat.S_IWGRP | stat.S_IWOTH)
        folder = _enter(folder, last, create, 0o700)
        opened.callback(os.close, folder)
        _refuse_foreign(map_dir, folder, stat.S_IRWXG | stat.S_IRWXO)
        yield folder


def _steps(map_dir: object) -> list[str]:
    return argument.map_dir(map_dir).removeprefix(_ROOT).split('/')[1:]


def _enter(folder: int, step: str, create: bool, mode: int) -> int:
    if create:
        with contextlib.suppress(FileExistsError):
            os.mkdir(step, mode, dir_fd=folder)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    return os.open(step, flags, dir_fd=folder)


def _refuse_foreign(map_dir: str, folder: int, forbidden: int) -> None:
    status = os.fstat(folder)
    if status.st_uid != 0 or status.st_mode & forbidden:
        raise exception.MapEntryInvalid(
            entry=map_dir,
            reason='it, or a folder above it, is not owned by root alone',
        )


@contextlib.contextmanager
def _failures(entry: str) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        raise exception.MapEntryInvalid(entry=entry, reason=str(err)) from err
