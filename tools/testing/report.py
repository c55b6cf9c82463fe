"""What a run says at its end."""

from collections.abc import Sequence
import dataclasses
import pathlib


@dataclasses.dataclass(frozen=True)
class Result:
    """The outcome of one run of one level.

    :ivar unsteady: tests that failed and passed when run again; they count
        as passed
    """

    title: str
    log: pathlib.Path
    seconds: float
    passed: int = 0
    skipped: int = 0
    failed: Sequence[str] = ()
    unsteady: Sequence[str] = ()


def table(results: Sequence[Result]) -> list[str]:
    """Draw one line for each run of a level."""
    rows = [('level', 'passed', 'failed', 'skipped', 'seconds')]
    rows += [
        (
            each.title,
            str(each.passed),
            str(len(each.failed)),
            str(each.skipped),
            f'{each.seconds:.0f}',
        )
        for each in results
    ]
    width = max(len(row[0]) for row in rows)
    return [
        row[0].ljust(width) + ''.join(cell.rjust(9) for cell in row[1:])
        for row in rows
    ]


def failures(results: Sequence[Result]) -> list[str]:
    """Name what failed, at least once, and the file that tells why."""
    lines = []
    for each in results:
        lines += [f'FAILED {each.title}: {test}' for test in each.failed]
        lines += [
            f'UNSTEADY {each.title}: {test} (passed only when run again)'
            for test in each.unsteady
        ]
        if each.failed or each.unsteady:
            lines.append(f'  see {each.log}')
    return lines


def totals(results: Sequence[Result]) -> str:
    """Sum up, in the one form that machines read."""
    passed = sum(each.passed for each in results)
    failed = sum(len(each.failed) for each in results)
    skipped = sum(each.skipped for each in results)
    return f'{passed} passed, {failed} failed, {skipped} skipped'
