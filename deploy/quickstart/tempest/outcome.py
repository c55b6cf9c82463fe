"""What became of each test that was to run. Pure."""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses
import re
from typing import Any

_PASSED = ('success', 'xfail')
# What unittest calls the setup of a class, which stands for its tests.
_OF_CLASS = re.compile(r'(setUpClass|tearDownClass) \((.+)\)')


@dataclasses.dataclass
class Outcome:
    """Tests by what became of them; of those not passed, what they said.

    :ivar pending: tests of which nothing was heard so far
    """

    pending: set[str]
    passed: list[str] = dataclasses.field(default_factory=list)
    failed: dict[str, str] = dataclasses.field(default_factory=dict)
    skipped: dict[str, str] = dataclasses.field(default_factory=dict)
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)

    @property
    def done(self) -> int:
        return len(self.passed) + len(self.failed) + len(self.skipped)

    def add(self, row: Mapping[str, Any]) -> list[str]:
        """Take what the reader says of one test or one class.

        A class that is skipped, or whose setup fails, stands for each of
        its tests: else the sum would depend on why something did not run.

        :returns: names of what has failed by it
        """
        name, status = row['name'], row['status']
        names = self._tests_of(name)
        self.pending.difference_update(names)
        if status in _PASSED:
            self.passed += names
            self.seconds[name] = row['seconds']
            return []
        if status == 'skip':
            reason = row['text'].strip()
            self.skipped.update(dict.fromkeys(names, reason))
            return []
        # A test may have passed before the end of its class failed.
        names = names or [name]
        self.failed.update(dict.fromkeys(names, row['text']))
        return names

    def _tests_of(self, name: str) -> list[str]:
        match = _OF_CLASS.fullmatch(name)
        if match is None:
            return [name]
        return [it for it in self.pending if it.startswith(f'{match[2]}.')]

    def close(self) -> None:
        """Count as failed what a worker took to its grave."""
        for name in self.pending:
            self.failed[name] = 'not run: the run ended before it'
        self.pending = set()


def reasons(skipped: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Say how many tests each reason holds for, the most first."""
    counts: dict[str, int] = {}
    for reason in skipped.values():
        counts[reason] = counts.get(reason, 0) + 1
    yield from sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def by_class(skipped: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Give a row for each class and reason: class, tests, reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, reason in skipped.items():
        group, _, test = name.partition('[')[0].rpartition('.')
        found.setdefault((group, ' '.join(reason.split())), []).append(test)
    return [
        (group, ' '.join(sorted(tests)), reason)
        for (group, reason), tests in sorted(found.items())
    ]


def short(names: Iterable[str]) -> list[str]:
    """Give names without their identifiers and tags, in order."""
    return sorted(name.partition('[')[0] for name in names)
