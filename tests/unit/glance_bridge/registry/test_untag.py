import json

import testtools

from glance_bridge import exception
from glance_bridge.registry import untag
from tests.fixtures import fake_registry


class _Flaky(fake_registry.FakeRegistry):
    failures = 0
    put_failures = 0

    def put_manifest(self, repository, reference, content, media_type):
        if self.put_failures:
            self.put_failures -= 1
            raise exception.RegistryUnavailable('status 500')
        return super().put_manifest(repository, reference, content, media_type)

    def delete_manifest(self, repository, digest):
        if self.failures:
            self.failures -= 1
            raise exception.RegistryUnavailable('status 500')
        super().delete_manifest(repository, digest)


class UntagTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.registry = _Flaky()
        self.digest = self.registry.put_manifest('a/b', 'one', b'{}', 'type')
        self.registry.put_manifest('a/b', 'two', b'{}', 'type')

    def test_only_the_tag_goes(self):
        untag.untag(self.registry, 'a/b', 'one')
        self.assertEqual(['two'], self.registry.tags('a/b'))
        self.assertEqual(self.digest, self.registry.digest_of('a/b', 'two'))

    def test_an_engine_that_gives_up_is_asked_again(self):
        self.registry.failures = 3
        untag.untag(self.registry, 'a/b', 'one')
        self.assertEqual(['two'], self.registry.tags('a/b'))

    def test_one_that_cannot_write_is_asked_again(self):
        self.registry.put_failures = 3
        untag.untag(self.registry, 'a/b', 'one')
        self.assertEqual(['two'], self.registry.tags('a/b'))

    def test_it_is_asked_only_so_often(self):
        self.registry.failures = 9
        self.assertRaises(
            exception.RegistryUnavailable,
            untag.untag,
            *(self.registry, 'a/b', 'one'),
        )
        self.assertEqual(5, self.registry.failures)

    def test_what_was_left_behind_is_known_again(self):
        self.registry.failures = 9
        self.assertRaises(
            exception.RegistryUnavailable,
            untag.untag,
            *(self.registry, 'a/b', 'one'),
        )
        left = self.registry.manifest('a/b', 'one').content
        self.assertTrue(untag.is_nothing(left))
        for content in (
            b'',
            b'[]',
            b'{}',
            b'{"annotations": {}, "manifests": []}',
            json.dumps({**json.loads(left), 'manifests': [{}]}).encode(),
        ):
            self.assertFalse(untag.is_nothing(content), content)
