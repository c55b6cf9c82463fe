"""What fails once is run once more, and is told of."""

import contextlib
import io
import pathlib
import re

import testtools

from tools.testing import again
from tools.testing import report

ONE = 'tests.functional.test_a.SomeTest.test_one'
TWO = 'tests.functional.test_a.SomeTest.test_two'
SMOKE = 'tempest.api.compute.test_x.XTest.test_x[id-1-2,smoke]'


class AgainTestCase(testtools.TestCase):
    def _run(self, *results):
        """Run with the results of each time; keep what was asked for."""
        self.asked = []
        left = list(results)

        def once(filters):
            self.asked.append(list(filters))
            passed, failed = left.pop(0)
            return report.Result(
                *('functional', pathlib.Path('log'), 10),
                passed=passed,
                failed=failed,
            )

        with contextlib.redirect_stdout(io.StringIO()) as self.said:
            return again.run(once, ['some'])

    def test_a_run_without_failures_is_the_only_one(self):
        result = self._run((5, []))
        self.assertEqual([['some']], self.asked)
        self.assertEqual((5, []), (result.passed, list(result.unsteady)))

    def test_what_passes_then_is_unsteady(self):
        result = self._run((5, [ONE]), (1, []))
        self.assertEqual((6, [], [ONE], 20), _outcome(result))
        self.assertIn(ONE, self.said.getvalue())

    def test_what_fails_again_is_a_failure(self):
        result = self._run((5, [ONE, TWO]), (1, [TWO]))
        self.assertEqual((6, [TWO], [ONE], 20), _outcome(result))

    def test_only_what_failed_is_run_again(self):
        self._run((5, [ONE, SMOKE]), (2, []))
        first, second = self.asked[1]
        self.assertTrue(re.search(first, ONE))
        self.assertFalse(re.search(first, f'{ONE}_more'))
        self.assertTrue(re.search(second, SMOKE))

    def test_what_could_not_begin_runs_as_a_whole(self):
        for broken in (
            'setUpClass (tests.functional.test_a.SomeTest)',
            'setUpModule (tests.functional.test_a)',
        ):
            result = self._run((5, [broken]), (2, []))
            self.assertTrue(re.search(self.asked[1][0], ONE))
            self.assertEqual((7, [], [broken], 20), _outcome(result))

    def test_many_failures_are_no_accident(self):
        names = [f'{ONE}_{number}' for number in range(again.MOST + 1)]
        self.assertEqual(names, self._run((5, names)).failed)

    def test_what_is_no_test_is_not_run_again(self):
        for broken in (
            'stestr ended with 100',
            f'{TWO} (not run: its worker ended)',
            'leak: container nova-1',
        ):
            failed = [ONE, broken]
            self.assertEqual(failed, self._run((5, failed)).failed)

    def test_a_test_that_did_not_run_again_has_failed(self):
        result = self._run((5, [ONE]), (0, []))
        self.assertEqual((5, [ONE], [], 10), _outcome(result))


def _outcome(result):
    return (
        *(result.passed, list(result.failed)),
        *(list(result.unsteady), result.seconds),
    )
