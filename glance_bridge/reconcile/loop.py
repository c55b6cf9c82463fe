"""Sweeping again and again, one process at a time."""

from collections.abc import Callable
import contextlib

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge.reconcile import sweep

LOG = logging.getLogger(__name__)

Lease = Callable[[], contextlib.AbstractContextManager[None]]


class Loop:
    """What the reconciler does from its start to its end.

    :param lease: is held while this process sweeps; raises Locked on entry
        where another one does
    """

    def __init__(
        self, sweeper: sweep.Sweeper, lease: Lease, interval_s: float
    ) -> None:
        self._sweeper = sweeper
        self._lease = lease
        self._interval_s = interval_s

    def run(self) -> None:
        """Sweep at once and then after every interval, until stopped."""
        LOG.info('Comparing both sides every %s s', self._interval_s)
        while not self._sweeper.stopping.is_set():
            self.run_once()
            self._sweeper.stopping.wait(self._interval_s)
        LOG.info('Stopped')

    def stop(self) -> None:
        """End after what is being mended now."""
        self._sweeper.stopping.set()

    def run_once(self) -> None:
        """Sweep, unless another process does."""
        try:
            with self._lease():
                self._sweep()
        except exception.Locked:
            LOG.debug('Another process is sweeping')
        except exception.BridgeError as err:
            LOG.warning(
                'Both sides could not be compared: %(reason)s Next try in '
                '%(seconds)s s.',
                {'reason': err, 'seconds': self._interval_s},
            )
        # The process's loop: whatever it was, the next sweep may do better.
        except Exception:
            LOG.exception('Both sides could not be compared')

    def _sweep(self) -> None:
        outcome = self._sweeper.sweep()
        if outcome.findings:
            LOG.info(
                'Both sides differed in %(found)d places, %(left)d are left.',
                {
                    'found': len(outcome.findings),
                    'left': len(outcome.failed),
                },
            )
