"""What was changed in a cloud, on this machine's disk, until it is undone.

A change is written down before it is made: what was interrupted can be
undone too. The way back of what was never made is no way at all.
"""

import dataclasses
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

    def add(self, change: fact.Change) -> None:
        """Write down a change that is about to be made."""
        # What is tried again after a failure was written down already.
        if change not in self._changes:
            self._changes.append(change)
            self._store()

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
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_name(self._path.name + '.new')
            with part.open('w') as stream:
                stream.write(self._document())
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(self._path)
        except OSError as err:
            raise error.RecordInvalid(
                f'{self._path} cannot be written ({err.strerror}): name '
                'another with --record.'
            ) from err

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


def _change(
    kind: str, target: str, name: str, before: str | None, after: str | None
) -> fact.Change:
    return fact.Change(fact.Key(fact.Kind(kind), target, name), before, after)
