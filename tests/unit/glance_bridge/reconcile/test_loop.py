"""How often is swept, and by whom."""

from collections.abc import Iterator
import contextlib
import logging
import threading

import fixtures
import testtools

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.reconcile import loop
from glance_bridge.reconcile import model as reconcile_model


class _Sweeper:
    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.count = 0
        self.error: Exception | None = None
        self.findings: tuple[reconcile_model.Finding, ...] = ()
        self.last = 1

    def sweep(self) -> reconcile_model.Outcome:
        self.count += 1
        if self.count >= self.last:
            self.stopping.set()
        if self.error:
            raise self.error
        return reconcile_model.Outcome(self.findings)


class LoopTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.INFO))
        self.sweeper = _Sweeper()
        self.is_ours = True
        self.loop = loop.Loop(self.sweeper, self._lease, 0.001)

    @contextlib.contextmanager
    def _lease(self) -> Iterator[None]:
        if not self.is_ours:
            raise exception.Locked('sweep')
        yield

    def test_it_sweeps_until_it_is_stopped(self):
        self.sweeper.last = 3
        self.loop.run()
        self.assertEqual(3, self.sweeper.count)

    def test_a_stop_before_the_start_is_one(self):
        self.loop.stop()
        self.loop.run()
        self.assertEqual(0, self.sweeper.count)

    def test_one_process_sweeps_at_a_time(self):
        self.is_ours = False
        self.loop.run_once()
        self.assertEqual(0, self.sweeper.count)
        self.assertEqual('', self.log.output)

    def test_it_goes_on_after_a_failure(self):
        for error, said in (
            (exception.RegistryUnavailable('away'), 'does not answer'),
            (KeyError('odd'), 'odd'),
        ):
            self.sweeper.error = error
            self.loop.run_once()
            self.assertIn(said, self.log.output)

    def test_it_says_what_it_found(self):
        self.loop.run_once()
        self.assertNotIn('differed', self.log.output)
        repository = model.Repository('demo', 'x')
        self.sweeper.findings = (
            reconcile_model.Finding(
                reconcile_model.Kind.BROKEN, repository, '1'
            ),
        )
        self.loop.run_once()
        self.assertIn('differed in 1 places, 0 are left', self.log.output)
