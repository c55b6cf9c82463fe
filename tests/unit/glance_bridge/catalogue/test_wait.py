"""Waiting ends: with an image, with a reason, or with time."""

import testtools

from glance_bridge import exception
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.catalogue import wait
from tests.fixtures import fake_catalogue


class FakeClock:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self):
        self.now_s = 0.0
        self.pauses_s = []

    def __call__(self):
        return self.now_s

    def sleep(self, seconds):
        self.pauses_s.append(seconds)
        self.now_s += seconds


class WaiterTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.clock = FakeClock()
        self.catalogue = fake_catalogue.FakeCatalogue()
        self.waiter = wait.Waiter(
            self.catalogue,
            active_timeout_s=10,
            hash_timeout_s=20,
            clock=self.clock,
            sleep=self.clock.sleep,
        )
        self.catalogue.create(
            catalogue_image.Draft('image', 'name', 'project', 0, {})
        )

    def test_it_asks_often_at_first_and_then_less(self):
        self.catalogue.looks = 40
        self.catalogue.add_location('image', 'url')
        self.assertTrue(self.waiter.until_active('image').is_active)
        pauses_s = self.clock.pauses_s
        self.assertEqual(sorted(pauses_s), pauses_s)
        self.assertEqual(0.01, pauses_s[0])
        self.assertEqual(0.25, pauses_s[-1])

    def _wait(self, image_id, looks):
        """Wait for one more image; give the pauses between the looks."""
        self.catalogue.looks = looks
        self.catalogue.create(
            catalogue_image.Draft(image_id, 'name', 'project', 0, {})
        )
        self.catalogue.add_location(image_id, 'url')
        self.clock.pauses_s.clear()
        self.waiter.until_active(image_id)
        return list(self.clock.pauses_s)

    def test_nobody_asks_before_the_last_one_was_done(self):
        before = self._wait('one', 8)
        self.assertEqual(9, len(before))
        (first_s,) = self._wait('two', 0)
        self.assertAlmostEqual(sum(before[:-1]), first_s)

    def test_what_was_done_at_the_first_look_is_looked_at_earlier(self):
        self._wait('one', 8)
        pauses_s = [self._wait(f'image-{n}', 0) for n in range(40)]
        firsts_s = [each for (each,) in pauses_s]
        self.assertEqual(sorted(firsts_s, reverse=True), firsts_s)
        self.assertLess(firsts_s[1], firsts_s[0])
        self.assertEqual(0.01, firsts_s[-1])

    def test_a_slow_one_keeps_the_next_no_longer_than_a_pause(self):
        self._wait('one', 30)
        self.assertEqual([0.25], self._wait('two', 0))

    def test_nobody_asks_before_glance_let_the_last_one_go(self):
        self.catalogue.hash_looks = 3
        (first_s,) = self._wait('one', 0)
        self.waiter.until_free(self.catalogue.get('one'))
        (next_s,) = self._wait('two', 0)
        self.assertGreater(next_s, first_s)

    def test_one_that_failed_teaches_nothing(self):
        self.catalogue.wedge('image')
        self.assertRaises(
            exception.CatalogueUnavailable, self.waiter.until_active, 'image'
        )
        self.assertEqual([0.01], self._wait('two', 0))

    def test_a_failed_location_is_told_at_once(self):
        self.catalogue.broken.add('url')
        self.catalogue.add_location('image', 'url')
        error = self.assertRaises(
            exception.LocationFailed, self.waiter.until_active, 'image'
        )
        self.assertIn('Internal Error', error.message)
        self.assertLess(self.clock.now_s, 1)

    def test_an_image_without_a_task_is_not_waited_for(self):
        error = self.assertRaises(
            exception.LocationFailed, self.waiter.until_active, 'image'
        )
        self.assertIn('it does not say why', error.message)

    def test_a_mark_left_by_a_failed_task_is_seen_through(self):
        self.catalogue.wedge('image')
        self.catalogue.failure = lambda image_id: 'it broke'
        error = self.assertRaises(
            exception.LocationFailed, self.waiter.until_active, 'image'
        )
        self.assertIn('it broke', error.message)
        self.assertLess(self.clock.now_s, 3)

    def test_a_mark_left_by_a_dead_glance_is_waited_for_so_long(self):
        self.catalogue.wedge('image')
        self.assertRaises(
            exception.CatalogueUnavailable, self.waiter.until_active, 'image'
        )
        self.assertLess(self.clock.now_s, 11)

    def test_a_hash_is_waited_for(self):
        self.catalogue.hash_looks = 5
        self.catalogue.add_location('image', 'url')
        found = self.waiter.until_active('image')
        self.assertTrue(found.is_busy)
        self.assertFalse(self.waiter.until_free(found).is_busy)

    def test_a_hash_is_waited_for_so_long(self):
        self.catalogue.hash_looks = 10_000
        self.catalogue.add_location('image', 'url')
        found = self.waiter.until_active('image')
        self.assertTrue(self.waiter.until_free(found).is_busy)
        self.assertLess(self.clock.now_s, 22)

    def test_a_free_image_is_not_asked_for(self):
        self.catalogue.add_location('image', 'url')
        found = self.waiter.until_active('image')
        self.catalogue.error = AssertionError('asked')
        self.assertIs(found, self.waiter.until_free(found))
