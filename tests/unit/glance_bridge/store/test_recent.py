"""Plans are made once in a moment, and once more after it."""

import testtools

from glance_bridge.store import recent
from tests.unit.glance_bridge.publish import world as worlds


class RecentTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.made = []
        self.clock = worlds.FakeClock()
        self.plans = recent.Plans(self._make, self.clock)

    def _make(self, repository, digest):
        if digest == 'gone':
            self.made.append(digest)
            raise LookupError(digest)
        self.made.append((repository, digest))
        return object()

    def test_what_is_asked_again_at_once_is_made_once(self):
        first = self.plans.get('demo/web', 'one')
        self.assertIs(first, self.plans.get('demo/web', 'one'))
        self.assertEqual([('demo/web', 'one')], self.made)

    def test_the_same_digest_elsewhere_is_another(self):
        first = self.plans.get('demo/web', 'one')
        self.assertIsNot(first, self.plans.get('demo/api', 'one'))

    def test_it_is_made_again_after_a_moment(self):
        first = self.plans.get('demo/web', 'one')
        self.clock.sleep(2)
        self.assertIsNot(first, self.plans.get('demo/web', 'one'))

    def test_what_is_not_there_is_looked_for_each_time(self):
        for _ in range(2):
            self.assertRaises(LookupError, self.plans.get, 'demo/web', 'gone')
        self.assertEqual(['gone', 'gone'], self.made)

    def test_few_are_kept(self):
        for number in range(40):
            self.plans.get('demo/web', str(number))
        self.made.clear()
        self.plans.get('demo/web', '0')
        self.assertEqual([('demo/web', '0')], self.made)
