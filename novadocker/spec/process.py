"""Pure: what a container runs. Everything read here is the tenant's.

Server metadata wins over image properties, which win over the image itself.
Nothing in this module can grant privilege: its output has no field for it.
"""

from collections.abc import Mapping
import json
import re
import shlex

from novadocker import exception
from novadocker import model
from novadocker import option

PREFIX = 'docker:'
ENV_PREFIX = PREFIX + 'env:'
_ENV_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_]*')
_USER = re.compile(r'[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}(:[A-Za-z0-9_.-]{1,63})?')
# nova.utils.safe_truncate, as used for system metadata.
_PROPERTY_BYTES = 255
_METADATA = ('command', 'entrypoint', 'user', 'workdir')


def process(
    metadata: Mapping[str, str], properties: Mapping[str, str]
) -> model.Process:
    """Read the process from a server's metadata and its image's properties.

    :param metadata: the server's metadata; keys without the prefix
        ``docker:`` are the tenant's own business and stay out of the
        container
    :param properties: the image's properties: ``os_command_line``,
        ``docker_tty``, ``docker_init``
    :raises InvalidContainerOption: an unknown ``docker:`` key or a value that
        cannot be read
    """
    options = _options(metadata)
    command = _words(options, PREFIX + 'command')
    if command is None:
        command = _words(_whole(properties), 'os_command_line')
    tty = _flag(properties, 'docker_tty', default=False)
    return model.Process(
        command=command,
        entrypoint=_words(options, PREFIX + 'entrypoint'),
        user=_user(options.get(PREFIX + 'user', '')),
        workdir=_workdir(options.get(PREFIX + 'workdir', '')),
        env=_env(metadata),
        tty=tty,
        stdin_open=tty,
        init=_flag(properties, 'docker_init', default=True),
    )


def _options(metadata: Mapping[str, str]) -> dict[str, str]:
    """Pick the ``docker:`` keys; refuse those that nobody reads."""
    options = {}
    for key, value in metadata.items():
        if not key.startswith(PREFIX) or key.startswith(ENV_PREFIX):
            continue
        if key.removeprefix(PREFIX) not in _METADATA:
            raise _invalid(key, value, 'there is no such metadata key')
        options[key] = value
    return options


def _words(options: Mapping[str, str], key: str) -> tuple[str, ...] | None:
    """Split a command the way a shell would, or read a JSON list."""
    text = options.get(key)
    if text is None:
        return None
    try:
        words = _json_words(text) if text[:1] == '[' else shlex.split(text)
    except ValueError as err:
        raise _invalid(key, text, str(err)) from err
    if any('\0' in word for word in words):
        raise _invalid(key, text, 'it has a NUL byte')
    return tuple(words)


def _whole(properties: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse a command that Nova has cut at the 255 bytes of a property."""
    text = properties.get('os_command_line', '')
    if len(text.encode()) >= _PROPERTY_BYTES:
        raise _invalid('os_command_line', text, 'it is longer than 254 bytes')
    return properties


def _json_words(text: str) -> list[str]:
    words = json.loads(text)
    if not all(isinstance(word, str) for word in words):
        raise ValueError('a JSON command has to be a list of strings')
    return list(words)


def _env(metadata: Mapping[str, str]) -> dict[str, str]:
    env = {}
    for key, value in metadata.items():
        if not key.startswith(ENV_PREFIX):
            continue
        name = key.removeprefix(ENV_PREFIX)
        if not _ENV_NAME.fullmatch(name) or '\0' in value:
            raise _invalid(key, value, 'it is no name of a variable')
        env[name] = value
    return env


def _user(user: str) -> str:
    if user and not _USER.fullmatch(user):
        raise _invalid(PREFIX + 'user', user, 'it has to be USER[:GROUP]')
    return user


def _workdir(workdir: str) -> str:
    if workdir and not workdir.startswith('/'):
        raise _invalid(PREFIX + 'workdir', workdir, 'it has to start with /')
    return workdir


def _flag(properties: Mapping[str, str], key: str, *, default: bool) -> bool:
    value = properties.get(key)
    if value is None:
        return default
    try:
        return option.boolean(value)
    except ValueError as err:
        raise _invalid(key, value, str(err)) from err


def _invalid(
    option: str, value: str, reason: str
) -> exception.InvalidContainerOption:
    return exception.InvalidContainerOption(
        option=option, value=value[:80], reason=reason
    )
