"""What goes when a tag or a manifest is deleted, and what stays."""

from glance_bridge import exception
from tests.fixtures import archives
from tests.fixtures import images
from tests.unit.glance_bridge.front import fronting


class RemovalTest(fronting.FrontTestCase):
    def setUp(self):
        super().setUp()
        self.made = images.image()
        for tag in ('one', 'two'):
            images.push(self.registry, 'demo/web', self.made, tag)
        self.other = images.image(archives.layer(2))
        images.push(self.registry, 'demo/web', self.other, 'other')

    def _tags(self):
        return self.registry.tags('demo/web')

    def test_a_tag_goes_alone(self):
        found = self.request('DELETE', 'one')
        self.assertEqual(202, found.status_int)
        self.assertEqual(['other', 'two'], self._tags())
        self.assertEqual([('demo/web', 'one')], self.publisher.withdrawn)

    def test_a_tag_that_is_not_there_is_not_found(self):
        err = self.assertRaises(
            exception.RegistryNotFound, self.request, 'DELETE', 'none'
        )
        self.assertEqual(404, err.status)
        self.assertEqual([], self.publisher.withdrawn)

    def test_a_manifest_goes_with_its_tags(self):
        found = self.request('DELETE', self.made.digest)
        self.assertEqual(202, found.status_int)
        self.assertEqual(['other'], self._tags())
        self.assertIsNone(self.manifest_of(self.made.digest))
        self.assertEqual(
            [('demo/web', 'one'), ('demo/web', 'two')],
            self.publisher.withdrawn,
        )

    def test_a_manifest_with_a_pin_loses_its_tags_and_stays(self):
        images.push(self.registry, 'demo/web', self.made, fronting.PIN)
        self.request('DELETE', self.made.digest)
        self.assertEqual([fronting.PIN, 'other'], self._tags())
        self.assertEqual(self.made.digest, self.manifest_of(self.made.digest))

    def test_a_manifest_without_tags_goes(self):
        loose = images.image(archives.layer(3))
        images.push(self.registry, 'demo/web', loose, loose.digest)
        self.request('DELETE', loose.digest)
        self.assertIsNone(self.manifest_of(loose.digest))

    def test_a_manifest_that_is_not_there_is_unknown(self):
        self.assertRaises(
            exception.ManifestUnknown,
            *(self.request, 'DELETE', 'sha256:' + 64 * '0'),
        )

    def test_a_tag_that_moves_meanwhile_stays(self):
        def entered():
            images.push(self.registry, 'demo/web', self.other, 'one')

        self.publisher.entered = entered
        self.request('DELETE', self.made.digest)
        self.assertEqual(['one', 'other'], self._tags())
        self.assertEqual([('demo/web', 'two')], self.publisher.withdrawn)

    def test_a_manifest_that_is_pinned_meanwhile_stays(self):
        def entered():
            images.push(self.registry, 'demo/web', self.made, fronting.PIN)

        self.publisher.entered = entered
        self.request('DELETE', self.made.digest)
        self.assertEqual(self.made.digest, self.manifest_of(fronting.PIN))

    def test_a_manifest_that_somebody_else_deletes_is_gone(self):
        def gone(repository, digest):
            raise exception.RegistryNotFound(digest)

        self.registry.delete_manifest = gone
        found = self.request('DELETE', self.made.digest)
        self.assertEqual(202, found.status_int)
