"""The folder of an instance: written in place, removed whole."""

import os
import pathlib

import fixtures
import testtools

from novadocker.state import folder


class InstanceFolderTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.root = self.useFixture(fixtures.TempDir()).path
        self.folder = folder.InstanceFolder(self.root, 'uuid')

    def test_file_keeps_its_inode_when_it_is_written_again(self):
        # A running container has the first file mounted.
        self.folder.write_names({'hosts': 'a'})
        path = pathlib.Path(self.root, 'uuid', 'hosts')
        inode = path.stat().st_ino
        self.folder.write_names({'hosts': 'b'})
        self.assertEqual('b', path.read_text())
        self.assertEqual(inode, path.stat().st_ino)

    def test_any_user_of_the_container_may_read(self):
        self.addCleanup(os.umask, os.umask(0o077))
        self.folder.write_names({'hosts': 'a'})
        mode = pathlib.Path(self.root, 'uuid', 'hosts').stat().st_mode
        self.assertEqual(0o644, mode & 0o777)

    def test_nobody_else_on_the_host_may_look_inside(self):
        self.folder.write_names({'hosts': 'a'})
        mode = pathlib.Path(self.root, 'uuid').stat().st_mode
        self.assertEqual(0o700, mode & 0o777)

    def test_mark_of_a_suspended_server(self):
        self.assertFalse(self.folder.is_suspended)
        for _ in range(2):
            self.folder.mark_suspended()
            again = folder.InstanceFolder(self.root, 'uuid')
            self.assertTrue(again.is_suspended)
        for _ in range(2):
            self.folder.unmark_suspended()
            self.assertFalse(self.folder.is_suspended)

    def test_secrets_are_for_their_owner(self):
        self.addCleanup(os.umask, os.umask(0))
        files = [('openstack/latest/meta.json', b'{}'), ('ec2/x', b'x')]
        self.folder.write_secrets('drive', files)
        drive = pathlib.Path(self.root, 'uuid', 'drive')
        for path, text in files:
            self.assertEqual(text, (drive / path).read_bytes())
        for path in (drive.parent, *drive.parent.rglob('*')):
            mode = 0o700 if path.is_dir() else 0o400
            self.assertEqual(mode, path.stat().st_mode & 0o777, path)

    def test_secrets_of_before_go(self):
        self.folder.write_secrets('drive', [('a/old', b'1'), ('both', b'1')])
        self.folder.write_secrets('drive', [('both', b'2')])
        drive = pathlib.Path(self.root, 'uuid', 'drive')
        self.assertEqual(['both'], os.listdir(drive))
        self.assertEqual(b'2', (drive / 'both').read_bytes())

    def test_remove(self):
        self.folder.write_names({'hosts': 'a'})
        self.folder.remove()
        self.assertEqual([], os.listdir(self.root))

    def test_remove_what_is_not_there(self):
        self.folder.remove()
        self.assertEqual([], os.listdir(self.root))
