import unittest

from ocikit import platform


class PlatformTest(unittest.TestCase):
    def test_machines_are_named_as_images_name_them(self) -> None:
        for machine, expected in (
            ('x86_64', 'linux/amd64'),
            ('aarch64', 'linux/arm64'),
            ('amd64', 'linux/amd64'),
            ('ppc64le', 'linux/ppc64le'),
        ):
            with self.subTest(machine):
                self.assertEqual(expected, str(platform.from_machine(machine)))

    def test_a_platform_is_read_as_it_is_written(self) -> None:
        expected = platform.Platform('linux', 'arm64')
        self.assertEqual(expected, platform.parse(str(expected)))

    def test_what_is_not_two_words_is_no_platform(self) -> None:
        for value in ('', 'linux', 'linux/', '/amd64', 'linux/arm/v7'):
            with self.subTest(value), self.assertRaises(ValueError):
                platform.parse(value)

    def test_an_architecture_has_one_machine(self) -> None:
        for architecture, expected in (
            ('amd64', 'x86_64'),
            ('arm64', 'aarch64'),
            ('arm', 'armv7l'),
            ('386', 'i686'),
            ('s390x', 's390x'),
        ):
            found = platform.Platform('linux', architecture)
            self.assertEqual(expected, platform.machine_of(found))
