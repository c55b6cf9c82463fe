"""When a pin has no image for too long."""

import testtools

from glance_bridge.reconcile import orphan
from tests.fixtures import fake_catalogue
from tests.unit.glance_bridge.reconcile import world as worlds


class OrphansTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.now = 0.0
        self.catalogue = fake_catalogue.FakeCatalogue()
        self.orphans = orphan.Orphans(
            self.catalogue, grace_s=10, clock=lambda: self.now
        )

    def _find(self, *pins: str) -> list[str]:
        world = worlds.world({}, pins=list(pins))
        return [each.image_id for each in self.orphans.find(world)]

    def test_it_has_its_time(self):
        self.assertEqual([], self._find('a'))
        self.now = 9
        self.assertEqual([], self._find('a', 'b'))
        self.now = 10
        self.assertEqual(['a'], self._find('a', 'b'))

    def test_its_time_begins_anew_when_it_comes_back(self):
        self._find('a')
        self.now = 5
        self._find()
        self.now = 10
        self.assertEqual([], self._find('a'))

    def test_an_image_of_another_format_is_an_image(self):
        self.catalogue.squat('a', 'p1')
        self._find('a')
        self.now = 10
        self.assertEqual([], self._find('a'))

    def test_an_image_that_was_seen_is_not_asked_for(self):
        self.catalogue.error = AssertionError
        row = worlds.publication()
        self.assertEqual([], self.orphans.find(worlds.world({'1': 'a'}, row)))
