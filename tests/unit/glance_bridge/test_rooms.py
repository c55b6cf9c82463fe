"""How the rooms come to be."""

import threading

import testtools

from glance_bridge import rooms


class _Rooms(rooms.Rooms):
    def __init__(self) -> None:
        super().__init__(conf=None)
        self.count = 0
        self.started = threading.Event()
        self.go_on = threading.Event()

    @rooms.room
    def slow(self) -> object:
        """A room that takes its time."""
        self.count += 1
        self.started.set()
        self.go_on.wait(10)
        return object()

    @rooms.room
    def above(self) -> list[object]:
        return [self.slow]


class RoomTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.rooms = _Rooms()

    def test_it_is_made_once_and_only_when_asked_for(self):
        self.rooms.go_on.set()
        self.assertEqual(0, self.rooms.count)
        self.assertIs(self.rooms.slow, self.rooms.above[0])
        self.assertEqual(1, self.rooms.count)

    def test_two_threads_get_the_same(self):
        found = []
        threads = [
            threading.Thread(target=lambda: found.append(self.rooms.slow))
            for _ in range(2)
        ]
        for each in threads:
            each.start()
        self.assertTrue(self.rooms.started.wait(10))
        self.rooms.go_on.set()
        for each in threads:
            each.join(10)
        self.assertIs(*found)
        self.assertEqual(1, self.rooms.count)

    def test_the_class_shows_what_it_has(self):
        self.assertIsInstance(_Rooms.slow, rooms.room)
        self.assertEqual('A room that takes its time.', _Rooms.slow.__doc__)
