"""nova-runtime below a real dockerd, with the real runc."""

import json
import os
import pathlib
import subprocess

import docker
import testtools

import novadocker.privsep
from novadocker.privsep import netns as privsep_netns
from novadocker.privsep import runtime_map
from novadocker.runtime import wrapper
from tests.fixtures import dockerd
from tests.fixtures import netns

_LIVE = ['sleep', 'infinity']


def _namespace_of(pid):
    return os.stat(f'/proc/{pid}/ns/net').st_ino


class RuntimeTestCase(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dockerd = dockerd.for_class(cls)
        cls.dockerd.load_image()

    def setUp(self):
        super().setUp()
        self.useFixture(netns.InProcess(novadocker.privsep.net))
        self.client = self.dockerd.client

    def create(self, command=_LIVE, runtime=dockerd.RUNTIME):
        created = self.client.create_container_from_config(
            {
                'Image': dockerd.IMAGE,
                'Cmd': command,
                'NetworkDisabled': True,
                'HostConfig': {'Runtime': runtime, 'NetworkMode': 'none'},
            }
        )
        self.addCleanup(
            self.client.remove_container, created['Id'], force=True
        )
        return created['Id']

    def map(self, container_id):
        namespace = self.useFixture(netns.Namespace())
        runtime_map.write(self.dockerd.map_dir, container_id, namespace.name)
        return namespace

    def started(self, command=_LIVE):
        container_id = self.create(command)
        namespace = self.map(container_id)
        self.client.start(container_id)
        return container_id, namespace

    def state(self, container_id):
        return self.client.inspect_container(container_id)['State']

    def assert_refused(self, container_id, sentence):
        err = self.assertRaises(
            docker.errors.APIError, self.client.start, container_id
        )
        self.assertIn('nova-runtime: ', err.explanation)
        self.assertIn(sentence, err.explanation)
        state = self.state(container_id)
        self.assertFalse(state['Running'])
        # 126 and 127 would blame the container's command.
        self.assertEqual(128, state['ExitCode'])


@dockerd.needs_dockerd
class StartTest(RuntimeTestCase):
    def test_container_runs_in_the_prepared_namespace(self):
        container_id, namespace = self.started()
        pid = self.state(container_id)['Pid']
        self.assertEqual(
            os.stat(f'/run/netns/{namespace.name}').st_ino, _namespace_of(pid)
        )

    def test_first_instruction_sees_the_device(self):
        container_id = self.create(['ls', '/sys/class/net'])
        namespace = self.map(container_id)
        subprocess.run(
            [
                *('ip', '-n', namespace.name, 'link', 'add', 'eth0'),
                *('type', 'veth', 'peer', 'name', 'other0'),
            ],
            check=True,
        )
        self.client.start(container_id)
        self.client.wait(container_id, timeout=60)
        devices = self.client.logs(container_id).split()
        self.assertIn(b'eth0', devices)

    def test_container_of_another_runtime_is_left_alone(self):
        container_id = self.create(runtime='runc')
        namespace = self.map(container_id)
        self.client.start(container_id)
        self.assertNotEqual(
            os.stat(f'/run/netns/{namespace.name}').st_ino,
            _namespace_of(self.state(container_id)['Pid']),
        )

    def test_ignored_signals_are_not_inherited(self):
        container_id, _ = self.started(['cat', '/proc/self/status'])
        self.client.wait(container_id, timeout=60)
        status = self.client.logs(container_id).decode()
        (ignored,) = (
            line.split()[1]
            for line in status.splitlines()
            if line.startswith('SigIgn:')
        )
        self.assertEqual(0, int(ignored, 16))

    def test_exec_pause_unpause_stop_and_start_pass(self):
        container_id, _ = self.started()
        command = self.client.exec_create(container_id, ['echo', 'inside'])
        self.assertEqual(b'inside\n', self.client.exec_start(command['Id']))
        self.client.pause(container_id)
        self.assertTrue(self.state(container_id)['Paused'])
        self.client.unpause(container_id)
        self.client.stop(container_id, timeout=0)
        self.client.start(container_id)
        self.assertTrue(self.state(container_id)['Running'])


@dockerd.needs_dockerd
class RefusalTest(RuntimeTestCase):
    def _entry(self, container_id, text):
        path = pathlib.Path(self.dockerd.map_dir, container_id)
        path.write_text(text)
        self.addCleanup(path.unlink, missing_ok=True)
        return path

    def test_without_an_entry(self):
        self.assert_refused(self.create(), 'no network namespace is prepared')

    def test_without_a_map(self):
        container_id = self.create()
        map_dir = self.dockerd.map_dir
        os.rename(map_dir, f'{map_dir}.away')
        self.addCleanup(os.rename, f'{map_dir}.away', map_dir)
        self.assert_refused(container_id, 'no network namespace is prepared')

    def test_map_that_others_may_read(self):
        container_id = self.create()
        self.map(container_id)
        os.chmod(self.dockerd.map_dir, 0o755)
        self.addCleanup(os.chmod, self.dockerd.map_dir, 0o700)
        self.assert_refused(container_id, 'not owned by root with mode 0700')

    def test_map_of_another_owner(self):
        container_id = self.create()
        self.map(container_id)
        os.chown(self.dockerd.map_dir, 65534, 0)
        self.addCleanup(os.chown, self.dockerd.map_dir, 0, 0)
        self.assert_refused(container_id, 'not owned by root with mode 0700')

    def test_map_that_is_a_link(self):
        container_id = self.create()
        self.map(container_id)
        map_dir = self.dockerd.map_dir
        os.rename(map_dir, f'{map_dir}.real')
        os.symlink(f'{map_dir}.real', map_dir)
        self.addCleanup(os.rename, f'{map_dir}.real', map_dir)
        self.addCleanup(os.unlink, map_dir)
        self.assert_refused(container_id, 'no network namespace is prepared')

    def test_entry_that_is_a_link(self):
        container_id = self.create()
        real = self._entry('real', f'v1 {self._pinned()}\n')
        link = real.with_name(container_id)
        link.symlink_to(real)
        self.addCleanup(link.unlink)
        self.assert_refused(container_id, 'no network namespace is prepared')

    def test_entry_that_is_a_folder(self):
        container_id = self.create()
        path = pathlib.Path(self.dockerd.map_dir, container_id)
        path.mkdir()
        self.addCleanup(path.rmdir)
        self.assert_refused(container_id, 'is no file of root alone')

    def test_entry_that_is_a_pipe(self):
        container_id = self.create()
        path = pathlib.Path(self.dockerd.map_dir, container_id)
        os.mkfifo(path)
        self.addCleanup(path.unlink)
        self.assert_refused(container_id, 'is no file of root alone')

    def test_entry_of_another_owner(self):
        container_id = self.create()
        os.chown(self._entry(container_id, f'v1 {self._pinned()}\n'), 65534, 0)
        self.assert_refused(container_id, 'is no file of root alone')

    def test_entry_that_others_may_write(self):
        container_id = self.create()
        os.chmod(self._entry(container_id, f'v1 {self._pinned()}\n'), 0o666)
        self.assert_refused(container_id, 'is no file of root alone')

    def test_entry_of_another_version(self):
        container_id = self.create()
        self._entry(container_id, f'v3 {self._pinned()}\n')
        self.assert_refused(container_id, 'is of no version known here')

    def test_entry_that_rescues_nothing(self):
        container_id = self.create()
        for rescued in ('', 'f' * 63, 'F' * 64, f'{"f" * 64} x'):
            self._entry(container_id, f'v2 {self._pinned()} {rescued}\n')
            self.assert_refused(container_id, 'rescues no container')

    def test_rescue_of_what_is_not_there(self):
        container_id = self.create()
        self._entry(container_id, f'v2 {self._pinned()} {"f" * 64}\n')
        self.assert_refused(container_id, 'FileNotFoundError')

    def test_rescue_of_another_instance(self):
        container_id, other = self.create(), self.create()
        self._entry(container_id, f'v2 {self._pinned()} {other}\n')
        self.assert_refused(container_id, 'is not the container /nova-')

    def test_entry_that_names_something_else(self):
        container_id = self.create()
        for path in (
            '/proc/1/ns/net',
            '/run/netns/other',
            '/run/netns/nova-../../../proc/self/ns/net',
            f'{self._pinned()} ',
            '',
        ):
            entry = pathlib.Path(self.dockerd.map_dir, container_id)
            entry.write_text(f'v1 {path}\n')
            self.assert_refused(container_id, 'names no namespace of Nova')
        entry.unlink()

    def test_entry_with_a_second_line_that_is_no_volume(self):
        container_id = self.create()
        entry = pathlib.Path(self.dockerd.map_dir, container_id)
        for line in (
            f'v1 {self._pinned()}',
            'volume rw ext4 /etc/shadow /data',
            'volume rw proc /dev/loop0 /data',
            'volume rw ext4 /dev/loop0 data',
        ):
            entry.write_text(f'v1 {self._pinned()}\n{line}\n')
            self.assert_refused(container_id, 'a volume that is not known')
        entry.unlink()

    def test_namespace_that_is_gone(self):
        container_id = self.create()
        namespace = self.map(container_id)
        privsep_netns.delete(namespace.name)
        self.assert_refused(container_id, 'is missing')

    def test_plain_file_in_place_of_the_namespace(self):
        container_id = self.create()
        namespace = self.useFixture(netns.Namespace(made=False))
        runtime_map.write(self.dockerd.map_dir, container_id, namespace.name)
        path = pathlib.Path('/run/netns', namespace.name)
        path.touch()
        self.assert_refused(container_id, 'is not a network namespace')

    def test_link_in_place_of_the_namespace(self):
        container_id = self.create()
        namespace = self.useFixture(netns.Namespace(made=False))
        runtime_map.write(self.dockerd.map_dir, container_id, namespace.name)
        path = pathlib.Path('/run/netns', namespace.name)
        path.symlink_to(self._pinned())
        self.addCleanup(path.unlink)
        self.assert_refused(container_id, 'is not a network namespace')

    def test_namespace_of_the_host(self):
        container_id = self.create()
        namespace = self.map(container_id)
        path = f'/run/netns/{namespace.name}'
        subprocess.run(['umount', path], check=True)
        subprocess.run(
            ['mount', '--bind', '/proc/self/ns/net', path], check=True
        )
        self.assert_refused(container_id, "the host's own")

    def test_container_with_a_network_of_the_engine(self):
        created = self.client.create_container_from_config(
            {
                'Image': dockerd.IMAGE,
                'HostConfig': {'Runtime': 'nova', 'NetworkMode': 'host'},
            }
        )
        container_id = created['Id']
        self.addCleanup(self.client.remove_container, container_id, force=True)
        self.map(container_id)
        self.assert_refused(container_id, 'asked the engine for a network')

    def test_refused_container_starts_once_it_is_mapped(self):
        container_id = self.create()
        self.assert_refused(container_id, 'no network namespace is prepared')
        self.map(container_id)
        self.client.start(container_id)
        self.assertTrue(self.state(container_id)['Running'])

    def _pinned(self):
        return f'/run/netns/{self.useFixture(netns.Namespace()).name}'


@dockerd.needs_dockerd
class CommandTest(RuntimeTestCase):
    def _run(self, *words):
        return subprocess.run(
            [self.dockerd.runtime_path, *words],
            capture_output=True,
            text=True,
            check=False,
        )

    def test_probes_are_answered_by_runc(self):
        result = self._run('--version')
        self.assertEqual(0, result.returncode)
        self.assertIn('runc version', result.stdout)

    def test_run_and_restore_are_refused(self):
        log = self.dockerd.path / 'refused.json'
        for command in ('run', 'restore'):
            result = self._run(
                *(f'--log={log}', '--log-format', 'json'), command, 'a' * 64
            )
            self.assertEqual(1, result.returncode)
            line = json.loads(log.read_text().splitlines()[-1])
            self.assertEqual('error', line['level'])
            self.assertIn(f'"{command}" is not used', line['msg'])
            self.assertIn(line['msg'], result.stderr)

    def test_source_is_what_is_installed(self):
        installed = pathlib.Path(self.dockerd.runtime_path).read_bytes()
        source = pathlib.Path(wrapper.__file__).read_bytes()
        self.assertEqual(source, installed)


@dockerd.needs_dockerd
class RestartTest(RuntimeTestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self._revive)

    def _revive(self):
        if not self.dockerd.is_running:
            self.dockerd.start()

    def test_container_outlives_the_death_of_the_engine(self):
        container_id, namespace = self.started()
        pid = self.state(container_id)['Pid']
        self.dockerd.kill()
        self.dockerd.start()
        self.assertEqual(pid, self.state(container_id)['Pid'])
        self.client.stop(container_id, timeout=0)
        self.client.start(container_id)
        self.assertEqual(
            os.stat(f'/run/netns/{namespace.name}').st_ino,
            _namespace_of(self.state(container_id)['Pid']),
        )

    def test_container_outlives_a_restart_of_the_engine(self):
        container_id, _ = self.started()
        pid = self.state(container_id)['Pid']
        self.dockerd.stop()
        self.dockerd.start()
        self.assertEqual(pid, self.state(container_id)['Pid'])
        command = self.client.exec_create(container_id, ['true'])
        self.client.exec_start(command['Id'])
        result = self.client.exec_inspect(command['Id'])
        self.assertEqual(0, result['ExitCode'])
