"""Waiting for an engine: as long as it is worth it, and no longer."""

import fixtures
import testtools

from novadocker import exception
from novadocker.ops import patience

AWAY = exception.EngineUnavailable(host='h', reason='it restarts')
BUSY = exception.ContainerConflict(action='remove', reason='at work')
ABSENT = exception.ContainerNotFound(name='n')


class PatienceTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.now = 0.0
        self.tries = 0

    def _sleep(self, seconds):
        self.now += seconds

    def _outlast(self, *failures, within_s=60, **more):
        """Fail some times, and succeed then."""
        left = [*failures]

        def deed():
            self.tries += 1
            if left:
                raise left.pop(0)
            return 'done'

        waiter = patience.Patience(
            within_s, clock=lambda: self.now, sleep=self._sleep
        )
        return waiter.outlast(deed, **more)

    def test_success_needs_no_time(self):
        self.assertEqual('done', self._outlast())
        self.assertEqual((1, 0.0), (self.tries, self.now))

    def test_temporary_failures_are_outlasted_and_told(self):
        self.assertEqual('done', self._outlast(AWAY, BUSY, AWAY))
        self.assertGreater(self.now, 0)
        self.assertIn('it restarts', self.log.output)

    def test_absence_is_final(self):
        self.assertRaises(exception.ContainerNotFound, self._outlast, ABSENT)
        self.assertEqual(1, self.tries)

    def test_absence_of_what_is_awaited_is_temporary(self):
        found = self._outlast(ABSENT, ABSENT, awaits_container=True)
        self.assertEqual('done', found)

    def test_time_has_an_end(self):
        failures = [AWAY] * 1000
        self.assertRaises(
            exception.EngineUnavailable, self._outlast, *failures
        )
        self.assertTrue(60 <= self.now < 66, self.now)
        self.assertLess(self.tries, 30)

    def test_without_time_there_is_one_try(self):
        self.assertRaises(
            exception.EngineUnavailable, self._outlast, AWAY, within_s=0
        )
        self.assertEqual(1, self.tries)

    def test_other_failures_are_not_ours_to_outlast(self):
        self.assertRaises(ValueError, self._outlast, ValueError())
