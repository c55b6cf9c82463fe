"""Reading results as they come."""

import io

import testtools
from testtools import content

from tools.testing import stream


def _test(name, status, **details):
    return {
        'id': name,
        'status': status,
        'details': {
            key: content.text_content(value) for key, value in details.items()
        },
    }


class TallyTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = io.StringIO()
        self.tally = stream.Tally('unit', self.log)

    def _add(self, *tests):
        for each in tests:
            self.tally.add(each)
        self.tally.close()

    def test_outcomes_are_counted(self):
        self._add(
            _test('a', 'success'),
            _test('b', 'xfail'),
            _test('c', 'skip', reason='no daemon'),
            _test('d', 'fail', traceback='boom'),
            _test('e', 'uxsuccess'),
        )
        self.assertEqual(2, self.tally.passed)
        self.assertEqual(1, self.tally.skipped)
        self.assertEqual(['d', 'e'], self.tally.failed)

    def test_reasons_are_logged(self):
        self._add(
            _test('c', 'skip', reason='no daemon'),
            _test('d', 'fail', traceback='boom'),
        )
        self.assertIn(
            'SKIP c (skip)\n-- reason\nno daemon', self.log.getvalue()
        )
        self.assertIn('FAIL d (fail)\n-- traceback\nboom', self.log.getvalue())

    def test_what_cannot_be_set_up_is_one_failure(self):
        for group in ('setUpClass (tests.x.Y)', 'setUpModule (tests.x)'):
            self.tally = stream.Tally('unit', self.log)
            self._add(
                _test('tests.x.Y.test_a', 'exists'), _test(group, 'fail')
            )
            self.assertEqual([group], self.tally.failed)

    def test_a_test_in_whose_middle_the_worker_ended_is_a_failure(self):
        self._add(_test('a', 'exists'), _test('a', 'inprogress'))
        self.assertEqual(['a'], self.tally.failed)

    def test_tests_that_a_dead_worker_left_are_failures(self):
        self._add(
            _test('a', 'exists'), _test('b', 'exists'), _test('a', 'success')
        )
        self.assertEqual(['b (not run: its worker ended)'], self.tally.failed)
        self.assertEqual(1, self.tally.passed)


class OutputTestCase(testtools.TestCase):
    def test_what_is_no_result_is_logged(self):
        log = io.StringIO()
        output = stream.Output(log)
        output.status(file_name='output', file_bytes=memoryview(b'oops\n'))
        output.status(test_id='a', file_name='x', file_bytes=b'not this')
        self.assertEqual('oops\n', log.getvalue())
