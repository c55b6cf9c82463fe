"""``novadocker-zone``: sets up the zone of docker hosts, and explains it.

Exit code 0 where all is well, 1 where something is off or was refused, 2
where the cloud cannot be read or the command line cannot be meant so, 130
where somebody stopped it.
"""

import argparse
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import contextlib
import pathlib
import sys
from typing import Any

from novadocker.zone import check as zone_check
from novadocker.zone import cloud as zone_cloud
from novadocker.zone import desired
from novadocker.zone import error
from novadocker.zone import explain as zone_explain
from novadocker.zone import model
from novadocker.zone import plan
from novadocker.zone import record as zone_record
from novadocker.zone import refusal
from novadocker.zone import report
from novadocker.zone import story
from novadocker.zone import undoing
from novadocker.zone import writer

_PROGRAM = 'novadocker-zone'


def apply(given: argparse.Namespace) -> int:
    """Make what is wished for and not there."""
    wish = _wish(given.file)
    connection = _connect(given)
    cloud = zone_cloud.read(connection)
    made = plan.make(wish, cloud)
    _complain(made.obstacles)
    _complain(made.refused, 'Left out: ')
    names = report.names(cloud)
    if given.dry_run:
        _print(report.diff(made.changes, names))
    elif made.obstacles:
        print('Nothing is changed.')
    else:
        record = _record(given, connection)
        put = writer.Writer(connection)
        story.apply(made.changes, put, record, _say, names)
        print(report.done(len(made.changes)))
    return 1 if made.obstacles or made.refused else 0


def undo(given: argparse.Namespace) -> int:
    """Take back what the record says, as far as it is still so."""
    connection = _connect(given)
    cloud = zone_cloud.read(connection)
    record = _record(given, connection)
    found = undoing.make(record.changes, cloud)
    steps = tuple(change.inverse for change in found.steps)
    obstacles = refusal.sort(steps, cloud).refused
    _complain(obstacles)
    _complain(found.left.values())
    names = report.names(cloud)
    if given.dry_run:
        _print(report.diff(steps, names))
    elif obstacles:
        print('Nothing is changed.')
    else:
        story.undo(found, writer.Writer(connection), record, _say, names)
        print(report.done(len(steps)))
    return 1 if found.left or obstacles else 0


def check(given: argparse.Namespace) -> int:
    """Print what is off, a line each."""
    wish = _wish(given.file)
    cloud = zone_cloud.read(_connect(given))
    found = list(zone_check.findings(wish, cloud))
    _print(map(str, found))
    print(f'{len(found)} off.' if found else 'Nothing is off.')
    return 1 if found else 0


def explain(given: argparse.Namespace) -> int:
    """Print for each host what each step of Nova's says of an image."""
    connection = _connect(given)
    cloud = zone_cloud.read(connection)
    image = _image(connection, cloud, given.image)
    zone, _, forced = given.zone.partition(':')
    flavor = _flavor(cloud, given.flavor)
    lands = False
    for host in _hosts(cloud, forced or given.host):
        question = zone_explain.Question(
            image,
            host,
            zone_cloud.read_provider(connection, host.node),
            cloud,
            flavor=flavor,
            zone=zone,
            is_forced=bool(forced),
        )
        steps = list(zone_explain.steps(question))
        _print(report.explanation(question, steps))
        lands |= all(step.passes for step in steps)
    return 0 if lands else 1


def sample(given: argparse.Namespace) -> int:
    """Print the file that is used where no other is named."""
    print(desired.USUAL, end='')
    return 0


def _wish(file: pathlib.Path | None) -> desired.Wish:
    try:
        return desired.read(file.read_text() if file else desired.USUAL)
    except (OSError, UnicodeDecodeError) as err:
        raise error.WishInvalid(f'{file} cannot be read: {err}') from err


def _connect(given: argparse.Namespace) -> Any:
    return zone_cloud.connect(given.os_cloud, given.os_region_name)


def _record(given: argparse.Namespace, connection: Any) -> zone_record.Record:
    return zone_record.Record(_path(given), zone_cloud.identity(connection))


