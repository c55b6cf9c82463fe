"""The command line of tools/run-tests."""

import argparse
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import fcntl
import os
import pathlib
import shutil
import sys
import time

from tools.testing import failure
from tools.testing import level
from tools.testing import package
from tools.testing import report
from tools.testing import session
from tools.testing import venv

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
# Three virtual environments and the copies take 1.5.
NEEDED_GB = 3
OK, FAILED, WRONG_USAGE, PRECONDITION = 0, 1, 2, 3

EPILOG = """
Without a LEVEL all of them run, in this order. The last line reads
`N passed, N failed, N skipped`. Exit codes: 0 ok, 1 a test or a level
failed, 2 wrong usage, 3 the machine lacks something.
"""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    names = [each.name for each in level.LEVELS]
    parser = argparse.ArgumentParser(
        prog='tools/run-tests',
        description='Install what the tests need and run them.',
        epilog=EPILOG,
    )
    parser.add_argument(
        'levels', metavar='LEVEL', nargs='*', help=', '.join(names)
    )
    parser.add_argument(
        '--full',
        action='store_true',
        help='also the levels that do not fit into a whole run: '
        + ', '.join(each.name for each in level.LEVELS if each.is_full),
    )
    parser.add_argument(
        '--filter',
        metavar='REGEX',
        action='append',
        default=[],
        help='run only tests whose name matches; may be repeated',
    )
    parser.add_argument(
        '--cache',
        type=pathlib.Path,
        default=default_cache(),
        help='folder for virtual environments, copies and logs '
        '(default: %(default)s)',
    )
    found = parser.parse_args(argv)
    if unknown := [each for each in found.levels if each not in names]:
        parser.error(f'no such level: {", ".join(unknown)}')
    return found


def default_cache() -> pathlib.Path:
    if os.geteuid():
        home = pathlib.Path.home() / '.cache'
        return pathlib.Path(os.environ.get('XDG_CACHE_HOME', home)) / (
            'nova-docker-tests'
        )
    return pathlib.Path('/var/cache/nova-docker-tests')


def require(levels: Sequence[level.Level], cache: pathlib.Path) -> None:
    """See that the machine has what cannot be installed.

    :raises PreconditionMissing: it has not
    """
    privileged = [each.name for each in levels if each.needs_root]
    if privileged and os.geteuid():
        raise failure.PreconditionMissing(
            f'not root, which {", ".join(privileged)} need: name the levels '
            f'to run, or become root'
        )
    if not pathlib.Path(venv.PYTHON).exists():
        raise failure.PreconditionMissing(f'there is no {venv.PYTHON}')
    package.require(
        [*venv.PACKAGES, *(name for each in levels for name in each.packages)]
    )
    cache.mkdir(parents=True, exist_ok=True)
    free_gb = shutil.disk_usage(cache).free / 1024**3
    if free_gb < NEEDED_GB:
        raise failure.PreconditionMissing(
            f'{cache} has {free_gb:.1f} GB of free disk, {NEEDED_GB} are '
            f'needed: choose another folder with --cache'
        )


@contextlib.contextmanager
def only_run(cache: pathlib.Path) -> Iterator[None]:
    """Keep a second run out of the cache.

    :raises PreconditionMissing: another run is going on
    """
    with (cache / 'lock').open('w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise failure.PreconditionMissing(
                f'another run uses {cache}: wait, or choose another folder '
                f'with --cache'
            ) from None
        yield


def run(
    levels: Sequence[level.Level], work: session.Session
) -> list[report.Result]:
    began = time.monotonic()
    results = []
    clouds = [*(each.cloud for each in levels[1:]), ()]
    for each, end_s, following in zip(
        levels, level.deadlines_s(levels), clouds, strict=True
    ):
        print(f'-- {each.name}', flush=True)
        found = work.run(each, began + end_s, following=following)
        for line in report.table(found)[1:]:
            print(line, flush=True)
        results += found
    return results


def main(argv: Sequence[str]) -> int:
    arguments = parse(argv)
    levels = level.chosen(arguments.levels, full=arguments.full)
    cache = arguments.cache.resolve()
    try:
        require(levels, cache)
        with only_run(cache):
            results = run(
                levels, session.Session(CHECKOUT, cache, arguments.filter)
            )
    except failure.PreconditionMissing as err:
        print(f'tools/run-tests: {err}', file=sys.stderr)
        return PRECONDITION
    if not any(each.failed or each.passed or each.skipped for each in results):
        print(f'tools/run-tests: no test matches {arguments.filter}')
        return WRONG_USAGE
    print('\n'.join(['', *report.table(results), *report.failures(results)]))
    print(report.totals(results), flush=True)
    return FAILED if any(each.failed for each in results) else OK
