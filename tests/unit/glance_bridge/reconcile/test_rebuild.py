"""Rows that come back after the database was lost."""

import dataclasses

import testtools

from glance_bridge.reconcile import model
from glance_bridge.reconcile import rebuild
from tests.unit.glance_bridge.reconcile import world as worlds
from tests.unit.glance_bridge.reconcile.world import RETIRED


def _without_rows(world: model.World) -> model.World:
    return dataclasses.replace(world, publications=(), namespaces=frozenset())


class UnrecordedTestCase(testtools.TestCase):
    def test_every_row_comes_back_as_it_was(self):
        rows = [
            worlds.publication(),
            worlds.publication(letter='b', state=RETIRED),
            worlds.publication(tag='2', generation=3),
        ]
        world = _without_rows(worlds.world({'1': 'a', '2': 'a'}, *rows))
        found = rebuild.unrecorded(world, worlds.recognize)
        self.assertEqual({each.image_id: each for each in rows}, found)

    def test_what_is_known_is_not_asked_about(self):
        world = worlds.world({'1': 'a'}, worlds.publication())
        self.assertEqual({}, rebuild.unrecorded(world, worlds.recognize))

    def test_an_image_without_its_tag_is_retired(self):
        row = worlds.publication()
        world = _without_rows(worlds.world({}, row))
        (found,) = rebuild.unrecorded(world, worlds.recognize).values()
        self.assertEqual(RETIRED, found.state)

    def test_what_nobody_recognizes_is_somebody_elses(self):
        world = _without_rows(worlds.world({}, worlds.publication()))
        self.assertEqual({}, rebuild.unrecorded(world, lambda image: None))


class OwnersTestCase(testtools.TestCase):
    def test_a_namespace_is_its_images_project(self):
        row = worlds.publication()
        world = _without_rows(worlds.world({}, row))
        rows = {row.image_id: row}
        self.assertEqual({'demo': 'p1'}, rebuild.owners(world, rows))
        self.assertEqual({}, rebuild.owners(world, {}))

    def test_a_bound_one_is_left_alone(self):
        world = worlds.world({'1': 'a'}, worlds.publication())
        self.assertEqual({}, rebuild.owners(world, {}))
