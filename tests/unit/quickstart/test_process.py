"""Commands, and whose process is whose."""

import os
import pathlib
import pwd
import signal
import subprocess
from unittest import mock

import fixtures
import testtools

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process

HOME = home_module.Home(pathlib.Path('/srv/cloud'))
OTHER = home_module.Home(pathlib.Path('/srv/cloud-2'))


class OwnedPidsTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.proc = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (self.proc / 'self').mkdir()

    def _add(self, pid, *command, environ=b''):
        folder = self.proc / str(pid)
        folder.mkdir()
        (folder / 'environ').write_bytes(environ)
        (folder / 'cmdline').write_bytes('\0'.join(command).encode() + b'\0')

    def _owned(self, home=HOME):
        return sorted(process.owned_pids(home, self.proc))

    def test_environment_tells(self):
        self._add(1, 'mariadbd', environ=b'A=b\0NOVA_DOCKER_OWNER=/srv/cloud')
        self.assertEqual([1], self._owned())
        self.assertEqual([], self._owned(OTHER))

    def test_title_over_the_environment(self):
        title = 'nova-conductor: master [/v/bin/x --config-file={}/etc/n]'
        self._add(1, title.format('/srv/cloud'))
        self._add(2, title.format('/srv/cloud-2'))
        self.assertEqual([1], self._owned())

    def test_what_sudo_started(self):
        self._add(1, 'privsep-helper', '--config-file', '/srv/cloud/etc/n')
        self.assertEqual([1], self._owned())

    def test_process_of_a_node_is_of_its_cloud_too(self):
        config = '/srv/cloud/nodes/node2/etc/nova/nova-compute.conf'
        self._add(1, 'nova-compute', f'--config-file={config}')
        self.assertEqual([1], self._owned())
        self.assertEqual([1], self._owned(HOME.of_node('node2')))
        self.assertEqual([], self._owned(HOME.of_node('node3')))

    def test_who_looks_at_our_files_is_left_alone(self):
        self._add(1, 'vi', '/srv/cloud/etc/nova/nova.conf')
        self.assertEqual([], self._owned())

    def test_process_that_ended_meanwhile(self):
        (self.proc / '1').mkdir()
        self.assertEqual([], self._owned())


class RunTestCase(testtools.TestCase):
    def test_output(self):
        self.assertEqual('a\n', process.run(['echo', 'a']))

    def test_failure_names_command_code_and_last_words(self):
        error = self.assertRaises(
            exception.OperationFailed,
            process.run,
            ['sh', '-c', 'echo why >&2; exit 5'],
        )
        self.assertIn('ended with code 5\nwhy', str(error))

    def test_command_that_is_not_there(self):
        error = self.assertRaises(
            exception.OperationFailed, process.run, ['no-such-program']
        )
        self.assertEqual('no-such-program: not found', str(error))

    def test_another_user_starts_where_everybody_may_be(self):
        done = subprocess.CompletedProcess([], 0, stdout='')
        name = pwd.getpwuid(os.getuid()).pw_name
        with mock.patch('subprocess.run', autospec=True) as run:
            run.return_value = done
            process.run(['true'], user=name)
            process.run(['true'])
        folders = [call.kwargs['cwd'] for call in run.call_args_list]
        self.assertEqual(['/', None], folders)


class EndTestCase(testtools.TestCase):
    def _start(self, *command):
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.addCleanup(child.stdout.close)
        return child

    def test_polite_word_is_enough(self):
        child = self._start('sleep', '60')
        process.end([child.pid])
        self.assertFalse(process.is_alive(child.pid))
        self.assertEqual(-signal.SIGTERM, child.wait())

    def test_who_does_not_listen_is_gone_too(self):
        child = self._start(
            'sh', '-c', "trap '' TERM; echo on; while :; do sleep 60; done"
        )
        child.stdout.readline()
        process.end([child.pid], timeout_s=0.01)
        self.assertEqual(-signal.SIGKILL, child.wait())

    def test_who_has_ended_already(self):
        child = self._start('true')
        child.wait()
        process.end([child.pid])
        self.assertFalse(process.is_alive(child.pid))


class WaitTestCase(testtools.TestCase):
    def test_it_ends_when_it_comes_true(self):
        answers = [False, True]
        self.patch(process, '_POLL_S', 0)
        process.wait_until(lambda: answers.pop(0), 60, 'it')
        self.assertEqual([], answers)

    def test_what_never_comes_true_is_named(self):
        err = self.assertRaises(
            exception.OperationFailed,
            process.wait_until,
            lambda: False,
            0,
            'the sun rises',
        )
        self.assertIn('the sun rises: not within 0 s', str(err))


class LogTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.log = folder / 'it.log'

    def test_failure_names_the_log_and_its_last_lines(self):
        err = self.assertRaises(
            exception.OperationFailed,
            process.run,
            ['sh', '-c', 'seq 20; exit 3'],
            log=self.log,
        )
        self.assertIn(f'log: {self.log}', str(err))
        self.assertTrue(str(err).endswith('\n19\n20'))
        self.assertNotIn('\n8\n', str(err))

    def test_output_goes_there_and_nowhere_else(self):
        self.assertEqual('', process.run(['echo', 'a'], log=self.log))
        self.assertEqual('a\n', self.log.read_text())

    def test_no_log_no_lines(self):
        self.assertEqual('', process.tail(self.log))

    def test_success_is_told_from_failure(self):
        self.assertTrue(process.succeeds(['true']))
        self.assertFalse(process.succeeds(['false']))
        self.assertFalse(process.succeeds(['no-such-program']))


class DescendantsTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.proc = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (self.proc / 'self').mkdir()

    def _add(self, pid, parent, name='sh'):
        (self.proc / str(pid)).mkdir()
        (self.proc / str(pid) / 'stat').write_text(
            f'{pid} ({name}) S {parent} 1 1 0'
        )

    def test_children_of_children_count(self):
        for pid, parent in ((2, 1), (3, 2), (4, 3), (5, 1)):
            self._add(pid, parent, name='a) (b')
        (self.proc / '6').mkdir()
        self.assertEqual([3, 4], process.descendants([2], self.proc))
        self.assertEqual([], process.descendants([4], self.proc))
