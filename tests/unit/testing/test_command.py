"""Programs with a deadline."""

import os
import pathlib
import time

import fixtures
import testtools

from tools.testing import command
from tools.testing import failure


class CommandTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.log = self.folder / 'log'
        self.later = time.monotonic() + 60

    def _run(self, script, deadline=None):
        return command.run(
            ['/bin/sh', '-c', script],
            log=self.log,
            deadline=self.later if deadline is None else deadline,
        )

    def test_the_exit_code_is_returned(self):
        self.assertEqual(3, self._run('exit 3'))

    def test_both_outputs_are_logged(self):
        self._run('echo one; echo two >&2')
        self.assertIn('one\ntwo\n', self.log.read_text())

    def test_there_is_no_input(self):
        self.assertEqual(1, self._run('read line'))

    def test_what_is_late_is_ended_with_its_children(self):
        pid_file = self.folder / 'pid'
        # A signal handler shows that the child could clean up.
        script = f'trap "echo cleaned; exit" INT; echo $$ > {pid_file}; '
        # It has to have come so far by then.
        with_deadline = time.monotonic() + 5
        self.assertRaises(
            failure.LevelTimeout,
            self._run,
            script + 'while :; do sleep 1; done',
            with_deadline,
        )
        pid = int(pid_file.read_text())
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)
        self.assertIn('cleaned', self.log.read_text())

    def test_what_ignores_an_interrupt_is_killed(self):
        self.useFixture(
            fixtures.MonkeyPatch('tools.testing.command.GRACE_S', 1)
        )
        script = 'trap "" INT; echo $$; while :; do sleep 1; done'
        self.assertRaises(
            failure.LevelTimeout, self._run, script, time.monotonic() + 5
        )
        pid = int(command.last_line(self.log))
        self.assertRaises(ProcessLookupError, os.kill, pid, 0)

    def test_check_names_program_code_and_last_words(self):
        raised = self.assertRaises(
            failure.LevelNotRun,
            command.check,
            ['/bin/sh', '-c', 'echo no room; exit 7'],
            log=self.log,
            deadline=self.later,
        )
        self.assertIn('/bin/sh ended with 7: no room', str(raised))

    def test_a_log_that_is_not_there_has_no_last_words(self):
        self.assertEqual(
            'it said nothing', command.last_line(self.folder / 'none')
        )

    def test_private_settings_stay_outside(self):
        for name, value in (
            ('PYTHONPATH', '/checkout'),
            ('DOCKER_HOST', 'tcp://elsewhere'),
            ('PIP_CERT', '/cert'),
        ):
            self.useFixture(fixtures.EnvironmentVariable(name, value))
        env = command.environment(pathlib.Path('/venv'), self.folder)
        self.assertNotIn('PYTHONPATH', env)
        self.assertNotIn('DOCKER_HOST', env)
        self.assertEqual('/cert', env['PIP_CERT'])
        self.assertTrue(env['PATH'].startswith('/venv/bin:/usr/sbin:'))
