"""How both sides are read."""

import logging

import fixtures
import testtools

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge.reconcile import survey
from tests.fixtures import fake_catalogue
from tests.fixtures import fake_registry
from tests.unit.glance_bridge.db import test_api
from tests.unit.glance_bridge.reconcile import world as worlds

MANIFEST = b'{"schemaVersion":2}'
PIN = location.pin_of('0d8a4f6e-1a37-4bd2-9a51-6f0d4f3e2b10')


class Registry(fake_registry.FakeRegistry):
    """One that may refuse to tell of some repositories or tags."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[str] = set()

    def tags(self, repository: str) -> list[str]:
        if repository in self.refused:
            raise exception.RegistryRefused('no')
        return super().tags(repository)

    def digest_of(self, repository: str, reference: str) -> str | None:
        if f'{repository}:{reference}' in self.refused:
            raise exception.RegistryRefused('no')
        return super().digest_of(repository, reference)


class SurveyTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.WARNING))
        self.registry = Registry()
        self.catalogue = fake_catalogue.FakeCatalogue()
        self.database = test_api.database(self)
        self.survey = survey.Survey(
            self.registry, self.catalogue, self.database, threads=2
        )

    def _push(self, repository: str, *tags: str) -> str:
        for each in tags:
            digest = self.registry.put_manifest(
                *(repository, each, MANIFEST, 'application/json')
            )
        return digest

    def test_everything_is_seen(self):
        digest = self._push('demo/web/api', '1', '2', PIN)
        self._push('memcached', '1')
        row = worlds.publication()
        self.database.save_publication(row)
        self.database.add_binding(model.Binding('demo', 'p1', 'd1'))
        for each in (worlds.image(row), _upload('u1')):
            self.catalogue._images[each.id] = each
        world = self.survey.look()
        self.assertEqual(
            {(worlds.REPOSITORY, each): digest for each in '12'}, world.tags
        )
        self.assertEqual(
            {(worlds.REPOSITORY, PIN): PIN.removeprefix('g-')}, world.pins
        )
        self.assertEqual({row.image_id}, set(world.images))
        self.assertEqual({row.image_id, 'u1'}, world.image_ids)
        self.assertEqual((row,), world.publications)
        self.assertEqual({'demo'}, world.namespaces)

    def test_an_image_is_there_whatever_its_owner_made_of_it(self):
        row = worlds.publication()
        self.database.save_publication(row)
        self.catalogue._images[row.image_id] = _upload(row.image_id)
        world = self.survey.look()
        self.assertEqual({row.image_id}, set(world.images))

    def test_what_is_refused_is_not_taken_for_gone(self):
        for refused in ('demo/web/api', 'demo/web/api:1'):
            self._push('demo/web/api', '1', '2', PIN)
            self._push('demo/other', '1')
            self.database.save_publication(worlds.publication())
            self.registry.refused = {refused}
            world = self.survey.look()
            self.assertEqual(
                {(model.Repository('demo', 'other'), '1')}, set(world.tags)
            )
            self.assertEqual({}, world.pins)
            self.assertEqual((), world.publications)
            self.assertIn('left as it is', self.log.output)

    def test_a_side_that_is_away_ends_it(self):
        self._push('demo/web/api', *'123456')
        self.registry.failure = exception.RegistryUnavailable('away')
        self.assertRaises(exception.RegistryUnavailable, self.survey.look)
        self.registry.failure = None
        self.catalogue.error = exception.ServiceUnavailable('away')
        self.assertRaises(exception.ServiceUnavailable, self.survey.look)

    def test_a_registry_that_goes_away_midway_ends_it(self):
        def fail(repository: str) -> list[str]:
            raise exception.RegistryUnavailable('away')

        self._push('demo/web/api', '1')
        self.registry.tags = fail
        self.assertRaises(exception.RegistryUnavailable, self.survey.look)


def _upload(image_id: str) -> fake_catalogue.Image:
    properties = {'container_format': 'docker'}
    return fake_catalogue.Image(
        image_id, 'mine', 'p1', 'active', properties=properties
    )
