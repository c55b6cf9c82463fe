"""Sparse files as disks, and the loop devices by which this machine sees them.

A disk is called by its name alone. What is no such name is refused before it
becomes part of a path, and no command that is run here is a shell's.
"""

import contextlib
import errno
import json
import os
import pathlib
import re
import subprocess

# The number of a loop device is another after each boot; by this name a
# volume is found again, and never one in its place.
LINKS = pathlib.Path('/dev/nova-docker')

_UUID = r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
_NAME = re.compile(rf'(?:volume|snapshot)-{_UUID}')
_GIB = 1024**3
_GONE = ' (deleted)'


class DiskError(Exception):
    """The machine does not do what a disk needs."""


class DiskRefused(DiskError):
    """A disk that is none, is in use, or would have to shrink."""


class Disks:
    """The disks of one folder, which belongs to root.

    :param links: folder below /dev, made when it is needed
    """

    def __init__(
        self, folder: pathlib.Path, links: pathlib.Path = LINKS
    ) -> None:
        self._folder = folder
        self._links = links

    def names(self) -> list[str]:
        """List the disks that there are."""
        if not self._folder.exists():
            return []
        found = (path.name for path in self._folder.iterdir())
        return sorted(name for name in found if _NAME.fullmatch(name))

    def size_gb(self) -> float:
        """Sum up how large the disks say that they are."""
        sizes = (self._path(name).stat().st_size for name in self.names())
        return sum(sizes) / _GIB

    def create(self, name: str, size_gb: int) -> None:
        """Make a disk of zeros.

        :raises FileExistsError: there is one
        """
        path = self._path(name)
        path.touch(mode=0o600, exist_ok=False)
        os.truncate(path, size_gb * _GIB)

    def copy(self, source: str, name: str, size_gb: int) -> None:
        """Make a disk from another, or one that is larger.

        Of a disk in use it has what the kernel has written so far.

        :raises DiskRefused: it would be smaller than its source
        :raises FileExistsError: there is one
        """
        original, path = self._path(source), self._path(name)
        if original.stat().st_size > size_gb * _GIB:
            raise DiskRefused(f'{source} has more than {size_gb} GiB')
        path.touch(mode=0o600, exist_ok=False)
        with contextlib.ExitStack() as undo:
            undo.callback(path.unlink)
            self._flush(original)
            _run('cp', '--sparse=always', '--reflink=auto', original, path)
            os.truncate(path, size_gb * _GIB)
            undo.pop_all()

    def extend(self, name: str, size_gb: int) -> None:
        """Make a disk larger, also one that is connected.

        :raises DiskRefused: it would be smaller
        """
        path = self._path(name)
        if path.stat().st_size > size_gb * _GIB:
            raise DiskRefused(f'{name} has more than {size_gb} GiB')
        os.truncate(path, size_gb * _GIB)
        device = _devices().get(str(path))
        if device:
            _run('losetup', '--set-capacity', device)

    def delete(self, name: str) -> None:
        """Remove a disk and its device; one that is not there is fine.

        :raises DiskRefused: it is in use, and stays
        """
        path = self._path(name)
        device = _devices().get(str(path))
        if device:
            _require_unused(device)
        self._disconnect(name, device)
        path.unlink(missing_ok=True)

    def connect(self, name: str) -> str:
        """Give a disk a block device, the same as long as it has one.

        :returns: a path that is a link to the device
        """
        # With --nooverlap it is the device that the file has already.
        device = _run(
            *('losetup', '--find', '--show', '--nooverlap'), self._path(name)
        ).strip()
        link = self._links / name
        self._links.mkdir(mode=0o755, exist_ok=True)
        fresh = link.with_name(f'.{name}')
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(device)
        fresh.replace(link)
        return str(link)

    def connected(self) -> dict[str, str]:
        """Map disks of this folder to their devices, also deleted ones."""
        return {
            path.name: device
            for path, device in (
                (pathlib.Path(file), device)
                for file, device in _devices().items()
            )
            if path.parent == self._folder and _NAME.fullmatch(path.name)
        }

    def disconnect_all(self) -> None:
        """Take all devices away; one in use goes with its last user."""
        for name, device in self.connected().items():
            self._disconnect(name, device)
        with contextlib.suppress(OSError):  # not there, or another's in it
            self._links.rmdir()

    def _disconnect(self, name: str, device: str | None) -> None:
        if device:
            _run('losetup', '--detach', device)
        (self._links / name).unlink(missing_ok=True)

    def _flush(self, path: pathlib.Path) -> None:
        device = _devices().get(str(path))
        if device:
            fd = os.open(device, os.O_RDONLY)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)

    def _path(self, name: str) -> pathlib.Path:
        if not _NAME.fullmatch(name):
            raise DiskRefused(f'{name!r} is not the name of a disk')
        return self._folder / name


def _require_unused(device: str) -> None:
    """Refuse a device that is mounted or that the kernel has otherwise.

    :source: open(2), O_EXCL on a block device
    """
    try:
        os.close(os.open(device, os.O_RDONLY | os.O_EXCL))
    except OSError as err:
        if err.errno != errno.EBUSY:
            raise
        raise DiskRefused(f'{device} is in use') from err


def _devices() -> dict[str, str]:
    """Map the files behind loop devices, of whomever, to the devices."""
    answer = _run('losetup', '--list', '--json', '--output', 'NAME,BACK-FILE')
    # Without any device it says nothing at all.
    rows = json.loads(answer)['loopdevices'] if answer.strip() else []
    return {
        (row['back-file'] or '').removesuffix(_GONE): row['name']
        for row in rows
    }


def _run(*words: str | pathlib.Path) -> str:
    try:
        done = subprocess.run(
            words,
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as err:
        raise DiskError(f'{words[0]}: {err.stderr.strip()}') from err
    return done.stdout
