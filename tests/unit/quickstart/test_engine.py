"""What an engine that was killed leaves."""

import pathlib

import fixtures
import testtools

from deploy.quickstart import engine
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process

OURS = 'a' * 64
THEIRS = 'b' * 64


class EngineTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder / 'home')
        self.cgroups = folder / 'cgroup'

    def _cgroup(self, name, pids=''):
        folder = self.cgroups / name
        folder.mkdir(parents=True)
        # The kernel's files do not keep a folder from going.
        self._pids[str(folder / 'cgroup.procs')] = pids
        return folder

    def _read_text(self):
        def read_text(path):
            if str(path) not in self._pids:
                raise FileNotFoundError(path)
            return self._pids[str(path)]

        return read_text

    def test_only_our_containers_end_and_leave_no_cgroup(self):
        (self.home.data / 'docker/containers' / OURS).mkdir(parents=True)
        self._pids = {}
        self._cgroup(f'memory/docker/{OURS}', '7\n8\n')
        self._cgroup(f'memory/docker/{OURS}/init.scope', '9\n')
        (self.cgroups / f'pids/docker/{OURS}').mkdir(parents=True)
        theirs = self._cgroup(f'memory/docker/{THEIRS}', '10\n')
        self.useFixture(
            fixtures.MonkeyPatch('pathlib.Path.read_text', self._read_text())
        )
        ended = []
        self.patch(process, 'end', ended.append)
        engine.end_containers(self.home, self.cgroups)
        self.assertEqual([{7, 8, 9}], ended)
        self.assertEqual([], list(self.cgroups.rglob(f'*{OURS}*')))
        self.assertTrue(theirs.exists())

    def test_cgroup_in_use_stays(self):
        (self.home.data / 'docker/containers' / OURS).mkdir(parents=True)
        folder = self.cgroups / 'docker' / OURS
        folder.mkdir(parents=True)
        (folder / 'busy').touch()
        engine.end_containers(self.home, self.cgroups)
        self.assertTrue(folder.exists())

    def test_home_without_an_engine(self):
        engine.end_containers(self.home, self.cgroups)

    def _docker(self, answers):
        self.asked = []

        def run(command, env):
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
