"""The scopes that a client asks for, read strictly and without I/O.

The grammar is that of the distribution specification, "Token Scope
Documentation" (docs/spec/auth/scope). A name may have a host with a port in
it, so that the parts of a scope cannot be told by counting colons.
"""

from collections.abc import Iterable
import re

from glance_bridge import exception
from glance_bridge.token import access

# docker names a handful of other repositories to mount layers from.
MAX_SCOPES = 32
MAX_CHARS = 320

_TYPE = re.compile(r'([a-z0-9]+)(?:\([a-z0-9]+\))?', re.ASCII)
_HOST_WORD = r'[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'
_HOST = rf'{_HOST_WORD}(?:\.{_HOST_WORD})*(?::[0-9]+)?'
_COMPONENT = r'[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
_NAME = re.compile(rf'(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*', re.ASCII)
_ACTION = re.compile(r'[a-z]+|\*', re.ASCII)


def parse(texts: Iterable[str]) -> tuple[access.Access, ...]:
    """Read the values of all ``scope`` parameters of a request.

    What is named twice is merged, in the order of the first mention.

    :param texts: each one scope, or several with a blank between
    :raises RequestInvalid: one breaks the grammar, or there are too many
    """
    words = [word for text in texts for word in text.split(' ') if word]
    if len(words) > MAX_SCOPES:
        raise exception.RequestInvalid(
            f'A token is asked for with more than {MAX_SCOPES} scopes.'
        )
    merged: dict[tuple[str, str], dict[str, None]] = {}
    for word in words:
        kind, name, actions = _read(word)
        merged.setdefault((kind, name), {}).update(dict.fromkeys(actions))
    return tuple(
        access.Access(kind, name, tuple(actions))
        for (kind, name), actions in merged.items()
    )


def write(granted: Iterable[access.Access]) -> str:
    """Write a list of scopes, as the OAuth2 answer has it."""
    return ' '.join(str(each) for each in granted)


def _read(word: str) -> tuple[str, str, list[str]]:
    """Take one scope apart."""
    head, _, last = word.rpartition(':')
    kind, _, name = head.partition(':')
    matched = _TYPE.fullmatch(kind)
    actions = [each for each in last.split(',') if each]
    if (
        len(word) > MAX_CHARS
        or not matched
        or not _NAME.fullmatch(name)
        or not all(_ACTION.fullmatch(each) for each in actions)
    ):
        shown = word if len(word) <= 80 else f'{word[:80]}...'
        raise exception.RequestInvalid(
            f'{shown!r} is no scope: it has to be TYPE:NAME:ACTION[,ACTION].'
        )
    # NOTE: the class in TYPE(CLASS) is deprecated and means nothing.
    return matched[1], name, actions
