"""Running stestr; here it is a script."""

import dataclasses
import json
import os
import pathlib
import time

import fixtures
import testtools

from tools.testing import level
from tools.testing import suite

LEVEL = level.Level('unit', ('nova-34',), 6, 'tests/unit', needs_root=True)
PASSED = {'passed': 2, 'skipped': 1, 'failed': []}


class SuiteTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (self.folder / 'bin').mkdir()
        self._program('stestr', 'echo "$*" > asked')
        self._read(PASSED)

    def _program(self, name, script):
        path = self.folder / 'bin' / name
        path.write_text(f'#!/bin/sh\n{script}\n')
        path.chmod(0o755)

    def _read(self, counts):
        """Let the reader of the stream find these."""
        found = json.dumps(counts)
        self._program('python', f"cat > /dev/null; echo '{found}' > $3")

    def _run(self, *filters, seconds=60, **changes):
        runner = suite.Suite(
            level=changes.pop('level', LEVEL),
            title='unit',
            venv=self.folder,
            folder=self.folder,
            log=self.folder / 'log',
            filters=filters,
            **changes,
        )
        return runner.run(time.monotonic() + seconds)

    def test_counts_are_those_of_the_stream(self):
        found = self._run()
        self.assertEqual((2, 1), (found.passed, found.skipped))
        self.assertEqual([], found.failed)

    def test_what_needs_root_runs_one_at_a_time(self):
        self._run('a.*', 'b')
        self.assertEqual(
            '--test-path tests/unit --top-dir . run --subunit --serial a.* b',
            (self.folder / 'asked').read_text().strip(),
        )

    def test_a_level_may_have_some_tests_of_its_folder(self):
        self._run('a.*', level=dataclasses.replace(LEVEL, only=r'tests\.a'))
        self.assertIn(
            r'--serial --exclude-regex ^(?!tests\.a) a.*',
            (self.folder / 'asked').read_text(),
        )

    def test_settings_reach_the_tests(self):
        self._program('stestr', 'echo "$ROOT" > asked')
        self._run(settings={'ROOT': '/trixie'})
        self.assertEqual('/trixie\n', (self.folder / 'asked').read_text())

    def test_a_failed_stestr_is_a_failure(self):
        self._program('stestr', 'exit 100')
        self.assertEqual(['stestr ended with 100'], self._run().failed)

    def test_a_level_that_is_late_fails_by_its_name(self):
        self._program('stestr', 'exec sleep 60')
        self.assertEqual(
            ['unit did not finish in its 6 minutes'],
            self._run(seconds=0.5).failed,
        )

    def test_a_level_without_tests_is_a_failure(self):
        self._read({'passed': 0, 'skipped': 0, 'failed': []})
        self.assertEqual(
            ['there are no tests in tests/unit'], self._run().failed
        )

    def test_a_filter_may_leave_nothing(self):
        self._read({'passed': 0, 'skipped': 0, 'failed': []})
        self._program('stestr', f'exit {suite.NO_MATCH}')
        self.assertEqual([], self._run('zorro').failed)

    def test_results_that_cannot_be_read_are_a_failure(self):
        self._program('python', 'exit 1')
        self.assertEqual(
            ['the results could not be read'], self._run('a').failed
        )

    def test_what_needs_no_root_goes_without(self):
        self.useFixture(fixtures.MonkeyPatch('os.geteuid', lambda: 0))
        owners = []
        self.useFixture(
            fixtures.MonkeyPatch('os.chown', lambda *args: owners.append(args))
        )
        runner = suite.Suite(
            level=level.Level('unit', ('nova-34',), 6, 'tests/unit'),
            title='unit',
            venv=self.folder,
            folder=self.folder,
            log=self.folder / 'log',
        )
        identity = runner._identity()
        self.assertNotEqual(0, identity['user'])
        self.assertEqual([], identity['extra_groups'])
        self.assertEqual(self.folder, owners[0][0])

    def test_who_is_not_root_stays_so(self):
        self.useFixture(fixtures.MonkeyPatch('os.geteuid', lambda: 1000))
        runner = suite.Suite(
            level=level.Level('unit', ('nova-34',), 6, 'tests/unit'),
            title='unit',
            venv=self.folder,
            folder=self.folder,
            log=pathlib.Path(os.devnull),
        )
        self.assertEqual({}, runner._identity())
