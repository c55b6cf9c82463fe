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

    def test_remove(self):
        self.folder.write_names({'hosts': 'a'})
        self.folder.remove()
        self.assertEqual([], os.listdir(self.root))

    def test_remove_what_is_not_there(self):
        self.folder.remove()
        self.assertEqual([], os.listdir(self.root))
