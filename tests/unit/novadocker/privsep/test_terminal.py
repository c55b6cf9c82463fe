"""Only a process of the named container is signalled."""

import os
import pathlib
import signal
import subprocess
from unittest import mock

import fixtures
import testtools

from novadocker import exception
import novadocker.privsep
from novadocker.privsep import process
from novadocker.privsep import terminal
from tests.fixtures import netns

_ID = '0123456789abcdef' * 4
_OTHER = 'f' * 64


class TerminalTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(netns.InProcess(novadocker.privsep.net))
        self.proc = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.patch(process, '_PROC', self.proc)
        # Whoever runs the tests may be one that nohup(1) has started.
        before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
        self.addCleanup(signal.signal, signal.SIGHUP, before)
        self.process = subprocess.Popen(
            ['cat'], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        self.addCleanup(self.process.wait, 60)
        self.addCleanup(self.process.stdin.close)
        self.pid = self.process.pid

    def _put_into(self, path):
        folder = self.proc / str(self.pid)
        folder.mkdir(exist_ok=True)
        (folder / 'cgroup').write_text(f'9:pids:/x\n0::{path}\n')

    def test_process_of_the_container(self):
        for path in (
            f'/docker/{_ID}',
            f'/novadocker.slice/{_ID}',
            f'/system.slice/docker-{_ID}.scope',
            f'/docker/{_ID}/of/its/own',
        ):
            self._put_into(path)
            with mock.patch.object(
                signal, 'pidfd_send_signal', autospec=True
            ) as sent:
                terminal.hang_up(_ID, self.pid)
                terminal.kill(_ID, self.pid)
            self.assertEqual(
                [signal.SIGHUP, signal.SIGKILL],
                [call.args[1] for call in sent.call_args_list],
                path,
            )

    def test_signal_arrives(self):
        self._put_into(f'/docker/{_ID}')
        terminal.hang_up(_ID, self.pid)
        self.assertEqual(-signal.SIGHUP, self.process.wait(60))

    def test_process_of_another(self):
        for path in (
            *('/', '/docker', f'/docker/{_OTHER}', f'/docker/{_ID[:12]}'),
            *(f'/docker/x{_ID}', f'/docker/docker-{_ID}', '/user.slice'),
        ):
            self._put_into(path)
            for deed in (terminal.hang_up, terminal.kill):
                error = self.assertRaises(
                    exception.ProcessRefused, deed, _ID, self.pid
                )
                self.assertIn('it is not of container', str(error))
        self.assertIsNone(self.process.poll())

    def test_process_that_has_gone(self):
        # The last there can be: nobody's.
        terminal.kill(_ID, 2**22)
        self._put_into(f'/docker/{_ID}')
        with mock.patch.object(
            signal,
            'pidfd_send_signal',
            autospec=True,
            side_effect=ProcessLookupError,
        ):
            terminal.kill(_ID, self.pid)

    def test_process_that_goes_while_it_is_looked_at(self):
        self.assertRaises(
            exception.ProcessRefused, terminal.kill, _ID, self.pid
        )

    def test_no_descriptor_is_left(self):
        before = os.listdir('/proc/self/fd')
        self._put_into('/docker')
        self.assertRaises(
            exception.ProcessRefused, terminal.kill, _ID, self.pid
        )
        self.assertEqual(len(before), len(os.listdir('/proc/self/fd')))

    def test_what_is_no_process_or_container(self):
        for pid in (0, 1, -1, True, '7', None, 2**22 + 1):
            self.assertRaises(
                exception.ProcessRefused, terminal.kill, _ID, pid
            )
        self.assertRaises(
            exception.MapEntryInvalid, terminal.kill, _ID[:12], self.pid
        )
