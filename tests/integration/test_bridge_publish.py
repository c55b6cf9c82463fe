"""Tags and their images in the real Glance, through all of their lives.

The test is one more process of the bridge: it pushes past the proxy and
publishes itself, so what it sees is no doing of the front or the events.
"""

import concurrent.futures
import contextlib
import uuid

from oslo_config import cfg

from glance_bridge import conf as bridge_conf
from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge import rooms as bridge_rooms
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.publish import naming
from tests.contract import catalogue_contract
from tests.fixtures import archives
from tests.fixtures import images
from tests.integration import cloud

State = model.State


def rooms() -> bridge_rooms.Rooms:
    """Be one more process of the cloud's bridge."""
    home = cloud.environment()['NOVA_DOCKER_HOME']
    variable = {bridge_conf.FOLDER_VARIABLE: f'{home}/etc/glance-bridge'}
    conf = bridge_conf.load([], variable, cfg.ConfigOpts())
    return bridge_rooms.Rooms(conf)


class PublishingTestCase(cloud.CloudTestCase):
    """A test with a namespace of its own, which is the demo project's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rooms = rooms()
        cls.catalogue = cls.rooms.catalogue
        cls.registry = cls.rooms.registry
        cls.publisher = cls.rooms.publisher
        cls.owner = cls.admin.identity.find_project('demo').id

    def setUp(self):
        super().setUp()
        self.namespace = f'test-{uuid.uuid4().hex[:8]}'
        self.repository = model.Repository(self.namespace, 'web/api')
        binding = model.Binding(self.namespace, self.owner, 'default')
        self.rooms.database.add_binding(binding)
        self.addCleanup(self.rooms.database.remove_binding, self.namespace)
        self.addCleanup(self.forget)

    def forget(self):
        """Delete what the test left in Glance, the registry and the rows."""
        for tag in self.registry.tags(str(self.repository)):
            with contextlib.suppress(exception.RegistryNotFound):
                self.registry.untag(str(self.repository), tag)
        for image in self.published():
            self.catalogue.delete(image.id)
        for row in self.rooms.database.publications(self.repository):
            self.rooms.database.remove_publication(row.image_id)

    def made(self, number=0):
        """Make an image like no other."""
        content = f'{self.namespace} {number}'.encode()
        return images.image(archives.files({'file': content}))

    def tag(self, made, tag='latest'):
        images.push(self.registry, str(self.repository), made, tag)

    def push(self, made, tag='latest'):
        """Do what the front does of a push."""
        self.tag(made, tag)
        return self.publisher.publish(self.repository, tag, is_push=True)

    def published(self):
        return list(
            self.catalogue.published(docker_repository=str(self.repository))
        )

    def visible(self, tag='latest'):
        return self.catalogue.named(
            self.owner, naming.name_of(self.repository.path, tag)
        )

    def check_shown(self, publication, tag='latest'):
        """Check that a tag is one image, and that this is it."""
        (image,) = self.visible(tag)
        self.assertEqual(publication.image_id, image.id)
        self.assertTrue(image.is_active)
        self.assertEqual(
            [
                location.location_of(
                    str(self.repository), publication.digest, image.id
                )
            ],
            self.catalogue.locations(image.id),
        )


class LifeTest(PublishingTestCase):
    def test_a_tag_moves_and_comes_back(self):
        one, two = self.made(1), self.made(2)
        first = self.push(one)
        self.check_shown(first)
        second = self.push(two)
        self.check_shown(second)
        old = self.catalogue.get(first.image_id)
        self.assertTrue(old.is_hidden)
        self.assertEqual(f'web/api@{one.digest}', old.name)
        self.assertEqual(first, self.push(one))
        self.check_shown(first)
        self.assertEqual(2, len(self.published()))
        tags = self.registry.tags(str(self.repository))
        for each in (first, second):
            self.assertIn(location.pin_of(each.image_id), tags)

    def test_a_tag_goes(self):
        first = self.push(self.made())
        self.registry.untag(str(self.repository), 'latest')
        self.publisher.withdraw(self.repository, 'latest')
        self.assertEqual([], self.visible())
        self.assertTrue(self.catalogue.get(first.image_id).is_active)

    def test_an_index_is_one_image_and_its_manifests_are_pinned(self):
        child = self.made()
        found = self.push(images.index(child, images.attestation(child)))
        self.check_shown(found)
        self.assertEqual(1, len(self.published()))
        pin = location.child_pin_of(found.image_id, 0)
        self.assertEqual(
            child.digest, self.registry.digest_of(str(self.repository), pin)
        )

    def test_what_is_no_image_is_not_published(self):
        for made in (images.chart(), images.signature()):
            self.assertIsNone(self.push(made))
        self.assertEqual([], self.published())

    def test_what_a_user_deleted_comes_back_for_a_push_alone(self):
        first = self.push(self.made())
        self.catalogue.delete(first.image_id)
        for _ in range(2):
            self.assertIsNone(
                self.publisher.publish(self.repository, 'latest')
            )
        # The same without rows: Glance gives the id to nobody.
        self.rooms.database.remove_publication(first.image_id)
        self.assertIsNone(self.publisher.publish(self.repository, 'latest'))
        self.assertEqual([], self.published())
        second = self.push(self.made())
        self.assertEqual(1, second.generation)
        self.check_shown(second)

    def test_release_of_a_deleted_image_takes_its_tags(self):
        first = self.push(self.made())
        other = self.push(self.made(), 'stable')
        self.catalogue.delete(first.image_id)
        self.publisher.release(self.repository, first.image_id)
        tags = self.registry.tags(str(self.repository))
        pin = location.pin_of(other.image_id)
        self.assertEqual(sorted(['stable', pin]), sorted(tags))
        self.check_shown(other, 'stable')

    def test_lost_rows_are_no_lost_images(self):
        first = self.push(self.made(1))
        self.rooms.database.remove_publication(first.image_id)
        self.assertEqual(
            first, self.publisher.publish(self.repository, 'latest')
        )
        self.rooms.database.remove_publication(first.image_id)
        second = self.push(self.made(2))
        self.check_shown(second)
        row = self.rooms.database.publication(first.image_id)
        self.assertIs(State.RETIRED, row.state)

    def test_many_pushes_of_one_tag_end_as_the_tag_says(self):
        made = [self.made(number) for number in range(6)]
        others = [rooms().publisher for _ in range(2)]

        def push(number):
            publisher = others[number % 2]
            with publisher.locked(self.repository, 'latest'):
                self.tag(made[number])
                publisher.publish(self.repository, 'latest', is_push=True)

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            list(pool.map(push, range(6)))
        digest = self.registry.digest_of(str(self.repository), 'latest')
        (image,) = self.visible()
        row = self.rooms.database.publication(image.id)
        self.assertEqual(digest, row.digest)
        self.check_shown(row)
        self.assertEqual(6, len(self.published()))


class AttackTest(PublishingTestCase):
    def _next_id(self, made, generation=0):
        """Compute an id, which needs the bridge's secret."""
        key = self.rooms.conf.publishing.image_id_key.encode()
        return naming.image_id_of(
            key, str(self.repository), 'latest', made.digest, generation
        )

    def test_an_id_that_was_taken_is_left_alone(self):
        made = self.made()
        taken = self._next_id(made)
        theirs = self.admin.image.create_image(
            id=taken, name='theirs', container_format='docker'
        )
        self.addCleanup(self.catalogue.delete, theirs.id)
        found = self.push(made)
        self.assertEqual(self._next_id(made, 1), found.image_id)
        self.check_shown(found)
        self.assertEqual('theirs', self.catalogue.get(taken).name)
        self.rooms.database.remove_publication(found.image_id)
        self.assertEqual(
            found, self.publisher.publish(self.repository, 'latest')
        )

    def test_an_image_that_only_says_so_is_not_recognized(self):
        found = self.catalogue.get(self.push(self.made()).image_id)
        draft = catalogue_image.Draft(
            str(uuid.uuid4()),
            'theirs',
            self.owner,
            0,
            {
                name: value
                for name, value in found.properties.items()
                if name.startswith('docker_')
            },
        )
        theirs = self.catalogue.create(draft)
        self.addCleanup(self.catalogue.delete, theirs.id)
        self.assertIsNone(self.publisher.recognize(theirs))
        self.assertIsNotNone(self.publisher.recognize(found))


class CatalogueTest(catalogue_contract.CatalogueContract, PublishingTestCase):
    """The real Glance is as the fake one is."""

    def setUp(self):
        super().setUp()
        self.data = f'{self.namespace}/data'
        self.content = self.made()
        images.push(self.registry, self.data, self.content, 'latest')

    def forget(self):
        """The contract takes away what it makes."""

    def location_url(self, image_id):
        return location.location_of(self.data, self.content.digest, image_id)

    def broken_url(self, image_id):
        return location.location_of(
            self.data, catalogue_contract.DIGEST, image_id
        )
