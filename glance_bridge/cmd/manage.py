"""``glance-bridge-manage``: what an operator does by hand.

``db sync``
    makes the tables, or brings them to the form of this release.
``key``
    makes the key that signs the registry's tokens, and the certificate by
    which the registry knows them.
``namespace list`` and ``namespace release NAME``
    tell which project a namespace of the registry belongs to, and let it go
    to whoever pushes into it next.
"""

from collections.abc import Sequence
import os
import pathlib
import sys
from typing import Any

from oslo_config import cfg

from glance_bridge import conf as bridge_conf
from glance_bridge import exception
from glance_bridge import rooms as bridge_rooms
from glance_bridge.token import key as token_key

_SECRET_MODE = 0o600
_PUBLIC_MODE = 0o644


def sync(rooms: bridge_rooms.Rooms) -> str:
    """Bring the tables to the newest form."""
    rooms.database.sync()
    return 'The tables are up to date.'


def key(rooms: bridge_rooms.Rooms) -> str:
    """Make the signing key and its certificate.

    :raises ConfigurationInvalid: there is a key, and it was not to go
    """
    token = rooms.conf.token
    key_file = pathlib.Path(token.key_file)
    certificate_file = pathlib.Path(token.certificate_file)
    if not rooms.conf.command.force:
        for each in (key_file, certificate_file):
            if each.exists():
                raise exception.ConfigurationInvalid(
                    f'{each} exists; --force replaces it. The registry then '
                    'needs the new certificate and a restart.'
                )
    key_pem, certificate_pem = token_key.create()
    _write(key_file, key_pem, _SECRET_MODE)
    _write(certificate_file, certificate_pem, _PUBLIC_MODE)
    return f'Give {certificate_file} to the registry as its rootcertbundle.'


def list_namespaces(rooms: bridge_rooms.Rooms) -> str:
    """Write a line for each namespace: its name and its project's id."""
    return '\n'.join(
        f'{each.namespace} {each.project_id}'
        for each in rooms.namespaces.listed()
    )


def release_namespace(rooms: bridge_rooms.Rooms) -> str:
    """Let a namespace go to whoever pushes into it next.

    :raises NameUnknown: it belongs to nobody
    """
    found = rooms.namespaces.release(rooms.conf.command.namespace)
    return (
        f'{found.namespace} no longer belongs to project {found.project_id}. '
        'While Glance has images from there, the reconciler gives it back; '
        'what else lies there goes to whoever pushes next. Tokens that were '
        'given out push and delete nothing there from now on, and pull until '
        'they end.'
    )


def _write(file: pathlib.Path, content: bytes, mode: int) -> None:
    """Put a file in its place at once, never readable by more than meant."""
    part = file.with_name(file.name + '.new')
    part.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with open(os.open(part, flags, mode), 'wb') as stream:
        os.fchmod(stream.fileno(), mode)
        stream.write(content)
        os.fsync(stream.fileno())
    part.replace(file)


def _add_parsers(subparsers: Any) -> None:
    db = subparsers.add_parser('db', help='the tables of the bridge')
    actions = db.add_subparsers(dest='action', required=True)
    actions.add_parser('sync', help='bring them to the newest form')
    db.set_defaults(run=sync)
    made = subparsers.add_parser(
        'key', help='make the key that signs tokens, and its certificate'
    )
    made.add_argument(
        '--force', action='store_true', help='replace what is there'
    )
    made.set_defaults(run=key)
    _add_namespace_parsers(subparsers)


def _add_namespace_parsers(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        'namespace', help='whose the namespaces of the registry are'
    )
    actions = parser.add_subparsers(dest='action', required=True)
    listing = actions.add_parser('list', help='list them')
    listing.set_defaults(run=list_namespaces)
    release = actions.add_parser(
        'release', help='give one to whoever pushes into it next'
    )
    release.add_argument('namespace', metavar='NAME')
    release.set_defaults(run=release_namespace)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    conf = cfg.CONF
    conf.register_cli_opt(
        cfg.SubCommandOpt('command', title='Commands', handler=_add_parsers)
    )
    if arguments is None:
        arguments = sys.argv[1:]
    bridge_conf.load(arguments, conf=conf)
    try:
        print(conf.command.run(bridge_rooms.Rooms(conf)))
    except (exception.BridgeError, exception.ConfigurationInvalid) as err:
        print(err, file=sys.stderr)
        return 1
    except OSError as err:
        print(f'{err.filename}: {err.strerror}', file=sys.stderr)
        return 1
    return 0
