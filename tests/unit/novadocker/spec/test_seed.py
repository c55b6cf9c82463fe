"""What is packed for a container."""

import io
import tarfile

import testtools

from novadocker import model
from novadocker.spec import account
from novadocker.spec import seed

APP = account.Account('app', 7, 8, '/home/app')
KEY = 'ssh-ed25519 AAAA me@home'


class KeyTestCase(testtools.TestCase):
    def _keys(self, present):
        return seed.key_seeds(APP, KEY + '\n', present)[1].content

    def test_key_belongs_to_the_account_alone(self):
        self.assertEqual(
            (
                model.Seed('.ssh', 0o700, 7, 8),
                model.Seed(
                    '.ssh/authorized_keys', 0o600, 7, 8, KEY.encode() + b'\n'
                ),
            ),
            seed.key_seeds(APP, KEY, b''),
        )

    def test_keys_of_the_image_stay(self):
        for present in (b'other', b'other\n'):
            self.assertEqual(
                b'other\n' + KEY.encode() + b'\n', self._keys(present)
            )

    def test_key_that_is_there_is_not_added(self):
        present = KEY.encode() + b'\nother'
        self.assertEqual(present, self._keys(present))

    def test_certificate_and_nothing_are_no_keys(self):
        for text, is_key in (
            (KEY, True),
            ('-----BEGIN CERTIFICATE-----\nMII', False),
            ('', False),
            (' \n', False),
        ):
            self.assertIs(is_key, seed.is_ssh_key(text), text)


class ArchiveTestCase(testtools.TestCase):
    def test_members_are_as_wanted(self):
        packed = seed.archive(
            [
                model.Seed('.ssh', 0o700, 7, 8),
                model.Seed('.ssh/k', 0o600, 7, 8, b'text'),
            ],
            time_s=1234,
        )
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            folder, file = tar
            self.assertEqual(b'text', tar.extractfile(file).read())
        self.assertTrue(folder.isdir())
        for entry, name, mode in (
            (folder, '.ssh', 0o700),
            (file, '.ssh/k', 0o600),
        ):
            self.assertEqual(
                (name, mode, 7, 8, 1234),
                (entry.name, entry.mode, entry.uid, entry.gid, entry.mtime),
            )
