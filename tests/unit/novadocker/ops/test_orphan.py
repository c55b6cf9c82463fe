"""What the engine has lost is ended; what ends by itself is not."""

import fixtures
import testtools

from novadocker.ops import orphan

_ID = '0123456789abcdef' * 4


class OrphanTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.now = 0.0
        self.ends_at = 0.0
        self.killed = []
        for name, fake in (('pids', self._pids), ('kill', self.killed.append)):
            self.useFixture(
                fixtures.MonkeyPatch(f'novadocker.privsep.shim.{name}', fake)
            )

    def _pids(self, container_id):
        return (77,) if self.now < self.ends_at else ()

    def _sleep(self, seconds):
        self.now += seconds

    def _end(self):
        return orphan.end(_ID, clock=lambda: self.now, sleep=self._sleep)

    def test_nothing_runs(self):
        self.assertFalse(self._end())
        self.assertEqual(([], 0.0), (self.killed, self.now))

    def test_shim_that_is_just_ending(self):
        self.ends_at = 0.3
        self.assertFalse(self._end())
        self.assertEqual(([], ''), (self.killed, self.log.output))

    def test_shim_that_lives_on(self):
        self.ends_at = 1000
        self.assertTrue(self._end())
        self.assertEqual([_ID], self.killed)
        self.assertIn('77', self.log.output)
        # It gave it a second before and containerd another one after that.
        self.assertTrue(2 <= self.now < 3, self.now)
