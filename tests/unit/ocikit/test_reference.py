import unittest

from ocikit import exception
from ocikit import reference

HEX = 'a' * 64


class ReferenceTest(unittest.TestCase):
    def test_parts_are_told_apart(self) -> None:
        for value, domain, path, tag, sha in (
            ('memcached', '', 'memcached', '', ''),
            ('memcached:latest', '', 'memcached', 'latest', ''),
            ('web/api:2', '', 'web/api', '2', ''),
            ('a.b/c', 'a.b', 'c', '', ''),
            ('localhost/c:1', 'localhost', 'c', '1', ''),
            ('host:5000/c/d', 'host:5000', 'c/d', '', ''),
            ('HOST/c', 'HOST', 'c', '', ''),
            ('[::1]:5000/c:t', '[::1]:5000', 'c', 't', ''),
            (f'a.b/c:t@sha256:{HEX}', 'a.b', 'c', 't', f'sha256:{HEX}'),
            ('a__b/c-d.e', '', 'a__b/c-d.e', '', ''),
        ):
            with self.subTest(value):
                found = reference.parse(value)
                self.assertEqual(
                    reference.Reference(domain, path, tag, sha), found
                )
                self.assertEqual(value, str(found))

    def test_what_is_no_reference_is_refused(self) -> None:
        for value in (
            '',
            ':tag',
            'name:',
            'Name',
            'a//b',
            '../b',
            'a/b ',
            'a:b:c',
            'name:' + 'x' * 129,
            'a' * 256,
            'host:port/c',
            '-a.b/c',
        ):
            with (
                self.subTest(value),
                self.assertRaises(exception.InvalidReference),
            ):
                reference.parse(value)

    def test_what_follows_an_at_sign_is_a_digest(self) -> None:
        with self.assertRaises(exception.InvalidDigest):
            reference.parse('name@latest')

    def test_parts_can_be_read_alone(self) -> None:
        for value, is_component, is_tag in (
            ('web', True, True),
            ('a.b__c-d', True, True),
            ('1.2', True, True),
            ('V1', False, True),
            ('a/b', False, False),
            ('a:b', False, False),
            ('', False, False),
            ('..', False, False),
            ('a' * 129, True, False),
        ):
            with self.subTest(value):
                self.assertEqual(is_component, reference.is_component(value))
                self.assertEqual(is_tag, reference.is_tag(value))

    def test_a_path_has_no_domain(self) -> None:
        for value in ('demo', 'demo/web', 'a.b/c', 'a' * 255):
            self.assertTrue(reference.is_path(value), value)
        for value in ('', 'a//b', '../b', 'A/b', 'a:1/b', 'a/b\n', 'a' * 256):
            self.assertFalse(reference.is_path(value), value)
