"""Goes through a plan, change by change, and remembers each before it."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from novadocker.zone import error
from novadocker.zone import fact
from novadocker.zone import record as record_module
from novadocker.zone import undoing
from novadocker.zone import writer as writer_module

Say = Callable[[str], None]


def apply(
    changes: Sequence[fact.Change],
    writer: writer_module.Writer,
    record: record_module.Record,
    say: Say,
    names: Mapping[str, str],
) -> None:
    """Make changes, in order.

    :param say: takes a line for each that is made
    :param names: of images by id
    :raises Interrupted: one failed; those before it are made
    """
    for number, change in enumerate(changes):
        is_new = record.add(change)
        line = change.line(names)
        try:
            writer.put(change.key, change.after)
        except error.ZoneError as err:
            # What was refused is not ours, even if it is there by now:
            # another run, or somebody else, was first.
            if is_new and not isinstance(err, error.CloudUnclear):
                record.forget(change)
            raise _interrupted(line, err, number, len(changes)) from err
        say(line)


def undo(
    found: undoing.Undoing,
    writer: writer_module.Writer,
    record: record_module.Record,
    say: Say,
    names: Mapping[str, str],
) -> None:
    """Take changes back, and strike them out of the record.

    :raises Interrupted: one failed; those before it are taken back
    """
    for number, change in enumerate(found.steps):
        line = change.inverse.line(names)
        try:
            writer.put(change.key, change.before)
        except error.ZoneError as err:
            raise _interrupted(line, err, number, len(found.steps)) from err
        record.forget(change)
        say(line)
    _strike_out(found.moot, record)


def _strike_out(
    changes: Iterable[fact.Change], record: record_module.Record
) -> None:
    for change in changes:
        record.forget(change)


def _interrupted(
    line: str, err: error.ZoneError, done: int, of: int
) -> error.Interrupted:
    cause = str(err).removesuffix('.')
    return error.Interrupted(
        f'"{line}" failed: {cause}. {done} of {of} changes are made and stay. '
        'Mend the cause and repeat the command: it goes on from here.'
    )
