"""What a snapshot may push, and what becomes an image of it."""

import fixtures

from glance_bridge import exception
from glance_bridge import location
from glance_bridge.pull import snapshot
from glance_bridge.verdict import judge
from glance_bridge.verdict import model as verdicts
from ocikit import platform
from tests.fixtures import archives
from tests.fixtures import images
from tests.unit.glance_bridge.pull import doors

REPOSITORY = f'{doors.DEMO.id}/uploads/{doors.IMAGE_ID}'
PIN = location.pin_of(doors.IMAGE_ID)


class PushTest(doors.DoorTestCase):
    def setUp(self):
        super().setUp()
        self.door = snapshot.PushDoor(self.behind, lifetime_s=900)
        self.have_image(status='queued')
        self.made = images.image(archives.layer(1))
        self.have_published(self.made, doors.OTHER_ID)
        self.body = {
            'parent': doors.OTHER_ID,
            'os': 'linux',
            'architecture': 'amd64',
        }

    def test_repository_is_the_images_own(self):
        found = self.ask(self.body).json
        self.assertEqual(REPOSITORY, found['repository'])
        self.assertEqual('registry-token', found['token'])
        self.assertEqual('demo/web', found['parent']['repository'])
        self.assertEqual(self.made.digest, found['parent']['manifest_digest'])
        self.assertEqual(
            [
                (
                    'n',
                    'nova',
                    (
                        f'repository:{REPOSITORY}:pull,push',
                        'repository:demo/web:pull',
                    ),
                )
            ],
            self.issuer.issued,
        )

    def test_user_whose_token_has_expired_since_goes_on(self):
        self.tokens.expired.add('alice')
        self.assertEqual(200, self.ask(self.body).status_int)

    def test_user_who_may_not_push_is_denied(self):
        self.assertRaises(exception.Denied, self.ask, self.body, user='reader')

    def test_image_of_another_project_is_not_filled(self):
        # As one that is shared is.
        self.catalogue.tokens['bob'] = doors.DEMO.id
        self.assertRaises(exception.Denied, self.ask, self.body, user='bob')

    def test_image_that_is_not_seen_is_not_found(self):
        self.assertRaises(
            exception.NameUnknown, self.ask, self.body, user='bob'
        )

    def test_image_with_data_is_a_conflict(self):
        self.have_image()
        err = self.assertRaises(exception.ImageConflict, self.ask, self.body)
        self.assertEqual(409, err.status)

    def test_parent_that_is_not_in_the_registry_is_not_found(self):
        self.rows.rows.clear()
        self.assertRaises(exception.NameUnknown, self.ask, self.body)


class PublishTest(doors.DoorTestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger('glance_bridge.audit'))
        self.quota = doors.FakeQuota()
        self.waited = []
        self.wait_error = None
        rules = verdicts.Rules(platform.Platform('linux', 'amd64'))
        self.door = snapshot.PublishDoor(
            self.behind,
            self.registry,
            self.catalogue,
            judge=judge.Judge(self.registry, rules).judge,
            quota=self.quota,
            wait=self.wait,
        )
        self.have_image(status='queued')
        self.made = images.image(archives.layer(1))
        self.push(self.made)

    def wait(self, image_id):
        self.waited.append(image_id)
        if self.wait_error is not None:
            raise self.wait_error

    def push(self, made):
        """Push by digest, as the driver does."""
        images.push(self.registry, REPOSITORY, made, made.digest)

    def publish(self, made=None, **changes):
        digest = (made or self.made).digest
        return self.ask({'manifest_digest': digest}, **changes)

    def assert_nothing_is_kept(self):
        self.assertEqual([], self.registry.tags(REPOSITORY))
        self.assertEqual([], self.catalogue.steps)

    def test_image_is_pinned_and_has_its_data(self):
        self.assertEqual({}, self.publish().json)
        self.assertEqual([PIN], self.registry.tags(REPOSITORY))
        self.assertEqual(
            [('add_location', doors.IMAGE_ID)], self.catalogue.steps
        )
        self.catalogue.get(doors.IMAGE_ID)
        self.catalogue.get(doors.IMAGE_ID)
        found = self.catalogue.get(doors.IMAGE_ID)
        self.assertTrue(found.is_active)
        (url,) = self.catalogue.locations(doors.IMAGE_ID)
        self.assertEqual(
            location.location_of(REPOSITORY, self.made.digest, doors.IMAGE_ID),
            url,
        )
        self.assertEqual([doors.IMAGE_ID], self.waited)
        self.assertIn(REPOSITORY, self.log.output)

    def test_pin_is_there_before_glance_hears_of_it(self):
        seen = []
        self.catalogue.watch = lambda step, image_id: seen.append(
            self.registry.tags(REPOSITORY)
        )
        self.publish()
        self.assertEqual([[PIN]], seen)

    def test_quota_counts_the_bytes_and_not_the_image_again(self):
        self.publish()
        ((project_id, size_bytes, count),) = self.quota.asked
        self.assertEqual((doors.DEMO.id, 0), (project_id, count))
        self.assertGreater(size_bytes, 0)

    def test_what_is_beyond_the_quota_is_not_kept(self):
        self.quota.error = exception.QuotaExceeded('too much')
        self.assertRaises(exception.QuotaExceeded, self.publish)
        self.assert_nothing_is_kept()

    def test_what_is_no_image_is_not_kept(self):
        foreign = images.image(archives.layer(1), mediaType=images.FOREIGN)
        for made in (images.chart(), foreign, images.index(self.made)):
            self.push(made)
            self.assertRaises(exception.ManifestInvalid, self.publish, made)
            self.assert_nothing_is_kept()

    def test_what_was_not_pushed_is_not_found(self):
        other = images.image(archives.layer(2))
        self.assertRaises(exception.RegistryNotFound, self.publish, other)

    def test_digest_that_is_none_is_invalid(self):
        self.assertRaises(
            exception.RequestInvalid, self.ask, {'manifest_digest': 'latest'}
        )

    def test_image_with_data_is_a_conflict(self):
        self.have_image()
        self.assertRaises(exception.ImageConflict, self.publish)
        self.assert_nothing_is_kept()

    def test_location_that_glance_refuses_leaves_no_pin(self):
        def refuse(step, image_id):
            raise exception.ImageConflict('it has data')

        self.catalogue.watch = refuse
        self.assertRaises(exception.ImageConflict, self.publish)
        self.assertEqual([], self.registry.tags(REPOSITORY))

    def test_location_that_glance_could_not_use_leaves_no_pin(self):
        self.wait_error = exception.LocationFailed('short')
        self.assertRaises(exception.LocationFailed, self.publish)
        self.assertEqual([], self.registry.tags(REPOSITORY))

    def test_glance_that_takes_its_time_finds_the_pin(self):
        self.wait_error = exception.CatalogueUnavailable('late')
        self.assertRaises(exception.CatalogueUnavailable, self.publish)
        self.assertEqual([PIN], self.registry.tags(REPOSITORY))