def _path(given: argparse.Namespace) -> pathlib.Path:
    return given.record or zone_record.usual_path()


def _hosts(cloud: model.Cloud, name: str) -> list[model.Host]:
    if not name:
        return [cloud.hosts[each] for each in sorted(cloud.hosts)]
    if name not in cloud.hosts:
        raise error.NotFound(f'There is no compute host {name}.')
    return [cloud.hosts[name]]


def _image(connection: Any, cloud: model.Cloud, wanted: str) -> model.Image:
    try:
        return plan.find_image(wanted, cloud)
    except error.NotFound as err:
        if hidden := zone_cloud.read_image(connection, wanted):
            return hidden
        raise error.NotFound(
            f'{err}. A hidden one is found by its id'
        ) from err


def _flavor(cloud: model.Cloud, name: str) -> model.Flavor | None:
    if name and name not in cloud.flavors:
        raise error.NotFound(f'There is no flavor {name}.')
    return cloud.flavors.get(name)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        _say(line)


def _say(line: str) -> None:
    print(report.plain(line))


def _complain(found: Iterable[model.Finding], prefix: str = '') -> None:
    for each in found:
        _cry(f'{prefix}{each}')


def _cry(line: str) -> None:
    print(report.plain(line), file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description='Set up, take back, check and explain the zone of docker '
        'hosts, as an administrator of the cloud.',
    )
    parser.add_argument(
        '--os-cloud',
        metavar='NAME',
        help='cloud in clouds.yaml (OS_CLOUD, or the other OS_ variables)',
    )
    parser.add_argument(
        '--os-region-name', metavar='NAME', help='region (OS_REGION_NAME)'
    )
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    _add_changing(commands)
    _add_looking(commands)
    return parser


def _add_changing(commands: Any) -> None:
    for run, text in (
        (apply, 'make aggregates, zones, flavors, image properties'),
        (undo, 'take back what apply did'),
    ):
        command = _add(commands, run, text)
        command.add_argument(
            '--dry-run',
            action='store_true',
            help='print what would change, and change nothing',
        )
        command.add_argument(
            '--record',
            type=pathlib.Path,
            metavar='FILE',
            help='where changes are remembered until they are undone '
            '($XDG_STATE_HOME/nova-docker/zone.json)',
        )
        if run is apply:
            _add_file(command)


def _add_looking(commands: Any) -> None:
    _add_file(_add(commands, check, 'say what is off, each with its cure'))
    command = _add(
        commands, explain, 'say why an image would or would not land'
    )
    command.add_argument('image', metavar='IMAGE', help='its name or id')
    for word, metavar, text in (
        ('--host', 'HOST', 'only this compute host'),
        ('--flavor', 'FLAVOR', 'count its resources and traits, too'),
        ('--zone', 'AZ[:HOST]', '--availability-zone of the request'),
    ):
        command.add_argument(word, metavar=metavar, default='', help=text)
    _add(commands, sample, 'print the file that apply and check use')


def _add(
    commands: Any, run: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        run.__name__, help=text, description=text.capitalize() + '.'
    )
    command.set_defaults(run=run)
    return command


def _add_file(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        '--file',
        type=pathlib.Path,
        metavar='FILE',
        help=f'what is wished for, in YAML (what `{_PROGRAM} sample` prints)',
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    given = _parser().parse_args(arguments)
    try:
        with _alone(given):
            code: int = given.run(given)
    except error.Interrupted as err:
        _cry(f'{_PROGRAM}: {err}')
        return 1
    except error.ZoneError as err:
        _cry(f'{_PROGRAM}: {err}')
        return 2
    except KeyboardInterrupt:
        _cry(f'{_PROGRAM}: stopped. The same command goes on from here.')
        return 130
    return code


def _alone(
    given: argparse.Namespace,
) -> contextlib.AbstractContextManager[None]:
    """Keep other runs out from before the cloud is read, if it changes."""
    if getattr(given, 'dry_run', True):
        return contextlib.nullcontext()
    return zone_record.held(_path(given))
