"""A level whose tests are those of tempest, run by the quickstart."""

from collections.abc import Sequence
import json
import os
import pathlib
import time
from typing import Any

from deploy.quickstart import home
from deploy.quickstart.tempest import workspace
from tools.testing import command
from tools.testing import report

# What the quickstart says of an expression that leaves nothing.
_NO_MATCH = 'No test matches'


def run(
    checkout: pathlib.Path,
    title: str,
    regex: str,
    filters: Sequence[str],
    *,
    log: pathlib.Path,
    deadline: float,
) -> report.Result:
    """Run the tests that match; what leaked is one more failure each.

    :param filters: regular expressions, of which one has to match, too
    :raises LevelTimeout: the deadline came first
    """
    began = time.monotonic()
    results = workspace.Workspace(home.from_environment(os.environ)).results
    results.unlink(missing_ok=True)
    if filters:
        regex = f'^(?=.*(?:{"|".join(filters)})){regex}'
    code = command.run(
        [str(checkout / 'tools' / 'quickstart'), 'tempest', regex],
        log=log,
        deadline=deadline,
    )
    found = _read(results)
    failed = [*found['failed'], *found['leaks']]
    last = command.last_line(log)
    if code and not failed and not (filters and _NO_MATCH in last):
        failed = [f'tools/quickstart tempest ended with {code}: {last}']
    return report.Result(
        title=title,
        log=log,
        seconds=time.monotonic() - began,
        passed=len(found['passed']),
        skipped=len(found['skipped']),
        failed=failed,
    )


def _read(results: pathlib.Path) -> dict[str, Any]:
    if results.exists():
        return dict(json.loads(results.read_text()))
    return {'passed': [], 'failed': [], 'skipped': [], 'leaks': []}
