"""One home has the machine."""

import os
import pathlib

import fixtures
import testtools

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import owner


class OwnerTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.patch(owner, '_FOLDER', self.folder / 'run')
        self.ours = self._home('ours')
        self.theirs = self._home('theirs')

    def _home(self, name):
        path = self.folder / name
        path.mkdir()
        return home_module.Home(path)

    def test_nobody_has_it_at_first(self):
        self.assertIsNone(owner.read())
        self.assertFalse(owner.is_ours(self.ours))
        self.assertIsNone(owner.rival(self.ours))
        owner.require_free(self.ours)

    def test_who_takes_it_has_it(self):
        owner.claim(self.ours)
        owner.claim(self.ours)
        self.assertEqual(self.ours.path, owner.read())
        self.assertTrue(owner.is_ours(self.ours))
        self.assertEqual(['owner'], os.listdir(self.folder / 'run'))

    def test_others_are_told_how_to_get_it(self):
        owner.claim(self.theirs)
        for deed in (owner.require_free, owner.claim):
            err = self.assertRaises(
                exception.PreconditionMissing, deed, self.ours
            )
            self.assertIn(
                f'NOVA_DOCKER_HOME={self.theirs.path} tools/quickstart down',
                str(err),
            )
            self.assertNotIn('\n', str(err))
        self.assertEqual(self.theirs.path, owner.read())

    def test_faster_one_has_it(self):
        owner.claim(self.theirs)
        self.patch(owner, 'require_free', lambda home: None)
        self.patch(pathlib.Path, 'unlink', lambda path, missing_ok: None)
        self.assertRaises(
            exception.PreconditionMissing, owner.claim, self.ours
        )
        self.assertEqual(self.theirs.path, owner.read())

    def test_home_that_is_gone_has_nothing(self):
        owner.claim(self.theirs)
        self.theirs.path.rmdir()
        self.assertIsNone(owner.rival(self.ours))
        owner.claim(self.ours)
        self.assertTrue(owner.is_ours(self.ours))

    def test_our_home_that_is_gone_still_has_it(self):
        owner.claim(self.ours)
        self.ours.path.rmdir()
        self.assertTrue(owner.is_ours(self.ours))

    def test_empty_record_names_nobody(self):
        (self.folder / 'run').mkdir()
        (self.folder / 'run/owner').touch()
        self.assertIsNone(owner.read())
        owner.claim(self.ours)
        self.assertTrue(owner.is_ours(self.ours))

    def test_only_who_has_it_gives_it_back(self):
        owner.claim(self.theirs)
        owner.release(self.ours)
        self.assertEqual(self.theirs.path, owner.read())
        owner.release(self.theirs)
        self.assertFalse((self.folder / 'run').exists())

    def test_folder_that_somebody_uses_already_stays(self):
        owner.claim(self.ours)
        (self.folder / 'run/next').touch()
        owner.release(self.ours)
        self.assertIsNone(owner.read())
