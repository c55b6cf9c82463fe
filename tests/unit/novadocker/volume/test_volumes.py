"""The tool of the stories: what it asks of the kernel and of os-brick.

What comes of it in a story: tests/unit/novadocker/ops/test_volumes.py.
"""

import testtools

from novadocker import exception
from novadocker import model
from novadocker.volume import request
from novadocker.volume import volumes
from tests.fixtures import fake_disks
from tests.fixtures import fake_engine


class VolumesTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        engine = fake_engine.FakeEngine()
        self.disks = self.useFixture(fake_disks.FakeDisks(engine))
        self.volumes = volumes.Volumes(
            '/run/nova-docker/netns',
            fake_disks.FakeConnector(),
            volumes.Settings(is_enabled=True, filesystem='xfs'),
        )
        self.volume = request.Volume('v', 'iscsi', {}, '/data')

    def test_what_is_mounted_of_a_volume(self):
        for content, filesystem in (('', 'xfs'), ('ext4', 'ext4')):
            self.disks.content['/dev/sdx'] = content
            self.assertEqual(
                model.VolumeMount('/dev/sdx', filesystem, '/data'),
                self.volumes.prepare(self.volume),
            )
        self.assertEqual('/dev/sdx', self.volume.disk)

    def test_no_volumes_are_no_matter(self):
        off = volumes.Volumes(
            '/run/nova-docker/netns',
            fake_disks.FakeConnector(),
            volumes.Settings(is_enabled=False, filesystem='ext4'),
        )
        off.require_enabled([])
        self.assertRaises(
            exception.VolumeRefused, off.require_enabled, [self.volume]
        )
