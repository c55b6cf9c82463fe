"""Pure: what a container runs. Everything read here is the tenant's.

Server metadata wins over image properties, which win over the image itself.
Nothing in this module can grant privilege: its output has no field for it.
"""

from collections.abc import Mapping
import json
import re
import shlex
from typing import NamedTuple

from novadocker import exception
from novadocker import model
from novadocker import option
from novadocker.spec import console
from novadocker.spec import mount

PREFIX = 'docker:'
ENV_PREFIX = PREFIX + 'env:'
# Metadata key below the prefix -> image property that says the same.
PROPERTIES: Mapping[str, str] = {
    'command': 'os_command_line',
    'entrypoint': 'docker_entrypoint',
    'user': 'os_admin_user',
    'workdir': 'docker_workdir',
}
TTY = 'docker_tty'
INIT = 'docker_init'

# Metadata of many names, each of them the tenant's.
_NO_WORDS = (ENV_PREFIX, mount.PREFIX)
# Wider than a shell's: programs read names such as discovery.type.
_ENV_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_.-]*')
_USER = re.compile(
    r'[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,62})?'
)
# nova.utils.safe_truncate, as used for system metadata.
_PROPERTY_BYTES = 255


class _Word(NamedTuple):
    """What somebody wrote, and where."""

    key: str
    text: str


def process(
    metadata: Mapping[str, str], properties: Mapping[str, str]
) -> model.Process:
    """Read the process from a server's metadata and its image's properties.

    :param metadata: the server's metadata; keys without the prefix
        ``docker:`` are the tenant's own business and stay out of the
        container
    :param properties: the image's properties: those of PROPERTIES, TTY, INIT
        and of the console
    :raises InvalidContainerOption: an unknown ``docker:`` key or a value that
        cannot be read
    """
    words = _words_of(metadata, properties)
    tty = _flag(properties, TTY, default=False)
    # A boot is where a word that cannot be read is refused.
    console.console(properties, has_tty=tty)
    mount.check(metadata)
    return model.Process(
        command=_command(words.get('command')),
        entrypoint=_command(words.get('entrypoint')),
        user=_user(words.get('user')),
        workdir=_workdir(words.get('workdir')),
        env=_env(metadata),
        tty=tty,
        stdin_open=tty,
        init=_flag(properties, INIT, default=True),
    )


def _words_of(
    metadata: Mapping[str, str], properties: Mapping[str, str]
) -> dict[str, _Word]:
    """Pick who decides on what; refuse ``docker:`` keys that nobody reads."""
    words = {
        name: _Word(key, _whole(key, properties[key]))
        for name, key in PROPERTIES.items()
        if key in properties
    }
    for key, text in metadata.items():
        if not key.startswith(PREFIX) or key.startswith(_NO_WORDS):
            continue
        name = key.removeprefix(PREFIX)
        if name not in PROPERTIES:
            raise _invalid(
                _Word(option.shown(key), text), 'there is no such metadata key'
            )
        words[name] = _Word(key, text)
    return words


def _whole(key: str, text: str) -> str:
    """Refuse what Nova has cut at the 255 bytes of a property."""
    # Half of a pair of surrogates is no text; it is refused further on.
    if len(text.encode(errors='surrogatepass')) >= _PROPERTY_BYTES:
        raise _invalid(_Word(key, text), 'it is longer than 254 bytes')
    return text


def _command(word: _Word | None) -> tuple[str, ...] | None:
    """Split a command the way a shell would, or read a JSON list."""
    if word is None:
        return None
    try:
        is_json = word.text[:1] == '['
        found = _json(word.text) if is_json else shlex.split(word.text)
        for each in found:
            _check_text(each)
    except (ValueError, RecursionError) as err:
        reason = str(err)[:1].lower() + str(err)[1:]
        raise _invalid(word, reason) from err
    return tuple(found)


def _json(text: str) -> list[str]:
    words = json.loads(text)
    if not all(isinstance(word, str) for word in words):
        raise ValueError('a JSON command has to be a list of strings')
    return list(words)


def _check_text(text: str) -> None:
    """Refuse what no program can be given."""
    if '\0' in text:
        raise ValueError('it has a NUL byte')
    try:
        text.encode()
    except UnicodeEncodeError as err:
        raise ValueError('it is no UTF-8') from err


def _env(metadata: Mapping[str, str]) -> dict[str, str]:
    env = {}
    for key, value in metadata.items():
        if not key.startswith(ENV_PREFIX):
            continue
        name = key.removeprefix(ENV_PREFIX)
        word = _Word(option.shown(key), value)
        if not _ENV_NAME.fullmatch(name):
            raise _invalid(word, 'it is no name of a variable')
        try:
            _check_text(value)
        except ValueError as err:
            raise _invalid(word, str(err)) from err
        env[name] = value
    return env


def _user(word: _Word | None) -> str:
    if word is None or not word.text:
        return ''
    if not _USER.fullmatch(word.text):
        raise _invalid(word, 'it has to be USER[:GROUP]')
    return word.text


def _workdir(word: _Word | None) -> str:
    if word is None or not word.text:
        return ''
    # isprintable is false for half of a pair of surrogates, too.
    if not word.text.startswith('/') or not word.text.isprintable():
        raise _invalid(
            word, 'it has to be an absolute path without control characters'
        )
    return word.text


def _flag(properties: Mapping[str, str], key: str, *, default: bool) -> bool:
    value = properties.get(key)
    if value is None:
        return default
    try:
        return option.boolean(value)
    except ValueError as err:
        raise _invalid(_Word(key, value), str(err)) from err


def _invalid(word: _Word, reason: str) -> exception.InvalidContainerOption:
    return exception.InvalidContainerOption(
        option=word.key, value=option.shown(word.text), reason=reason
    )
