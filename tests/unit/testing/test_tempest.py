"""The level of tempest, with a quickstart that is a script."""

import json
import pathlib
import time

import fixtures
import testtools

from tools.testing import tempest

RESULTS = {
    'passed': ['a', 'b'],
    'failed': {'c': 'traceback'},
    'skipped': {'d': 'reason'},
    'leaks': ['netns x'],
}


class TempestTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.top = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.useFixture(
            fixtures.EnvironmentVariable('NOVA_DOCKER_HOME', str(self.top))
        )
        self.results = self.top / 'data/tempest/results.json'
        self.results.parent.mkdir(parents=True)

    def _run(self, *lines, filters=()):
        script = self.top / 'tools' / 'quickstart'
        script.parent.mkdir(exist_ok=True)
        script.write_text('\n'.join(['#!/bin/sh', *lines, '']))
        script.chmod(0o755)
        return tempest.run(
            self.top,
            'tempest',
            'api',
            filters,
            log=self.top / 'log',
            deadline=time.monotonic() + 60,
        )

    def _write(self, content):
        return f"echo '{json.dumps(content)}' > {self.results}"

    def test_counts_and_leaks_are_read(self):
        found = self._run(self._write(RESULTS), 'exit 1')
        self.assertEqual((2, 1), (found.passed, found.skipped))
        self.assertEqual(['c', 'netns x'], found.failed)

    def test_all_well(self):
        well = {**RESULTS, 'failed': {}, 'leaks': []}
        self.assertEqual([], self._run(self._write(well)).failed)

    def test_a_run_that_breaks_off_does_not_show_the_last_one(self):
        self.results.write_text(json.dumps(RESULTS))
        found = self._run('echo the cloud is down', 'exit 3')
        self.assertEqual(
            ['tools/quickstart tempest ended with 3: the cloud is down'],
            found.failed,
        )
        self.assertEqual(0, found.passed)

    def test_filters_that_leave_nothing_are_no_failure(self):
        lines = ('echo "No test matches $2."', 'exit 1')
        self.assertEqual([], self._run(*lines, filters=['x', 'y']).failed)
        self.assertIn('(?=.*(?:x|y))api', (self.top / 'log').read_text())
        self.assertEqual(1, len(self._run(*lines).failed))
