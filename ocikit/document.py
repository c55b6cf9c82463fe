"""JSON documents of strangers: read with care, never believed.

Go reads the names of fields without regard to case and takes the last of
two; Python does not. What the two would read differently is refused, so that
the engine cannot see another image than the one that was looked at. So is,
before it is read, what would take many times its size in memory.
"""

from collections.abc import Mapping
from collections.abc import Sequence
import json
from typing import Any

from ocikit import exception
from ocikit import limit

Object = Mapping[str, Any]

# What stands before a value, unless it is the first of all.
_MARKS = (b',', b'[', b'{')


def read(
    content: bytes, what: str, most_marks: int = limit.DOCUMENT_MARKS
) -> Any:
    """Read a document.

    :param what: names the document in the sentence of an error
    :param most_marks: commas and opening brackets that it may have
    :raises ArchiveTooLarge: it has more
    :raises ArchiveMalformed: it is no JSON, nested beyond reason, or has a
        field twice
    """
    if sum(map(content.count, _MARKS)) > most_marks:
        raise exception.ArchiveTooLarge(
            f'{what} has more than {most_marks} commas and opening brackets'
        )
    try:
        # Given bytes, Python would guess among encodings that Go refuses.
        text = content.decode('utf-8')
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as err:
        raise exception.ArchiveMalformed(f'{what} is no valid JSON') from err


def read_object(
    content: bytes, what: str, most_marks: int = limit.DOCUMENT_MARKS
) -> Object:
    """Read a document that has to be an object."""
    found: Object = _typed(read(content, what, most_marks), dict, what)
    return found


def read_objects(content: bytes, what: str) -> list[Object]:
    """Read a document that has to be a list of objects."""
    found = _typed(read(content, what), list, what)
    return [_typed(item, dict, what) for item in found]


def text(source: Object, name: str, default: str | None = None) -> str:
    """Read a string; one without a default has to be there."""
    return str(_typed(field(source, name, default), str, name))


def number(source: Object, name: str) -> int:
    """Read a whole number that is not negative."""
    found = field(source, name, None)
    # NOTE(nova-docker): True is an int in Python and no number in JSON.
    if type(found) is not int or found < 0:
        raise exception.ArchiveMalformed(f'field {name} is no size')
    return found


def texts(source: Object, name: str) -> tuple[str, ...]:
    """Read a list of strings, empty where there is none or null."""
    found = field(source, name, None)
    items = _typed([] if found is None else found, list, name)
    return tuple(str(_typed(item, str, name)) for item in items)


def child(source: Object, name: str) -> Object:
    """Read an object, empty where there is none or null."""
    found = field(source, name, None)
    checked: Object = _typed({} if found is None else found, dict, name)
    return checked


def children(source: Object, name: str) -> Sequence[Object]:
    """Read a list of objects that has to be there."""
    found = _typed(field(source, name, None), list, name)
    return [_typed(item, dict, name) for item in found]


def field(source: Object, name: str, default: Any) -> Any:
    """Read a field, unless Go could read another one in its place."""
    for key in source:
        if key != name and key.casefold() == name.casefold():
            raise exception.ArchiveMalformed(
                f'field {name} is spelt {exception.shown(key)}'
            )
    return source.get(name, default)


def _typed(found: Any, wanted: type, name: str) -> Any:
    if not isinstance(found, wanted):
        raise exception.ArchiveMalformed(
            f'{name} is missing or of the wrong type'
        )
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError('a field stands twice')
    return found
