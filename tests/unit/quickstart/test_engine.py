"""What an engine that was killed leaves."""

import pathlib

import fixtures
import testtools

from deploy.quickstart import engine
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process


class EngineTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder / 'home')
        self.cgroups = folder / 'cgroup'
        self.pids = {}

    def _cgroup(self, name, pids=None):
        folder = self.cgroups / name
        folder.mkdir(parents=True, exist_ok=True)
        if pids is not None:
            # The kernel's files do not keep a folder from going; these do.
            self.pids[str(folder / 'cgroup.procs')] = pids
        return folder

    def _end(self):
        def read_text(path):
            if str(path) not in self.pids:
                raise FileNotFoundError(path)
            return self.pids[str(path)]

        ended = []
        self.patch(process, 'end', ended.append)
        self.useFixture(
            fixtures.MonkeyPatch('pathlib.Path.read_text', read_text)
        )
        engine.end_containers(self.cgroups)
        return ended

    def test_only_our_containers_end_and_leave_no_cgroup(self):
        self._cgroup('memory/novadocker.slice/c', '7\n8\n')
        self._cgroup('memory/novadocker.slice/c/init.scope', '9\n')
        self._cgroup('pids/novadocker.slice/c')
        self._cgroup('memory/docker/c', '10\n')
        self.assertEqual([{7, 8, 9}], self._end())
        left = [str(path) for path in self.cgroups.rglob('*')]
        self.assertEqual([], [it for it in left if 'novadocker' in it])
        self.assertTrue((self.cgroups / 'memory/docker/c').exists())

    def test_cgroup_in_use_stays(self):
        folder = self._cgroup('novadocker.slice/c')
        (folder / 'busy').touch()
        self._end()
        self.assertTrue(folder.exists())

    def test_no_cgroups_of_ours(self):
        self.assertEqual([set()], self._end())

    def test_slice_is_named_and_a_path_is_absolute(self):
        for is_systemd, name in (
            (True, 'novadocker.slice'),
            (False, '/novadocker.slice'),
        ):
            self.patch(pathlib.Path, 'exists', lambda path, it=is_systemd: it)
            self.assertEqual(name, engine.cgroup_parent())

    def _docker(self, answers):
        self.asked = []

        def run(command, env, stdin):
            self.assertEqual('', stdin)
            self.asked.append(command[1:])
            answer = answers[command[1]]
            if answer is None:
                raise exception.OperationFailed
            return answer

        self.patch(process, 'run', run)

    def test_all_that_runs_is_killed(self):
        self._docker({'ps': 'c1\nc2\n', 'kill': ''})
        engine.kill_all(self.home)
        self.assertEqual(['kill', 'c1', 'c2'], self.asked[-1])

    def test_nothing_to_kill(self):
        self._docker({'ps': ''})
        engine.kill_all(self.home)
        self.assertEqual(1, len(self.asked))

    def test_engine_that_is_down_has_nothing_to_kill(self):
        self._docker({'ps': None})
        engine.kill_all(self.home)

    def test_containers_and_images_are_read(self):
        self._docker(
            {
                'ps': '{"id":"c","name":"n","state":"running"}\n',
                'images': 'a:latest\n<none>:<none>\n',
            }
        )
        self.assertEqual(
            [{'id': 'c', 'name': 'n', 'state': 'running'}],
            engine.containers(self.home),
        )
        self.assertEqual(
            ['a:latest', '<none>:<none>'], engine.images(self.home)
        )

    def test_sockets_and_pid_files_of_a_dead_engine_go(self):
        for name in ('docker/docker.sock', 'containerd/containerd.sock'):
            path = self.home.run / name
            path.parent.mkdir(parents=True)
            path.touch()
        (self.home.run / 'docker/exec/libnetwork').mkdir(parents=True)
        engine.clear_run(self.home)
        engine.clear_run(self.home)
        left = [path for path in self.home.run.rglob('*') if path.is_file()]
        self.assertEqual([], left)
        self.assertFalse((self.home.run / 'docker/exec').exists())
