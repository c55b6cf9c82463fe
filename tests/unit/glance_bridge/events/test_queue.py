"""How hints wait and are worked off."""

import datetime
import logging
import threading

import fixtures
import testtools

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.events import queue

REPOSITORY = model.Repository('demo', 'x')
EARLY = datetime.datetime(2026, 1, 1)
LATE = datetime.datetime(2026, 1, 2)


class _Settler:
    def __init__(self) -> None:
        self.seen: list[tuple[object, ...]] = []
        self.errors: list[Exception] = []
        self.done = threading.Event()

    def tag(
        self,
        repository: model.Repository,
        tag: str,
        told_at: datetime.datetime,
    ) -> None:
        self.seen.append((tag, told_at))
        self.done.set()
        if self.errors:
            raise self.errors.pop()

    def image(self, repository: model.Repository, image_id: str) -> None:
        self.seen.append((image_id,))


class _Idle(queue.Hints):
    """Hints without a thread, so that a test is the only one at work."""

    def _start(self) -> None:
        pass


class HintsTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.WARNING))
        self.now = 0.0
        self.settler = _Settler()
        self.hints = _Idle(self.settler, 1.0, 3, lambda: self.now)

    def test_a_tag_is_looked_at_after_a_moment(self):
        self.hints.look_at(REPOSITORY, 'a', EARLY)
        self.assertEqual(1.0, self.hints.work_off())
        self.assertEqual([], self.settler.seen)
        self.now = 1.0
        self.assertIsNone(self.hints.work_off())
        self.assertEqual([('a', EARLY)], self.settler.seen)

    def test_a_tag_waits_once_and_keeps_the_latest_time(self):
        for moment in (EARLY, LATE, EARLY):
            self.assertTrue(self.hints.look_at(REPOSITORY, 'a', moment))
        self.now = 1.0
        self.hints.work_off()
        self.assertEqual([('a', LATE)], self.settler.seen)

    def test_an_image_waits_like_a_tag(self):
        self.hints.look_at_image(REPOSITORY, 'i')
        self.now = 1.0
        self.hints.work_off()
        self.assertEqual([('i',)], self.settler.seen)

    def test_what_does_not_fit_is_dropped(self):
        for tag in 'abc':
            self.assertTrue(self.hints.look_at(REPOSITORY, tag))
        self.assertFalse(self.hints.look_at(REPOSITORY, 'd'))
        self.assertTrue(self.hints.look_at(REPOSITORY, 'a'))

    def test_what_is_away_is_tried_again_ever_later(self):
        self.settler.errors = [
            exception.ServiceUnavailable('away') for _ in range(2)
        ]
        self.hints.look_at(REPOSITORY, 'a')
        for wait_s in (1.0, 2.0, 4.0):
            self.assertEqual(wait_s, self.hints.work_off())
            self.now += wait_s
        self.assertIsNone(self.hints.work_off())
        self.assertEqual(3, len(self.settler.seen))
        self.assertEqual('', self.log.output)

    def test_what_stays_away_is_left_to_the_reconciler(self):
        self.settler.errors = [
            exception.ServiceUnavailable('away') for _ in range(9)
        ]
        self.hints.look_at(REPOSITORY, 'a')
        while self.hints.work_off() is not None:
            self.now += 100
        self.assertEqual(queue.ATTEMPTS, len(self.settler.seen))
        self.assertIn('demo/x:a is left to', self.log.output)

    def test_a_failure_does_not_stop_the_next(self):
        self.settler.errors = [KeyError('odd')]
        for tag in 'ab':
            self.hints.look_at(REPOSITORY, tag)
        self.now = 1.0
        self.assertIsNone(self.hints.work_off())
        self.assertEqual(2, len(self.settler.seen))
        self.assertIn('odd', self.log.output)


class ThreadTestCase(testtools.TestCase):
    def test_a_hint_starts_the_work(self):
        settler = _Settler()
        hints = queue.Hints(settler, 0.01, 3)
        for tag in 'ab':
            hints.look_at(REPOSITORY, tag)
            self.assertTrue(settler.done.wait(60))
            settler.done.clear()
        self.assertEqual(['a', 'b'], [tag for tag, _ in settler.seen])
