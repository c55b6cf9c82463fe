"""Seconds by phase, also of the phase that failed."""

import re

import testtools

from novadocker.ops import stopwatch


class StopwatchTestCase(testtools.TestCase):
    def test_phases_in_their_order(self):
        watch = stopwatch.Stopwatch()
        with watch.phase('one'):
            pass
        with watch.phase('two'):
            pass
        self.assertTrue(
            re.fullmatch(r'one \d+\.\d{3} s, two \d+\.\d{3} s', str(watch))
        )

    def test_phase_that_fails_counts(self):
        watch = stopwatch.Stopwatch()
        with testtools.ExpectedException(ValueError), watch.phase('one'):
            raise ValueError
        self.assertTrue(str(watch).startswith('one '))
