"""The host: what the kernel's files say."""

import os
import pathlib

import fixtures
import testtools

from novadocker.inventory import host

MOUNTS = """\
/dev/vda / ext4 rw,relatime 0 0
/dev/vdb /var/lib/docker xfs rw,prjquota 0 0
/dev/vdc /srv xfs rw,noquota 0 0
"""
QUOTA = [
    ('overlay2', '/var/lib/docker', True),
    ('overlay2', '/var/lib/docker/sub', True),
    ('overlay2', '/var/lib/dockerish', False),
    ('overlay2', '/srv/docker', False),
    ('overlay2', '/opt', False),
    ('btrfs', '/opt', True),
    ('zfs', '/opt', True),
    ('vfs', '/var/lib/docker', False),
]


class HostTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.dir = self.useFixture(fixtures.TempDir()).path

    def _file(self, text):
        path = pathlib.Path(self.dir, 'file')
        path.write_text(text)
        return str(path)

    def test_disk_quota_needs_storage_that_can(self):
        mounts = self._file(MOUNTS)
        for driver, root_dir, expected in QUOTA:
            with self.subTest(driver=driver, root_dir=root_dir):
                found = host.has_disk_quota(driver, root_dir, mounts)
                self.assertIs(expected, found)

    def test_free_memory(self):
        meminfo = self._file('MemTotal: 10 kB\nMemAvailable: 3 kB\n')
        self.assertEqual(3072, host.memory_free_bytes(meminfo))

    def test_kernel_that_does_not_say_has_none_free(self):
        self.assertEqual(0, host.memory_free_bytes(self._file('')))

    def test_disk_of_a_folder_that_does_not_exist_yet(self):
        inside = host.disk_bytes(self.dir + '/not/there')
        self.assertEqual(host.disk_bytes(self.dir)[0], inside[0])

    def test_words_of_the_first_cpu(self):
        path = os.path.join(self.dir, 'cpuinfo')
        for label in ('flags\t\t', 'Features\t'):
            text = f'processor\t: 0\n{label}: fp aes\n\n{label}: fp\n'
            pathlib.Path(path).write_text(text)
            self.assertEqual({'fp', 'aes'}, host.cpu_words(path))

    def test_kernel_that_says_nothing_of_its_cpus(self):
        path = os.path.join(self.dir, 'cpuinfo')
        pathlib.Path(path).write_text('processor\t: 0\ncpu\t\t: POWER9\n')
        self.assertEqual(frozenset(), host.cpu_words(path))

    def test_uptime_is_the_line_that_nova_shows(self):
        self.assertIn('load average', host.uptime())
