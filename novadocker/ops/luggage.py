"""What a moving server takes along, as Nova carries it and as a file.

Nova hands on a text from the one host to the other. There it is noted in the
folder of the server until its container is made; and where it came from, until
the old container is removed or is the server again.
"""

import dataclasses
import json
import pathlib

from novadocker import exception
from novadocker import model
from novadocker.ops import names
from novadocker.ops import tools as ops_tools

# Hosts are upgraded one after the other.
_VERSION = 1
_BROUGHT = 'luggage.json'
_SENT = 'sent.json'


def text_of(luggage: model.Luggage) -> str:
    """Write it for Nova."""
    return json.dumps({'version': _VERSION, **dataclasses.asdict(luggage)})


def read(text: str) -> model.Luggage:
    """Read it.

    :raises MoveRefused: it is of a driver that is newer, or another one
    """
    try:
        found = json.loads(text)
        if found.pop('version') != _VERSION:
            raise ValueError
        return model.Luggage(**found)
    except (AttributeError, KeyError, TypeError, ValueError) as err:
        raise exception.MoveRefused(
            reason='What has come with the server was packed by another '
            'version of the driver: upgrade this host and reboot it hard.'
        ) from err


def note(tools: ops_tools.Tools, instance_uuid: str, text: str) -> None:
    """Remember what a server brings until it has a container.

    As it has come: a driver that cannot read it may be upgraded.
    """
    _write(tools, instance_uuid, _BROUGHT, text)


def note_sent(tools: ops_tools.Tools, instance_uuid: str, text: str) -> None:
    """Remember what a server has taken along."""
    _write(tools, instance_uuid, _SENT, text)


def noted(tools: ops_tools.Tools, instance_uuid: str) -> model.Luggage | None:
    """Give what a server has brought and not opened, if there is anything.

    :raises MoveRefused: as ``read``
    """
    text = _text(tools, instance_uuid, _BROUGHT)
    return read(text) if text else None


def texts(tools: ops_tools.Tools, instance_uuid: str) -> list[str]:
    """List what is remembered of a server, whoever can read it."""
    both = [_text(tools, instance_uuid, each) for each in (_BROUGHT, _SENT)]
    return [each for each in both if each]


def forget(tools: ops_tools.Tools, instance_uuid: str) -> None:
    """Its server has a container now, or shall have another one."""
    for name in (_BROUGHT, _SENT):
        _path(tools, instance_uuid, name).unlink(missing_ok=True)


def _write(
    tools: ops_tools.Tools, instance_uuid: str, name: str, text: str
) -> None:
    path = _path(tools, instance_uuid, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix('.new')
    new.write_text(text)
    new.replace(path)


def _text(tools: ops_tools.Tools, instance_uuid: str, name: str) -> str:
    try:
        return _path(tools, instance_uuid, name).read_text()
    except FileNotFoundError:
        return ''


def _path(
    tools: ops_tools.Tools, instance_uuid: str, name: str
) -> pathlib.Path:
    return pathlib.Path(names.directory(tools, instance_uuid), name)
