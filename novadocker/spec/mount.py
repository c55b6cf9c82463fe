"""Pure: where in a container a volume is. Its tenant says it, or nobody."""

from collections.abc import Mapping
from collections.abc import Sequence
import posixpath
import re

from novadocker import exception
from novadocker import option

PREFIX = 'docker:mount:'
# Below it lies what nobody has asked for elsewhere.
DEFAULT_FOLDER = '/volumes'

_PATH = re.compile(r'(/[A-Za-z0-9_.:@+=-]+)+')
_NAME = re.compile(r'[A-Za-z0-9_.:@+=-]{1,60}')
# What the kernel and the runtime, the engine and a rescue keep there.
_RESERVED = ('proc', 'sys', 'dev', 'rescue')


def target(metadata: Mapping[str, str], names: Sequence[str]) -> str:
    """Give the path at which a container sees a volume.

    :param metadata: the server's; ``docker:mount:NAME`` is a path
    :param names: what the volume may be called, the first before the others:
        its tag and its device
    :raises InvalidContainerOption: the path cannot be used, or no name of it
        can be one
    """
    plain = [each for each in names if is_name(each)]
    for name in plain:
        key = PREFIX + name
        if key in metadata:
            return _path(key, metadata[key])
    if not plain:
        raise exception.InvalidContainerOption(
            option='tag or device of a volume',
            value=option.shown(names[-1]),
            reason='it has to be a name of letters, digits and _.:@+=-',
        )
    return f'{DEFAULT_FOLDER}/{plain[0]}'


def is_name(text: str) -> bool:
    """Tell whether a tag or a device can stand in a path."""
    return _NAME.fullmatch(text) is not None and text not in ('.', '..')


def check(metadata: Mapping[str, str]) -> None:
    """Refuse a server whose paths cannot be used, before it has volumes."""
    for key, value in metadata.items():
        if key.startswith(PREFIX):
            _path(key, value)


def _path(key: str, value: str) -> str:
    if not _PATH.fullmatch(value) or posixpath.normpath(value) != value:
        raise _invalid(
            key,
            value,
            'it has to be an absolute path of letters, digits and _.:@+=-',
        )
    top = value.split('/')[1]
    if top in _RESERVED:
        raise _invalid(key, value, f'nothing can be mounted below /{top}')
    return value


def _invalid(
    key: str, value: str, reason: str
) -> exception.InvalidContainerOption:
    return exception.InvalidContainerOption(
        option=option.shown(key), value=option.shown(value), reason=reason
    )
