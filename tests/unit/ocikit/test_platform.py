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
