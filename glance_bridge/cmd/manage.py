"""``glance-bridge-manage``: what is done once, before the bridge starts.

``db sync``
    makes the tables, or brings them to the form of this release.
"""

from collections.abc import Sequence
import sys
from typing import Any

from oslo_config import cfg

from glance_bridge import conf as bridge_conf
from glance_bridge import exception
from glance_bridge import rooms as bridge_rooms


def sync(rooms: bridge_rooms.Rooms) -> str:
    """Bring the tables to the newest form."""
    rooms.database.sync()
    return 'The tables are up to date.'


def _add_parsers(subparsers: Any) -> None:
    db = subparsers.add_parser('db', help='the tables of the bridge')
    actions = db.add_subparsers(dest='action', required=True)
    actions.add_parser('sync', help='bring them to the newest form')
    db.set_defaults(run=sync)


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
    except exception.BridgeError as err:
        print(err, file=sys.stderr)
        return 1
    return 0
