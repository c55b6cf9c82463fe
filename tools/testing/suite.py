"""Run the tests of one folder with stestr, from a copy of the checkout."""

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import json
import os
import pathlib
import pwd
import subprocess
import time
from typing import Any

from tools.testing import command
from tools.testing import failure
from tools.testing import level
from tools.testing import report

# Tests that need no power do without it.
UNPRIVILEGED = 'nobody'
# stestr's exit code where its filters leave nothing.
NO_MATCH = 1


@dataclasses.dataclass(frozen=True)
class Suite:
    """One run of one level.

    :ivar folder: a copy of the tests, where stestr may leave its files
    :ivar filters: regular expressions; a test that matches any is run
    :ivar settings: more for the environment of the tests
    """

    level: level.Level
    title: str
    venv: pathlib.Path
    folder: pathlib.Path
    log: pathlib.Path
    filters: Sequence[str] = ()
    settings: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def run(self, deadline: float) -> report.Result:
        """Run the tests; a run that breaks off is one more failure."""
        began = time.monotonic()
        broken = ''
        try:
            code = self._run(deadline)
            if code and not (code == NO_MATCH and self.filters):
                broken = f'stestr ended with {code}'
        except failure.LevelTimeout:
            minutes = self.level.minutes
            broken = f'{self.title} did not finish in its {minutes} minutes'
        counts = self._counts()
        if counts is None:
            counts = {'passed': 0, 'skipped': 0, 'failed': []}
            broken = broken or 'the results could not be read'
        if not broken and not self.filters and not any(counts.values()):
            broken = f'there are no tests in {self.level.tests}'
        return report.Result(
            title=self.title,
            log=self.log,
            seconds=time.monotonic() - began,
            passed=counts['passed'],
            skipped=counts['skipped'],
            failed=[*counts['failed'], *([broken] if broken else [])],
        )

    def _counts(self) -> dict[str, Any] | None:
        if self._outcome.exists():
            return dict(json.loads(self._outcome.read_text()))
        return None

    @property
    def _outcome(self) -> pathlib.Path:
        return self.folder / 'outcome.json'

    def _run(self, deadline: float) -> int:
        env = command.environment(self.venv, self.folder)
        self._outcome.unlink(missing_ok=True)
        with self.log.open('ab') as err:
            tests = subprocess.Popen(
                self._stestr(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=err,
                cwd=self.folder,
                env={**env, **self.settings},
                start_new_session=True,
                **self._identity(),
            )
            reader = subprocess.Popen(
                self._reader(), stdin=tests.stdout, stderr=err, env=env
            )
            try:
                return command.wait(tests, deadline)
            finally:
                reader.wait()

    def _identity(self) -> dict[str, Any]:
        if self.level.needs_root or os.geteuid():
            return {}
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        return {
            'user': user.pw_uid,
            'group': user.pw_gid,
            'extra_groups': [],
        }

    def _stestr(self) -> list[str]:
        argv = [str(self.venv / 'bin' / 'stestr')]
        argv += ['--test-path', self.level.tests, '--top-dir', '.']
        argv += ['run', '--subunit']
        # What needs root shares the machine's network and daemons.
        argv += ['--serial'] if self.level.needs_root else []
        if self.level.only:
            argv += ['--exclude-regex', f'^(?!{self.level.only})']
        return [*argv, *self.filters]

    def _reader(self) -> list[str]:
        return [
            str(self.venv / 'bin' / 'python'),
            str(self.folder / 'tools' / 'testing' / 'stream.py'),
            self.title,
            str(self._outcome),
            str(self.log),
        ]
