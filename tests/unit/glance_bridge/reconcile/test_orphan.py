"""When a pin is of no use for too long, and when one is missed."""

from collections.abc import Sequence

import testtools

from glance_bridge import exception
from glance_bridge import location
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.reconcile import orphan
from tests.fixtures import fake_catalogue
from tests.unit.glance_bridge.reconcile import world as worlds

Images = Sequence[catalogue_image.Image]
IMAGE_ID = 'd0d1d2d3-0000-4000-8000-000000000000'
USED = location.location_of(
    str(worlds.REPOSITORY), worlds.digest('a'), IMAGE_ID
)


class OrphansTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.now = 0.0
        self.catalogue = fake_catalogue.FakeCatalogue()
        self.orphans = orphan.Orphans(
            self.catalogue, grace_s=10, clock=lambda: self.now
        )

    def _find(self, *pins: str, images: Images = ()) -> list[tuple[str, str]]:
        world = worlds.world({}, pins=list(pins), images=[*images])
        return [
            (each.kind.value, each.image_id)
            for each in self.orphans.find(world)
        ]

    def _image(self, status: str, url: str | None) -> catalogue_image.Image:
        self.catalogue.squat(IMAGE_ID, 'p1', url)
        return catalogue_image.Image(IMAGE_ID, 'x', 'p1', status)

    def test_it_has_its_time(self):
        self.assertEqual([], self._find('a'))
        self.now = 9
        self.assertEqual([], self._find('a', 'b'))
        self.now = 10
        self.assertEqual([('orphaned', 'a')], self._find('a', 'b'))

    def test_those_that_have_time_left_are_known(self):
        self._find('a')
        self.assertEqual(['a'], [e.image_id for e in self.orphans.young])
        self.now = 10
        self._find('a', 'b')
        self.assertEqual(['b'], [e.image_id for e in self.orphans.young])

    def test_its_time_begins_anew_when_it_comes_back(self):
        self._find('a')
        self.now = 5
        self._find()
        self.now = 10
        self.assertEqual([], self._find('a'))

    def test_an_image_without_its_data_uses_no_pin(self):
        elsewhere = location.location_of(
            'other/x', worlds.digest('a'), IMAGE_ID
        )
        for status, url in (
            ('queued', None),
            ('importing', None),
            ('active', 'file:///images/1'),
            ('active', elsewhere),
        ):
            image = self._image(status, url)
            self.assertEqual([], self._find(IMAGE_ID, images=[image]))
            self.now += 10
            found = self._find(IMAGE_ID, images=[image])
            self.assertEqual([('orphaned', IMAGE_ID)], found)
            self._find()

    def test_an_image_of_another_format_may_use_it(self):
        self._image('active', USED)
        self._find(IMAGE_ID)
        self.now = 10
        self.assertEqual([], self._find(IMAGE_ID))

    def test_where_an_image_has_its_data_is_asked_once(self):
        image = self._image('active', USED)
        self._find(IMAGE_ID, images=[image])
        self.now = 10
        self.catalogue.error = AssertionError
        self.assertEqual([], self._find(IMAGE_ID, images=[image]))

    def test_what_glance_does_not_say_is_used(self):
        image = self._image('active', None)
        self.catalogue.error = exception.CatalogueRefused('not for you')
        self._find(IMAGE_ID, images=[image])
        self.now = 10
        self.assertEqual([], self._find(IMAGE_ID, images=[image]))

    def test_a_pin_that_is_used_is_missed(self):
        image = self._image('active', USED)
        self._find(IMAGE_ID, images=[image])
        for _ in range(2):
            self.assertEqual(
                [('unpinned', IMAGE_ID)], self._find(images=[image])
            )
        self.assertEqual([], self._find())
        self.assertEqual([], self._find(images=[image]))

    def test_one_that_was_dropped_in_the_wrong_moment_is_missed(self):
        image = self._image('importing', None)
        self._find(IMAGE_ID, images=[image])
        self.now = 10
        found = self._find(IMAGE_ID, images=[image])
        self.assertEqual([('orphaned', IMAGE_ID)], found)
        image = self._image('active', USED)
        self.assertEqual([('unpinned', IMAGE_ID)], self._find(images=[image]))

    def test_what_was_published_is_not_asked_for(self):
        self.catalogue.error = AssertionError
        row = worlds.publication()
        self.assertEqual([], self.orphans.find(worlds.world({'1': 'a'}, row)))

    def test_what_was_published_keeps_its_pins_though_it_is_gone(self):
        """Whoever sees a user in that, and no disaster, drops them."""
        row = worlds.publication()
        world = worlds.world({'1': 'a'}, row, images=[], pins=[row.image_id])
        for self.now in (0, 10):
            self.assertEqual([], self.orphans.find(world))
            self.assertEqual([], self.orphans.young)
