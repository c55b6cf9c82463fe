"""stestr and the reader, with a stestr that plays back a stream."""

import datetime
import io
import pathlib
import signal
import sys

import fixtures
import rich.console
import subunit
import testtools
from testtools import content

from deploy.quickstart import home as home_module
from deploy.quickstart.tempest import runner
from deploy.quickstart.tempest import workspace as workspace_module

NAMES = ['a.X.test_one', 'a.X.test_two', 'a.Y.test_three']
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def stream():
    """Make what stestr would write: one passes, one fails, one is lost."""
    buffer = io.BytesIO()
    result = testtools.ExtendedToStreamDecorator(
        subunit.StreamResultToBytes(buffer)
    )
    result.startTestRun()
    for name in NAMES[:2]:
        case = testtools.PlaceHolder(name)
        result.time(NOW)
        result.startTest(case)
        result.time(NOW + datetime.timedelta(seconds=2))
        if name == NAMES[0]:
            result.addSuccess(case)
        else:
            details = {
                'traceback': content.text_content('it broke'),
                'pythonlogging:""': content.text_content('much'),
            }
            result.addFailure(case, details=details)
        result.stopTest(case)
    result.stopTestRun()
    return buffer.getvalue()


class RunnerTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        home = home_module.Home(folder)
        self.workspace = workspace_module.Workspace(home)
        home.log.mkdir()
        programs = self.workspace.venv / 'bin'
        programs.mkdir(parents=True)
        site = self.workspace.venv / 'lib/python3.11/site-packages'
        site.mkdir(parents=True)
        (folder / 'stream').write_bytes(stream())
        self._script('stestr', f'cat {folder}/stream')
        self._script('python', f'exec {sys.executable} "$@"')
        self.out = io.StringIO()
        self.console = rich.console.Console(file=self.out)

    def _script(self, name, line):
        path = self.workspace.venv / 'bin' / name
        path.write_text(f'#!/bin/sh\n{line}\n')
        path.chmod(0o755)

    def _run(self, names):
        return runner.run(self.workspace, names, self.console, concurrency=2)

    def test_each_test_is_heard_of(self):
        found = self._run(NAMES)
        self.assertEqual([NAMES[0]], found.passed)
        self.assertEqual({NAMES[0]: 2.0}, found.seconds)
        self.assertEqual({NAMES[1], NAMES[2]}, set(found.failed))
        self.assertIn('not run', found.failed[NAMES[2]])
        self.assertIn(f'FAIL {NAMES[1]}', self.out.getvalue())
        log = self.workspace.log.read_text()
        self.assertIn('it broke', log)
        self.assertNotIn('much', log)

    def test_progress_is_told(self):
        self.patch(runner, '_PROGRESS_S', -1)
        self._run(NAMES)
        self.assertIn('1 of 3 tests, 0 failed so far', self.out.getvalue())
        self.assertIn('2 of 3 tests, 1 failed so far', self.out.getvalue())

    def test_stestr_that_says_nothing_is_all_failed(self):
        self._script('stestr', 'echo no such test >&2; exit 3')
        self.assertEqual(set(NAMES), set(self._run(NAMES).failed))
        self.assertIn('no such test', self.workspace.log.read_text())

    def test_stestr_ends_with_its_reader(self):
        # Whoever runs the tests may be deaf to it, and a shell stays so.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        self._script('stestr', 'trap "exit 0" INT; while :; do sleep 1; done')
        self._script('python', 'exit 1')
        self.assertEqual(set(NAMES), set(self._run(NAMES).failed))

    def test_stestr_that_hears_nothing_ends_with_its_reader(self):
        self.patch(runner, '_ENDING_S', 0.1)
        self._script('stestr', 'trap "" INT; while :; do sleep 1; done')
        self._script('python', 'exit 1')
        self.assertEqual(set(NAMES), set(self._run(NAMES).failed))

    def test_an_interrupt_keeps_what_was_heard(self):
        heard = runner._read

        def read(*arguments):
            heard(*arguments)
            raise KeyboardInterrupt

        self.patch(runner, '_read', read)
        found = self._run(NAMES)
        self.assertEqual([NAMES[0]], found.passed)
        self.assertIn('not run', found.failed[NAMES[2]])
        self.assertIn('interrupted', self.out.getvalue())

    def test_without_tests_nothing_is_started(self):
        self._script('stestr', 'exit 1')
        self.assertEqual(0, self._run([]).done)
