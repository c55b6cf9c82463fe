import testtools

from glance_bridge.identity import cache
from tests.fixtures import clock


class CacheTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.clock = clock.Clock()
        self.cache = cache.Cache[str](self.clock, 2)

    def test_a_value_is_there_for_its_time(self):
        self.cache.put('a', 'one', 60)
        self.clock.go(59)
        self.assertEqual('one', self.cache.get('a'))
        self.clock.go(1)
        self.assertIsNone(self.cache.get('a'))

    def test_the_oldest_goes_first(self):
        self.cache.put('a', 'one', 60)
        self.cache.put('b', 'two', 60)
        self.cache.put('a', 'three', 60)
        self.cache.put('c', 'four', 60)
        found = [self.cache.get(key) for key in 'abc']
        self.assertEqual(['three', None, 'four'], found)


class GatesTest(testtools.TestCase):
    def test_a_key_has_one_lock(self):
        gates = cache.Gates()
        self.assertIs(gates.of(('a', 'b')), gates.of(('a', 'b')))
