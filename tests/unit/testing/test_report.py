"""What is printed at the end of a run."""

import pathlib

import testtools

from tools.testing import report

LOG = pathlib.Path('/tmp/x.log')
RESULTS = (
    report.Result('unit', LOG, 3.4, passed=10, skipped=1),
    report.Result('contract[nova-34]', LOG, 20, passed=5, failed=['a', 'b']),
)


class ReportTestCase(testtools.TestCase):
    def test_the_last_line(self):
        self.assertEqual(
            '15 passed, 2 failed, 1 skipped', report.totals(RESULTS)
        )

    def test_the_table_has_a_line_for_each_run(self):
        head, first, second = report.table(RESULTS)
        self.assertEqual(
            ['level', 'passed', 'failed', 'skipped', 'seconds'], head.split()
        )
        self.assertEqual(['unit', '10', '0', '1', '3'], first.split())
        self.assertEqual(
            ['contract[nova-34]', '5', '2', '0', '20'], second.split()
        )

    def test_failures_are_named_with_their_log(self):
        self.assertEqual(
            [
                'FAILED contract[nova-34]: a',
                'FAILED contract[nova-34]: b',
                '  see /tmp/x.log',
            ],
            report.failures(RESULTS),
        )

    def test_unsteady_tests_are_named_with_their_log(self):
        result = report.Result('functional', LOG, 1, passed=2, unsteady=['a'])
        self.assertEqual(
            [
                'UNSTEADY functional: a (passed only when run again)',
                '  see /tmp/x.log',
            ],
            report.failures([result]),
        )
