"""The ``docker:`` extra specs of a flavor, one table.

They are the operator's: a flavor is admin-only by default, so a value here
may grant privilege. What a tenant controls (metadata, image properties) is
read in spec/process.py and never reaches this table.
"""

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import re
from typing import Any

from novadocker import exception
from novadocker import model

PREFIX = 'docker:'
_CAPABILITY = re.compile(r'[A-Z][A-Z_]{2,30}')
_ULIMIT = re.compile(r'([a-z]{2,12})=(-1|\d{1,18})(?::(-1|\d{1,18}))?')


def boolean(value: str) -> bool:
    """Read a strict boolean: what is neither true nor false is an error."""
    words = {'true': True, 'false': False}
    if value.strip().lower() not in words:
        raise ValueError('it has to be true or false')
    return words[value.strip().lower()]


def positive(value: str) -> int:
    """Read a whole number above zero."""
    if not re.fullmatch(r'[1-9]\d{0,17}', value.strip()):
        raise ValueError('it has to be a whole number above 0')
    return int(value)


def capabilities(value: str) -> tuple[str, ...]:
    """Read names of capabilities, with or without their prefix CAP_."""
    names = [name.strip().upper() for name in value.split(',')]
    names = [name.removeprefix('CAP_') for name in names]
    if not all(_CAPABILITY.fullmatch(name) for name in names):
        raise ValueError('it has to be names such as NET_ADMIN,SYS_NICE')
    return tuple(dict.fromkeys(names))


def ulimits(value: str) -> tuple[model.Ulimit, ...]:
    """Read ``NAME=SOFT[:HARD]`` pairs; -1 is unlimited."""
    found = []
    for word in value.split(','):
        match = _ULIMIT.fullmatch(word.strip())
        if match is None:
            raise ValueError('it has to be NAME=SOFT[:HARD], comma-separated')
        name, soft, hard = match.groups()
        found.append(model.Ulimit(name, int(soft), int(hard or soft)))
    return tuple(found)


@dataclasses.dataclass(frozen=True)
class ExtraSpec:
    """One key below ``docker:``: how its value is read, what it means."""

    read: Callable[[str], Any]
    description: str


TABLE: Mapping[str, ExtraSpec] = {
    'cap_add': ExtraSpec(
        capabilities, 'Capabilities beyond the default set, comma-separated.'
    ),
    'pids_limit': ExtraSpec(
        positive, 'Number of processes and threads that a server may have.'
    ),
    'privileged': ExtraSpec(
        boolean,
        'Run without isolation from the host: every capability and device. '
        'Whoever boots such a flavor is root on the compute host.',
    ),
    'read_only_root': ExtraSpec(
        boolean, 'Mount the root file system of the server read-only.'
    ),
    'shm_size_mb': ExtraSpec(positive, 'Size of /dev/shm in MiB.'),
    'ulimits': ExtraSpec(
        ulimits, 'Resource limits as NAME=SOFT[:HARD], comma-separated.'
    ),
}


def read(extra_specs: Mapping[str, str]) -> dict[str, Any]:
    """Read all ``docker:`` keys of a flavor.

    :returns: values by key without the prefix; keys that are not set are
        left out
    :raises InvalidContainerOption: an unknown key or a value that cannot be
        read; ignoring a misspelt limit would lift it
    """
    values = {}
    for key, value in extra_specs.items():
        if not key.startswith(PREFIX):
            continue
        known = TABLE.get(key.removeprefix(PREFIX))
        if known is None:
            raise exception.InvalidContainerOption(
                option=key, value=value, reason='there is no such extra spec'
            )
        try:
            values[key.removeprefix(PREFIX)] = known.read(value)
        except ValueError as err:
            raise exception.InvalidContainerOption(
                option=key, value=value, reason=str(err)
            ) from err
    return values
