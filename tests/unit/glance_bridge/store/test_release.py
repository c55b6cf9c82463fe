import testtools

from glance_bridge import exception
from glance_bridge import location
from glance_bridge.store import release
from tests.fixtures import fake_registry

IMAGE = 'a3f1c2d4-0000-4000-8000-000000000001'
OTHER = 'a3f1c2d4-0000-4000-8000-000000000002'
REPOSITORY = 'demo/web'


class ByDigestOnly(fake_registry.FakeRegistry):
    """Answers as an engine that cannot delete a tag."""

    def __init__(self, status):
        super().__init__()
        self.status = status

    def untag(self, repository, tag):
        raise exception.RegistryRefused('DIGEST_INVALID', self.status)


class ReleaseTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.registry = fake_registry.FakeRegistry()

    def tag(self, *tags):
        for tag in tags:
            self.registry.put_manifest(REPOSITORY, tag, b'{}', 'x')

    def release(self, first=None):
        release.release(
            first or self.registry, self.registry, REPOSITORY, IMAGE
        )

    def test_only_the_pins_of_the_image_go(self):
        stays = ['latest', location.pin_of(OTHER)]
        children = [location.child_pin_of(IMAGE, n) for n in (1, 2)]
        self.tag(*stays, location.pin_of(IMAGE), *children)
        self.release()
        self.assertEqual(sorted(stays), self.registry.tags(REPOSITORY))
        self.assertEqual(1, len(self.registry.manifests))

    def test_the_index_goes_after_its_children(self):
        gone = []
        self.tag(location.pin_of(IMAGE), location.child_pin_of(IMAGE, 1))

        def untag(repository, tag):
            gone.append(tag)

        self.registry.untag = untag
        self.release()
        self.assertEqual(
            [location.child_pin_of(IMAGE, 1), location.pin_of(IMAGE)], gone
        )

    def test_without_a_pin_there_is_nothing(self):
        self.tag('latest', location.pin_of(OTHER))
        self.assertRaises(exception.RegistryNotFound, self.release)

    def test_a_pin_that_went_meanwhile_is_gone(self):
        self.tag(location.pin_of(IMAGE))

        def untag(repository, tag):
            raise exception.RegistryNotFound(tag)

        self.registry.untag = untag
        self.release()

    def test_an_engine_that_deletes_by_digest_is_asked_in_its_way(self):
        for status in (400, 405):
            self.tag(location.pin_of(IMAGE))
            first = ByDigestOnly(status)
            first.tagged = self.registry.tagged
            self.release(first)
            self.assertEqual([], self.registry.tags(REPOSITORY))

    def test_who_may_not_is_not_asked_twice(self):
        self.tag(location.pin_of(IMAGE))
        first = ByDigestOnly(403)
        first.tagged = self.registry.tagged
        self.assertRaises(exception.RegistryRefused, self.release, first)
        self.assertEqual(1, len(self.registry.tags(REPOSITORY)))
