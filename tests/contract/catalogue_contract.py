"""What the publisher may expect of Glance, real or fake.

A user of this mixin sets ``catalogue`` and ``owner`` (a project), and says
which ``location_url`` has data for an image and which ``broken_url`` has
none.
"""

import uuid

from glance_bridge import exception
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.catalogue import wait

DIGEST = 'sha256:' + 'a' * 64


class CatalogueContract:
    def setUp(self):
        super().setUp()
        self.waiter = wait.Waiter(self.catalogue, active_timeout_s=60)
        self.repository = f'demo/{uuid.uuid4().hex}'

    def create(self, name='web@digest', **properties):
        draft = catalogue_image.Draft(
            id=str(uuid.uuid4()),
            name=name,
            owner=self.owner,
            min_ram_mb=64,
            properties={
                'docker_repository': self.repository,
                'docker_manifest_digest': DIGEST,
                'trait:CUSTOM_NOVA_DOCKER': 'required',
                **properties,
            },
        )
        found = self.catalogue.create(draft)
        self.addCleanup(self.remove, found.id)
        return found

    def remove(self, image_id):
        """Delete an image; Glance fails if its task is still at it."""
        found = self.catalogue.get(image_id)
        if found is not None:
            self.waiter.until_free(found)
            self.catalogue.delete(image_id)

    def publish(self, name='web:latest'):
        image = self.create()
        self.catalogue.add_location(image.id, self.location_url(image.id))
        self.waiter.until_free(self.waiter.until_active(image.id))
        self.catalogue.change(image.id, name, is_hidden=False)
        return self.catalogue.get(image.id)

    def test_an_image_without_data_is_queued_and_hidden(self):
        image = self.create()
        for found in (image, self.catalogue.get(image.id)):
            self.assertTrue(found.is_queued)
            self.assertTrue(found.is_hidden)
            self.assertFalse(found.is_busy)
            self.assertEqual(self.owner, found.owner)
            self.assertEqual('web@digest', found.name)
            self.assertEqual('docker', found.properties['container_format'])
            self.assertEqual('raw', found.properties['disk_format'])
            self.assertEqual('shared', found.properties['visibility'])
        self.assertEqual([], self.catalogue.locations(image.id))

    def test_an_image_is_active_with_its_location(self):
        image = self.create()
        url = self.location_url(image.id)
        self.catalogue.add_location(image.id, url)
        found = self.waiter.until_active(image.id)
        self.assertTrue(found.is_active)
        self.assertTrue(found.is_hidden)
        self.assertGreater(found.size_bytes, 0)
        self.assertEqual([url], self.catalogue.locations(image.id))
        self.assertIsNone(self.catalogue.failure(image.id))

    def test_a_location_is_given_once(self):
        image = self.publish()
        self.assertRaises(
            exception.ImageConflict,
            self.catalogue.add_location,
            image.id,
            self.location_url(image.id),
        )

    def test_a_location_without_data_can_be_mended(self):
        image = self.create()
        self.catalogue.add_location(image.id, self.broken_url(image.id))
        self.assertRaises(
            exception.LocationFailed, self.waiter.until_active, image.id
        )
        self.assertTrue(self.catalogue.failure(image.id))
        self.assertTrue(self.catalogue.get(image.id).is_queued)
        self.catalogue.add_location(image.id, self.location_url(image.id))
        self.assertTrue(self.waiter.until_active(image.id).is_active)

    def test_a_name_with_a_colon_is_found_where_it_is_visible(self):
        name = f'{uuid.uuid4().hex}:latest'
        image = self.publish(name)
        found = self.catalogue.named(self.owner, name)
        self.assertEqual([image.id], [each.id for each in found])
        self.catalogue.change(image.id, name, is_hidden=True)
        self.assertEqual([], self.catalogue.named(self.owner, name))

    def test_what_is_published_is_listed_hidden_or_not(self):
        images = {self.publish().id, self.create().id}
        found = self.catalogue.published(docker_repository=self.repository)
        self.assertEqual(images, {each.id for each in found})

    def test_usage_counts_every_image_of_the_owner(self):
        count, size_bytes = self.catalogue.usage(self.owner)
        image = self.publish()
        self.create()
        self.assertEqual(
            (count + 2, size_bytes + image.size_bytes),
            self.catalogue.usage(self.owner),
        )

    def test_an_id_is_given_once_and_never_again(self):
        image = self.create()
        draft = catalogue_image.Draft(image.id, 'again', self.owner, 0, {})
        self.assertRaises(
            exception.ImageConflict, self.catalogue.create, draft
        )
        self.catalogue.delete(image.id)
        self.assertIsNone(self.catalogue.get(image.id))
        self.assertRaises(
            exception.ImageConflict, self.catalogue.create, draft
        )

    def test_what_is_gone_stays_gone(self):
        image = self.create()
        self.catalogue.delete(image.id)
        self.catalogue.delete(image.id)
        for call in (
            lambda: self.catalogue.change(image.id, 'x', is_hidden=True),
            lambda: self.catalogue.add_location(
                image.id, self.location_url(image.id)
            ),
            lambda: self.catalogue.locations(image.id),
            lambda: self.waiter.until_active(image.id),
        ):
            self.assertRaises(exception.ImageNotFound, call)
        self.assertIsNone(self.catalogue.failure(image.id))

    def test_a_name_that_is_too_long_is_refused(self):
        error = self.assertRaises(
            exception.CatalogueRefused, self.create, 'x' * 256
        )
        self.assertNotIsInstance(error, exception.ImageConflict)

    def test_a_strange_token_is_told_from_a_missing_image(self):
        image = self.create()
        self.assertRaises(
            exception.Unauthorized,
            self.catalogue.seen_by,
            image.id,
            'nobody',
        )
