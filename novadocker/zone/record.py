"""What was changed in a cloud, on this machine's disk, until it is undone.

A change is written down before it is made: what was interrupted can be
undone too. The way back of what was never made is no way at all.
"""

from collections.abc import Iterator
import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib

from novadocker.zone import error
from novadocker.zone import fact

_VERSION = 1
_FOLDER = 'nova-docker'
_FILE = 'zone.json'


def usual_path() -> pathlib.Path:
    """Choose a file below the user's state folder."""
    given = os.environ.get('XDG_STATE_HOME')
    state = pathlib.Path(given or pathlib.Path.home() / '.local/state')
    return state / _FOLDER / _FILE


@contextlib.contextmanager
def held(path: pathlib.Path) -> Iterator[None]:
    """Keep other runs from the folder of a record.

    :raises RecordInvalid: one is at work there, or there can be no folder
    """
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as err:
        raise _unwritable(path, err) from err
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: pathlib.Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as err:
        raise error.RecordInvalid(
            f'Another run is at work with {folder} ({err.strerror}): wait '
            'for its end.'
        ) from err


class Record:
    """The changes made in one cloud, oldest first.

    :param cloud: what tells this cloud from another
    """

    def __init__(self, path: pathlib.Path, cloud: str):
        self._path = path
        self._cloud = cloud
        self._changes = self._load()

    @property
    def changes(self) -> tuple[fact.Change, ...]:
        return tuple(self._changes)

    def add(self, change: fact.Change) -> bool:
        """Write down a change that is about to be made.

        :returns: whether it is new here; what is tried again is not
        """
        if change in self._changes:
            return False
        self._changes.append(change)
        self._store()
        return True

    def forget(self, change: fact.Change) -> None:
        """Strike out a change that is undone; with the last, the file."""
        self._changes.remove(change)
        self._store()

    def _load(self) -> list[fact.Change]:
        try:
            document = json.loads(self._path.read_text())
            if document['version'] != _VERSION:
                raise ValueError(f'version {document["version"]}')
            cloud = document['cloud']
            changes = [_change(**each) for each in document['changes']]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as err:
            raise error.RecordInvalid(
                f'{self._path} is no record of changes ({err}): name another '
                'with --record.'
            ) from err
        if cloud != self._cloud:
            raise error.RecordInvalid(
                f'{self._path} is the record of {cloud}, and this is '
                f'{self._cloud}: name another with --record.'
            )
        return changes

    def _store(self) -> None:
        """Replace the file at once, so that there is always a whole one."""
        try:
            if not self._changes:
                self._path.unlink(missing_ok=True)
                return
            part = self._path.with_name(self._path.name + '.new')
            with part.open('w') as stream:
                stream.write(self._document())
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(self._path)
        except OSError as err:
            raise _unwritable(self._path, err) from err

    def _document(self) -> str:
        rows = [
            {
                **dataclasses.asdict(change.key),
                'before': change.before,
                'after': change.after,
            }
            for change in self._changes
        ]
        document = {
            'version': _VERSION,
            'cloud': self._cloud,
            'changes': rows,
        }
        return json.dumps(document, indent=2) + '\n'


def _unwritable(path: pathlib.Path, err: OSError) -> error.RecordInvalid:
    return error.RecordInvalid(
        f'{path} cannot be written ({err.strerror}): name another with '
        '--record.'
    )


def _change(
    kind: str, target: str, name: str, before: str | None, after: str | None
) -> fact.Change:
    return fact.Change(fact.Key(fact.Kind(kind), target, name), before, after)
