"""What the tempest plugin brings, with what it meets in a cloud.

Its client of the registry with the engine itself, and its guest's scripts
behind the web server of busybox.
"""

import pathlib
import shutil
import subprocess
import unittest
import uuid

import fixtures
import testtools

from novadocker_tempest_plugin import guest
from novadocker_tempest_plugin import image
from novadocker_tempest_plugin import registry
from tests.fixtures import netns
from tests.fixtures import ports
from tests.fixtures import registry as registry_fixture
from tests.fixtures import rootfs

_BUSYBOX = shutil.which('busybox')
_NEEDED = ('cat', 'head', 'nc')


@registry_fixture.needs_registry
class RegistryTest(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine = registry_fixture.for_class(cls)

    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        archive = folder / 'image.tar'
        archive.write_bytes(rootfs.archive('shell:latest'))
        self.image = image.extend(
            image.read(archive),
            guest.programs(),
            command=guest.START,
            label=uuid.uuid4().hex,
        )
        self.client = registry.Client(
            self.engine.url, ('somebody', 'secret'), timeout_s=60
        )
        self.repository = f'project/test-{uuid.uuid4().hex}'

    def test_what_was_pushed_is_pulled(self):
        digest = self.client.push(self.repository, 'latest', self.image)
        for reference in ('latest', digest):
            self.assertEqual(
                self.image.manifest,
                self.client.manifest(self.repository, reference),
            )
        for digest, content in self.image.blobs.items():
            self.assertEqual(
                content, self.client.blob(self.repository, digest)
            )

    def test_blobs_are_taken_over_where_nobody_forbids_it(self):
        self.client.push(self.repository, 'latest', self.image)
        digest = image.digest(self.image.config)
        for source, is_mounted in (
            (self.repository, True),
            (f'{self.repository}-other', False),
        ):
            self.assertEqual(
                is_mounted,
                self.client.mounts('other/web', digest, source),
            )

    def test_what_is_not_there_is_told(self):
        raised = self.assertRaises(
            registry.RegistryError,
            self.client.manifest,
            *(self.repository, 'latest'),
        )
        self.assertEqual(404, raised.status)


@unittest.skipUnless(_BUSYBOX, 'needs the package busybox')
class ScriptTestCase(testtools.TestCase):
    """The scripts themselves, behind the web server that images have."""

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        programs = self.folder / 'bin'
        programs.mkdir()
        for name in _NEEDED:
            (programs / name).symlink_to(_BUSYBOX)
        port = self.useFixture(ports.Port()).number
        for name, text in guest.programs(port).items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755)
        self.guest = guest.Guest('127.0.0.1', timeout_s=60, port=port)
        self._serve(port, programs)

    def _serve(self, port, programs):
        """Start the web server, as the start script does."""
        home = self.folder / 'guest/www'
        server = subprocess.Popen(
            [
                *(_BUSYBOX, 'httpd', '-f', '-p', f'127.0.0.1:{port}'),
                *('-h', home),
            ],
            env={'PATH': f'{programs}:/usr/bin:/bin'},
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        netns.wait_until(self.guest.answers, 'the web server', within_s=60)

    def test_a_file_that_was_written_is_read(self):
        path = str(self.folder / 'a mark')
        self.guest.write(path, 'some text')
        self.assertEqual('some text', self.guest.read(path))
        self.guest.write(path, 'less')
        self.assertEqual('less', self.guest.read(path))

    def test_a_file_that_is_not_there_is_refused(self):
        path = str(self.folder / 'nowhere')
        raised = self.assertRaises(guest.Refused, self.guest.read, path)
        self.assertIn('404', str(raised))

    def test_a_file_that_cannot_be_written_is_refused(self):
        path = str(self.folder / 'no folder/file')
        raised = self.assertRaises(
            guest.Refused, self.guest.write, path, 'text'
        )
        self.assertIn('500', str(raised))

    def test_another_guest_is_reached(self):
        self.assertTrue(self.guest.reaches('127.0.0.1'))

    def test_nobody_is_reached_where_there_is_no_way(self):
        self.assertFalse(self.guest.reaches('224.0.0.1'))
