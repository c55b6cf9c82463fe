"""novadocker-runtime: brings nova-runtime onto the host of an engine."""

import argparse
from collections.abc import Sequence
import sys

from novadocker.runtime import install


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    :returns: 0 if the wrapper is installed now, 1 if it could not be
    """
    given = _parser().parse_args(arguments)
    try:
        changed = install.install(given.path)
    except OSError as err:
        print(f'novadocker-runtime: {err}', file=sys.stderr)
        return 1
    print(
        f'{given.path} is {"installed" if changed else "up to date"}. '
        'The daemon.json of the engine needs, beside what it says already:'
    )
    print(
        install.daemon_json(
            given.name, given.path, map_dir=given.map_dir, runc=given.runc
        )
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='novadocker-runtime',
        description='Manage nova-runtime, the OCI runtime of servers.',
    )
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser(
        'install',
        help='install or replace it; run as root after every upgrade',
    )
    command.add_argument(
        '--path',
        default=install.DEFAULT_PATH,
        help='where to put it (%(default)s)',
    )
    command.add_argument(
        '--name',
        default='nova',
        help='[docker] runtime of nova.conf (%(default)s)',
    )
    command.add_argument(
        '--map-dir', help='[docker] runtime_map_dir of nova.conf, if set'
    )
    command.add_argument(
        '--runc', help="path of runc or crun, if not the system's runc"
    )
    return parser
