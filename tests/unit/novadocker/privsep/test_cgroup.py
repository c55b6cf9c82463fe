"""Memory: taken from the group of the container, and from no other."""

import errno
import pathlib
from unittest import mock

import fixtures
import testtools

from novadocker import exception
import novadocker.privsep
from novadocker.privsep import cgroup
from tests.fixtures import netns

_ID = '0123456789abcdef' * 4
_PID = 77


class ReclaimTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(netns.InProcess(novadocker.privsep.net))
        top = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.proc, self.root = top / 'proc', top / 'cgroup'
        (self.proc / str(_PID)).mkdir(parents=True)
        self.patch(cgroup, '_PROC', self.proc)
        self.patch(cgroup, '_ROOT', self.root)

    def _member_of(self, *lines):
        text = ''.join(f'{line}\n' for line in lines)
        (self.proc / str(_PID) / 'cgroup').write_text(text)

    def _group(self, path, **files):
        folder = self.root / path
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / f'memory.{name}').write_text(text)
        return folder

    def _assert_refused(self, sentence):
        error = self.assertRaises(
            exception.MemoryNotReclaimed, cgroup.reclaim, _ID, _PID
        )
        self.assertIn(sentence, str(error))

    def test_all_that_is_used_with_version_2(self):
        for path in (f'docker/{_ID}', f'system.slice/docker-{_ID}.scope'):
            with self.subTest(path):
                self._member_of(f'0::/{path}')
                group = self._group(path, current='4096\n', reclaim='')
                cgroup.reclaim(_ID, _PID)
                found = (group / 'memory.reclaim').read_text()
                self.assertEqual('4096\n', found)

    def test_all_that_is_used_with_version_1(self):
        path = f'docker/{_ID}'
        self._member_of(
            f'5:cpu,cpuacct:/{path}', f'4:memory:/{path}', f'0::/{path}'
        )
        group = self._group(f'memory/{path}', force_empty='')
        cgroup.reclaim(_ID, _PID)
        self.assertEqual('0', (group / 'memory.force_empty').read_text())

    def test_group_of_another_is_refused(self):
        for lines in (
            ['0::/'],
            ['0::/system.slice/sshd.service'],
            [f'0::/docker/{"f" * 64}'],
            [f'0::/docker/{_ID}/init.scope'],
            [f'0::/../{_ID}'],
            [f'4:memory:/init.scope/{_ID[:12]}', f'0::/docker/{_ID}'],
            ['1:name=systemd:/'],
        ):
            with self.subTest(lines):
                self._member_of(*lines)
                self._assert_refused('is not of it')

    def test_process_that_has_ended(self):
        self._assert_refused('No such file')

    def test_kernel_that_cannot(self):
        self._member_of(f'0::/docker/{_ID}')
        self._group(f'docker/{_ID}')
        self._assert_refused('memory.current')

    def test_what_the_kernel_could_not_take_is_no_failure(self):
        self._member_of(f'0::/docker/{_ID}')
        self._group(f'docker/{_ID}', current='4096\n', reclaim='')
        for number in (errno.EAGAIN, errno.EBUSY):
            with mock.patch.object(
                pathlib.Path,
                'write_text',
                autospec=True,
                side_effect=OSError(number, 'x'),
            ):
                cgroup.reclaim(_ID, _PID)
