"""The wrapper as root installs it: owner, mode, and what is replaced."""

import os
import pathlib
import unittest

import fixtures
import testtools

from novadocker.runtime import install
from novadocker.runtime import wrapper


@unittest.skipUnless(
    os.geteuid() == 0, 'needs root: what is installed is owned by root'
)
class InstallTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.target = self.folder / 'libexec' / 'nova-runtime'

    def install(self):
        return install.install(str(self.target))

    def test_first_install_makes_the_folder(self):
        self.assertTrue(self.install())
        self.assertEqual(
            pathlib.Path(wrapper.__file__).read_bytes(),
            self.target.read_bytes(),
        )
        self.assertEqual(0o755, self.target.stat().st_mode & 0o7777)
        self.assertEqual(['nova-runtime'], os.listdir(self.target.parent))

    def test_second_install_changes_nothing(self):
        self.install()
        before = self.target.stat()
        self.assertFalse(self.install())
        self.assertEqual(before.st_ino, self.target.stat().st_ino)

    def test_other_content_mode_or_owner_is_replaced(self):
        for spoil in (
            lambda: self.target.write_text('old'),
            lambda: self.target.chmod(0o777),
            lambda: os.chown(self.target, 65534, 0),
        ):
            self.install()
            spoil()
            before = self.target.stat()
            self.assertTrue(self.install())
            self.assertNotEqual(before.st_ino, self.target.stat().st_ino)
            self.assertEqual(0, self.target.stat().st_uid)

    def test_link_is_replaced_and_not_followed(self):
        self.install()
        other = self.folder / 'other'
        self.target.rename(other)
        self.target.symlink_to(other)
        self.assertTrue(self.install())
        self.assertFalse(self.target.is_symlink())

    def test_running_program_can_be_replaced(self):
        self.install()
        self.target.write_text('old')
        with self.target.open() as running:
            self.install()
            self.assertEqual('old', running.read())

    def test_folder_that_others_may_write_is_refused(self):
        self.target.parent.mkdir()
        self.target.parent.chmod(0o775)
        err = self.assertRaises(PermissionError, self.install)
        self.assertIn(str(self.target.parent), str(err))
        self.assertEqual([], os.listdir(self.target.parent))

    def test_folder_of_another_owner_is_refused(self):
        self.folder.chmod(0o755)
        os.chown(self.folder, 65534, 0)
        self.addCleanup(os.chown, self.folder, 0, 0)
        self.assertRaises(PermissionError, self.install)

    def test_nothing_is_left_of_an_install_that_fails(self):
        self.install()
        self.target.write_text('old')

        def fail(*args):
            raise OSError('a test')

        self.useFixture(fixtures.MonkeyPatch('os.rename', fail))
        self.assertRaises(OSError, self.install)
        self.assertEqual(['nova-runtime'], os.listdir(self.target.parent))
        self.assertEqual('old', self.target.read_text())
