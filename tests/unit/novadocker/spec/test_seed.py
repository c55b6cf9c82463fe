"""What is packed for a container."""

import io
import tarfile

import testtools

from novadocker import exception
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


class FileTestCase(testtools.TestCase):
    taken = ('/etc/hosts', '/var/lib/cloud/seed/config_drive')

    def _refused(self, *files):
        return self.assertRaises(
            exception.InjectedFileRefused, seed.file_seeds, files, self.taken
        )

    def test_path_is_seen_from_the_root(self):
        for path, inside in (
            ('/etc/motd', 'etc/motd'),
            ('etc/motd', 'etc/motd'),
            ('//etc/./motd', 'etc/motd'),
            ('/etc/hosts.d', 'etc/hosts.d'),
            ('/etc/..d', 'etc/..d'),
            ('/\u00fc', '\u00fc'),
        ):
            self.assertEqual(
                (model.Seed(inside, 0o644, content=b'x'),),
                seed.file_seeds([(path, b'x')], self.taken),
            )

    def test_path_that_is_none(self):
        for path, reason in (
            ('', 'of a folder'),
            ('/', 'of a folder'),
            ('/etc/', 'of a folder'),
            ('/etc/.', 'of a folder'),
            ('/../etc/shadow', '".."'),
            ('/etc/..', '".."'),
            ('/a\0b', 'control'),
            ('/a\nb', 'control'),
            ('/\udcff', 'no UTF-8'),
            ('/etc/hosts', 'Nova writes'),
            ('/etc/hosts/x', 'Nova writes'),
            ('//etc//hosts', 'Nova writes'),
            ('/var/lib/cloud/seed/config_drive/x', 'Nova writes'),
            ('/etc', 'folder of Nova'),
        ):
            self.assertIn(reason, str(self._refused((path, b''))), path)

    def test_many_files_and_much_in_them(self):
        self._refused(*[('/a', b'')] * 1001)
        self._refused(('/a', bytes(9 * 1024**2)), ('/b', bytes(9 * 1024**2)))

    def test_no_files(self):
        self.assertEqual((), seed.file_seeds([], self.taken))


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
