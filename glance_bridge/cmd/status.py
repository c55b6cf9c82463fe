"""``glance-bridge-status``: what differs between the registry and Glance.

Exit code 0 where nothing does, 1 where something does (with ``--mend``: where
something is left), 2 where one side cannot be read.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import json
import sys
import time

from oslo_config import cfg

from glance_bridge import conf as bridge_conf
from glance_bridge import exception
from glance_bridge import rooms as bridge_rooms
from glance_bridge.reconcile import model as reconcile_model
from glance_bridge.reconcile import sweep

Finding = reconcile_model.Finding

_OPTIONS = [
    cfg.BoolOpt(
        'mend', default=False, help='Mend what differs, by one sweep.'
    ),
    cfg.BoolOpt('json', default=False, help='Print JSON.'),
]
_COLUMNS = ('WHAT', 'REPOSITORY', 'TAG', 'IMAGE', 'DIGEST')
_SHOWN_DIGEST = len('sha256:') + 12
# Longer than a push takes between its manifest and its image.
_PAUSE_S = 2.0


def confirmed(
    sweeper: sweep.Sweeper, pause: Callable[[float], None] = time.sleep
) -> list[Finding]:
    """List what differs in two looks; a push in between is no difference."""
    first = sweeper.look()
    if not first:
        return []
    pause(_PAUSE_S)
    second = set(sweeper.look())
    return [each for each in first if each in second]


def table(findings: Iterable[Finding]) -> str:
    """Write findings for a person."""
    rows = [_COLUMNS]
    for each in findings:
        digest = each.digest[:_SHOWN_DIGEST]
        rows.append(
            (each.kind, str(each.repository), each.tag, each.image_id, digest)
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return '\n'.join(
        '  '.join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def document(findings: Iterable[Finding]) -> str:
    """Write findings for a program."""
    found = [
        {**dataclasses.asdict(each), 'repository': str(each.repository)}
        for each in findings
    ]
    return json.dumps({'findings': found}, indent=2)


def run(rooms: bridge_rooms.Rooms) -> int:
    """Look, mend if that is wanted, and print what differs."""
    if rooms.conf.mend:
        outcome = rooms.sweeper.sweep(is_asked_for=True)
        found = list(outcome.failed)
        done = len(outcome.findings) - len(found)
        print(f'Mended: {done}. Left: {len(found)}.', file=sys.stderr)
    else:
        found = confirmed(rooms.sweeper)
    if rooms.conf.json:
        print(document(found))
    elif found:
        print(table(found))
    else:
        print('Nothing differs.')
    return 1 if found else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    conf = cfg.CONF
    conf.register_cli_opts(_OPTIONS)
    if arguments is None:
        arguments = sys.argv[1:]
    bridge_conf.load(arguments, conf=conf)
    try:
        return run(bridge_rooms.Rooms(conf))
    except (exception.BridgeError, exception.ConfigurationInvalid) as err:
        print(err, file=sys.stderr)
        return 2
