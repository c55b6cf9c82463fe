"""Who learns where an image is, and what they may do there."""

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge.identity import tokens
from glance_bridge.pull import door
from tests.fixtures import archives
from tests.fixtures import images
from tests.unit.glance_bridge.pull import doors

AMD64 = {'os': 'linux', 'architecture': 'amd64'}


class PullTestCase(doors.DoorTestCase):
    def setUp(self):
        super().setUp()
        self.door = door.PullDoor(self.behind, lifetime_s=300)
        self.made = images.image(archives.layer(1), archives.layer(2))

    def assert_unknown(self, body=AMD64, **changes):
        self.assertRaises(exception.NameUnknown, self.ask, body, **changes)
        self.assertEqual([], self.issuer.issued)


class PullTest(PullTestCase):
    def test_image_that_was_published_is_told(self):
        self.have_published(self.made)
        answer = self.ask(AMD64)
        blobs = self.made.blobs
        self.assertEqual(
            {
                'repository': 'demo/web',
                'manifest_digest': self.made.digest,
                'config_digest': next(
                    digest
                    for digest, content in blobs.items()
                    if content.startswith(b'{')
                ),
                'size_bytes': sum(map(len, blobs.values())),
                'token': 'registry-token',
                'expires_in_s': 300,
            },
            answer.json,
        )
        self.assertEqual('no-store', answer.headers['Cache-Control'])

    def test_token_pulls_from_one_repository(self):
        self.have_published(self.made)
        self.ask(AMD64)
        self.assertEqual(
            [('n', 'nova', ('repository:demo/web:pull',))], self.issuer.issued
        )

    def test_image_that_was_uploaded_is_told(self):
        self.have_image()
        repository = f'{doors.DEMO.id}/uploads/{doors.IMAGE_ID}'
        pin = location.pin_of(doors.IMAGE_ID)
        images.push(self.registry, repository, self.made, pin)
        self.have_data(repository, self.made.digest)
        self.assertEqual(repository, self.ask(AMD64).json['repository'])

    def test_image_that_was_superseded_is_told(self):
        self.have_published(self.made, state=model.State.RETIRED)
        self.assertEqual(
            self.made.digest, self.ask(AMD64).json['manifest_digest']
        )

    def test_platform_chooses_among_several(self):
        built = {
            each: images.image(architecture=each)
            for each in ('amd64', 'arm64')
        }
        self.have_published(images.index(*built.values()))
        for architecture, made in built.items():
            answer = self.ask({'os': 'linux', 'architecture': architecture})
            self.assertEqual(made.digest, answer.json['manifest_digest'])

    def test_platform_that_is_not_there_is_not_found(self):
        self.have_published(
            images.index(
                images.image(architecture='arm64'),
                images.image(architecture='s390x'),
            )
        )
        self.assert_unknown()


class RefusalTest(PullTestCase):
    def test_image_that_glance_does_not_show_is_not_found(self):
        self.have_published(self.made)
        self.assert_unknown(user='bob')

    def test_image_that_is_not_in_the_registry_is_not_found(self):
        self.have_image()
        self.assert_unknown()

    def test_image_without_data_is_not_found(self):
        self.have_published(self.made)
        self.have_image(status='queued')
        self.assert_unknown()

    def test_what_its_user_deleted_is_not_found(self):
        self.have_published(self.made, state=model.State.DELETED)
        self.assert_unknown()

    def test_row_without_a_pin_is_not_believed(self):
        self.have_published(self.made)
        self.registry.untag('demo/web', location.pin_of(doors.IMAGE_ID))
        self.assert_unknown()

    def test_pin_at_something_else_is_not_believed(self):
        self.have_published(self.made, digest=archives.digest(b'other'))
        self.assert_unknown()

    def test_image_that_somebody_else_filled_is_not_the_registrys(self):
        self.have_published(self.made)
        digest, other = self.made.digest, archives.digest(b'other')
        for url in (
            'file:///images/1',
            location.location_of('demo/web2', digest, doors.IMAGE_ID),
            location.location_of('demo/web', other, doors.IMAGE_ID),
            location.location_of('demo/web', digest, doors.OTHER_ID),
        ):
            self.catalogue.locate(doors.IMAGE_ID, url)
            self.assert_unknown()

    def test_properties_are_not_asked(self):
        self.have_image()
        images.push(self.registry, 'other/secret', self.made, 'latest')
        found = self.catalogue.get(doors.IMAGE_ID)
        object.__setattr__(
            found,
            'properties',
            {
                'docker_repository': 'other/secret',
                'docker_manifest_digest': self.made.digest,
            },
        )
        self.assert_unknown()

    def test_owner_that_is_no_namespace_has_no_uploads(self):
        self.have_image()
        found = self.catalogue.get(doors.IMAGE_ID)
        object.__setattr__(found, 'owner', 'No Name')
        self.catalogue.tokens['alice'] = 'No Name'
        self.assert_unknown()

    def test_manifest_that_is_no_images_is_not_found(self):
        self.have_published(self.made.changed(layers='none'))
        self.assert_unknown()

    def test_both_tokens_are_wanted(self):
        self.have_published(self.made)
        for changes in ({'user': ''}, {'service': ''}):
            err = self.assertRaises(
                exception.Unauthorized, self.ask, AMD64, **changes
            )
            self.assertIn('send_service_user_token', err.message)

    def test_token_of_nobody_opens_nothing(self):
        self.have_published(self.made)
        for changes in ({'user': 'x'}, {'service': 'x'}):
            self.assertRaises(
                exception.Unauthorized, self.ask, AMD64, **changes
            )

    def test_user_is_no_service(self):
        self.have_published(self.made)
        elsewhere = tokens.Holder('e', 'eve', doors.OTHER, ('service',))
        self.tokens.holders['eve'] = elsewhere
        for service in ('alice', 'eve'):
            self.assertRaises(
                exception.Denied, self.ask, AMD64, service=service
            )

    def test_request_that_says_nothing_is_invalid(self):
        for body in (
            *(b'', b'<', [], {}, {'os': 'linux'}, b' ' * 2**17),
            {'os': 1, 'architecture': 'amd64'},
        ):
            self.assertRaises(exception.RequestInvalid, self.ask, body)

    def test_who_cannot_be_asked_is_no_refusal(self):
        self.have_published(self.made)
        away = exception.CatalogueUnavailable('away')
        self.catalogue.error = away
        self.assertIs(
            away,
            self.assertRaises(exception.ServiceUnavailable, self.ask, AMD64),
        )
        self.catalogue.error = None
        self.registry.failure = exception.RegistryUnavailable('away')
        self.assertRaises(exception.ServiceUnavailable, self.ask, AMD64)
