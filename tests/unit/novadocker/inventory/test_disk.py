"""Which disk: by the mount of the engine's folder and the kernel's tree."""

import dataclasses
import pathlib

import fixtures
import testtools

from novadocker import model
from novadocker.inventory import disk
from tests.fixtures import fake_engine

MOUNTS = """\
22 1 253:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:25 / /var rw,relatime - btrfs /dev/vdb rw
31 22 254:0 / /srv rw,relatime - xfs /dev/mapper/srv rw
32 22 254:9 / /gone rw,relatime - xfs /dev/gone rw
33 22 254:8 / /nameless rw,relatime - xfs /dev/nameless rw
34 22 253:1 /data /srv/docker/on-root rw,relatime - ext4 /dev/vda1 rw
"""


class HostDiskTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (self.folder / 'mountinfo').write_text(MOUNTS)
        (self.folder / 'block').mkdir()
        self._device('devices/vda', '253:0', 'DEVNAME=vda')
        self._device('devices/vda/vda1', '253:1', 'DEVNAME=vda1')
        (self.folder / 'devices/vda/vda1/partition').write_text('1')
        self._device('devices/dm-0', '254:0', 'MAJOR=254\nDEVNAME=dm-0')
        self._device('devices/dm-8', '254:8', 'MAJOR=254')

    def _device(self, path, number, uevent):
        (self.folder / path).mkdir(parents=True)
        (self.folder / path / 'uevent').write_text(uevent + '\n')
        (self.folder / 'block' / number).symlink_to(self.folder / path)

    def _found(self, root_dir, **changes):
        info = dataclasses.replace(
            fake_engine.INFO, root_dir=root_dir, **changes
        )
        return disk.host_disk(
            info,
            mountinfo=str(self.folder / 'mountinfo'),
            sys_dir=str(self.folder / 'block'),
        )

    def test_disks(self):
        for root_dir, device in (
            ('/opt/docker', '/dev/vda'),
            ('/srv', '/dev/dm-0'),
            ('/srv/docker', '/dev/dm-0'),
            ('/srv/docker/on-root', '/dev/vda'),
        ):
            with self.subTest(root_dir):
                self.assertEqual(
                    model.HostDisk(device, limits_writes=False),
                    self._found(root_dir),
                )

    def test_places_that_nobody_limits(self):
        for root_dir in ('/var/lib/docker', '/gone', '/nameless'):
            with self.subTest(root_dir):
                self.assertIsNone(self._found(root_dir))
        self.assertIsNone(self._found('/srv', storage_driver='vfs'))

    def test_cgroup_2_knows_who_writes(self):
        self.assertTrue(self._found('/srv', cgroup_version=2).limits_writes)
