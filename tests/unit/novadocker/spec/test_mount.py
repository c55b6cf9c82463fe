"""Where in a container a volume is."""

import testtools

from novadocker import exception
from novadocker.spec import mount


class MountTest(testtools.TestCase):
    def test_path_of_a_volume(self):
        asked = {'docker:mount:vdb': '/data', 'docker:mount:db': '/var/lib/x'}
        for metadata, names, path in (
            ({}, ['', 'vdb'], '/volumes/vdb'),
            ({}, ['db', 'vdb'], '/volumes/db'),
            ({}, ['a tag', 'vdb'], '/volumes/vdb'),
            ({}, ['..', 'vdb'], '/volumes/vdb'),
            ({}, ['\u00fc', 'vdb'], '/volumes/vdb'),
            (asked, ['', 'vdb'], '/data'),
            (asked, ['db', 'vdb'], '/var/lib/x'),
            (asked, ['other', 'vdb'], '/data'),
            (asked, ['', 'vdc'], '/volumes/vdc'),
        ):
            self.assertEqual(path, mount.target(metadata, names))

    def test_path_that_cannot_be_used(self):
        for path, reason in (
            *[(each, 'an absolute path') for each in ('', '/', 'a', '/a/')],
            *[(each, 'an absolute path') for each in ('/a b', '/a/../b')],
            *[(each, 'an absolute path') for each in ('//a', '/a\n', '/./a')],
            ('/proc/sys', 'below /proc'),
            ('/sys', 'below /sys'),
            ('/dev/shm', 'below /dev'),
            ('/rescue/x', 'below /rescue'),
        ):
            with self.subTest(path):
                metadata = {'docker:mount:vdb': path}
                for deed in (
                    lambda given=metadata: mount.target(given, ['vdb']),
                    lambda given=metadata: mount.check(given),
                ):
                    error = self.assertRaises(
                        exception.InvalidContainerOption, deed
                    )
                    self.assertIn(reason, str(error))

    def test_volume_that_has_no_name_for_a_path(self):
        for names in (['', ''], ['a b', '..'], ['', 'x' * 61]):
            with self.subTest(names):
                error = self.assertRaises(
                    exception.InvalidContainerOption, mount.target, {}, names
                )
                self.assertIn('a name of letters', str(error))

    def test_metadata_of_others_is_none_of_its_business(self):
        mount.check({'docker:command': 'x', 'mount:vdb': 'nonsense'})
