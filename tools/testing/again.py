"""A second chance for a test of real services, which is always told.

Whole clouds on two busy cores are late now and then, and one late answer in
four thousand tests must not cost the other results. What fails once more is
a failure; what passes then is named as unsteady, so that somebody mends it.
"""

from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
import re

from tools.testing import report

# More than that is no accident.
MOST = 3

_GROUP = re.compile(r'setUp(Class|Module) \((?P<name>[\w.]+)\)')
_TEST = re.compile(r'[\w.]+\.test_\w+(\[.*\]|\(.*\))?')

Run = Callable[[Sequence[str]], report.Result]


def run(once: Run, filters: Sequence[str]) -> report.Result:
    """Run tests, and run once more what failed of them.

    :param once: runs the tests that match any of some regular expressions
    :param filters: those of the first time
    """
    first = once(filters)
    names = [_pattern(each) for each in first.failed]
    if not names or None in names or len(names) > MOST:
        return first
    print(f'{first.title}: once more: {", ".join(first.failed)}', flush=True)
    second = once([each for each in names if each])
    if second.passed + len(second.failed) < len(names):
        return first
    return dataclasses.replace(
        first,
        seconds=first.seconds + second.seconds,
        passed=first.passed + second.passed,
        failed=second.failed,
        unsteady=[each for each in first.failed if each not in second.failed],
    )


def _pattern(failed: str) -> str | None:
    """Match a test, or a class or module of tests; None for no test."""
    if found := _GROUP.fullmatch(failed):
        return re.escape(found['name']) + r'\.'
    if _TEST.fullmatch(failed):
        return re.escape(failed) + '$'
    return None
