"""A process is asked to end, then made to; and only a container's own."""

import signal
import subprocess
from unittest import mock

import fixtures
import testtools

from novadocker import exception
from novadocker.console import hangup

_ID = 'f' * 64
# Echoes, so that it can be seen that the trap is set.
_DEAF = "trap '' HUP; echo set; cat"


class HangupTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        # Whoever runs the tests may be one that nohup(1) has started.
        before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
        self.addCleanup(signal.signal, signal.SIGHUP, before)
        self.signals = []
        self.refuses = False
        for name, number in (
            ('hang_up', signal.SIGHUP),
            ('kill', signal.SIGKILL),
        ):
            patcher = mock.patch(
                f'novadocker.privsep.terminal.{name}',
                side_effect=self._signalling(number),
            )
            patcher.start()
            self.addCleanup(patcher.stop)

    def _signalling(self, number):
        def deed(container_id, pid):
            if self.refuses:
                raise exception.ProcessRefused(pid=pid, reason='a test')
            self.signals.append(number)
            if self.process:
                self.process.send_signal(number)

        return deed

    def _start(self, *command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.addCleanup(self.process.wait, 60)
        for each in (self.process.stdin, self.process.stdout):
            self.addCleanup(each.close)
        return self.process.pid

    def test_process_that_listens(self):
        pid = self._start('cat')
        self.assertTrue(hangup.end(_ID, pid, hang_up_s=20))
        self.assertEqual([signal.SIGHUP], self.signals)
        self.assertEqual(-signal.SIGHUP, self.process.wait(60))

    def test_process_that_does_not_listen(self):
        pid = self._start('sh', '-c', _DEAF)
        self.process.stdout.readline()
        self.assertTrue(hangup.end(_ID, pid, hang_up_s=0.01, kill_s=20))
        self.assertEqual([signal.SIGHUP, signal.SIGKILL], self.signals)

    def test_process_that_is_frozen(self):
        pid = self._start('cat')
        process, self.process = self.process, None
        self.assertFalse(hangup.end(_ID, pid, hang_up_s=0, kill_s=0))
        self.assertIn('has not ended yet', self.log.output)
        self.assertIsNone(process.poll())

    def test_process_that_has_gone(self):
        self.assertTrue(hangup.end(_ID, 2**22))
        self.assertEqual([], self.signals)

    def test_process_of_somebody_else(self):
        pid = self._start('cat')
        self.refuses = True
        self.assertTrue(hangup.end(_ID, pid))
        self.assertIsNone(self.process.poll())
