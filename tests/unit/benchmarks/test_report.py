import contextlib
import io
import json
import pathlib
import signal
import tempfile
import unittest
from unittest import mock

from benchmarks.measure import report

PLAIN = report.Metric('plain', 's', [0.1, 0.2, 0.9])


class MetricTest(unittest.TestCase):
    def test_median_and_p90(self):
        metric = report.Metric('m', 's', list(range(1, 11)))
        self.assertEqual((5.5, 9), (metric.median, metric.p90))

    def test_p90_of_few_is_the_worst(self):
        self.assertEqual(0.9, PLAIN.p90)

    def test_target_bounds_the_median(self):
        for target, expected in ((0.2, True), (0.1, False), (None, None)):
            metric = report.Metric('m', 's', [0.2], target)
            self.assertIs(expected, metric.is_reached)

    def test_target_bounds_the_ratio_where_there_is_a_baseline(self):
        for target, expected in ((2.0, True), (1.9, False)):
            metric = report.Metric('m', 's', [0.4], target, PLAIN)
            self.assertEqual(2.0, metric.ratio)
            self.assertIs(expected, metric.is_reached)


class RoundsTest(unittest.TestCase):
    def test_each_round_is_told_and_gives_its_figures(self):
        told = self.enterContext(contextlib.redirect_stderr(io.StringIO()))
        found = list(report.rounds(2, lambda: {'a': 1.0, 'b': 2.0}))
        self.assertEqual([('a', 1.0), ('b', 2.0)] * 2, found)
        self.assertEqual('round 1 of 2\nround 2 of 2\n', told.getvalue())


class ShowTest(unittest.TestCase):
    def test_people_and_programs_read_the_same(self):
        file = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()), 'x.json'
        )
        metric = report.Metric('ours', 's', [0.4], 1.0, PLAIN)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            report.show([PLAIN, metric], file)
        self.assertRegex(printed.getvalue(), r'ours +1 .* 2\.00x +1x +above')
        self.assertEqual(
            {
                'metric': 'ours',
                'unit': 's',
                'n': 1,
                'median': 0.4,
                'p90': 0.4,
                'ratio': 2.0,
                'target': 1.0,
                'pass': False,
            },
            json.loads(file.read_text())[1],
        )


class ArgumentsTest(unittest.TestCase):
    def setUp(self):
        before = signal.getsignal(signal.SIGTERM)
        self.addCleanup(signal.signal, signal.SIGTERM, before)

    def test_counts_have_defaults_and_can_be_given(self):
        with mock.patch('sys.argv', ['x', '--count', '3']):
            found = report.arguments('x', count=20, probes=200)
        self.assertEqual((3, 200), (found.count, found.probes))

    def test_a_run_that_is_stopped_clears_up(self):
        with mock.patch('sys.argv', ['x']):
            report.arguments('x')
        cleared = []
        with (
            self.assertRaises(SystemExit) as stopped,
            contextlib.ExitStack() as stack,
        ):
            stack.callback(cleared.append, True)
            signal.raise_signal(signal.SIGTERM)
        self.assertEqual((143, [True]), (stopped.exception.code, cleared))
