"""What became of the tests that were to run."""

import testtools

from deploy.quickstart.tempest import outcome

ONE, TWO, OTHER = 'a.X.test_one[id-1]', 'a.X.test_two', 'a.XY.test_one'


def row(name, status, text=''):
    return {'name': name, 'status': status, 'seconds': 1.5, 'text': text}


class OutcomeTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.outcome = outcome.Outcome({ONE, TWO, OTHER})

    def test_each_test_counts_once(self):
        self.assertEqual([], self.outcome.add(row(ONE, 'success')))
        self.assertEqual([], self.outcome.add(row(TWO, 'skip', 'no disk\n')))
        self.assertEqual([OTHER], self.outcome.add(row(OTHER, 'fail', 'why')))
        self.outcome.close()
        self.assertEqual([ONE], self.outcome.passed)
        self.assertEqual({TWO: 'no disk'}, self.outcome.skipped)
        self.assertEqual({OTHER: 'why'}, self.outcome.failed)
        self.assertEqual({ONE: 1.5}, self.outcome.seconds)
        self.assertEqual(3, self.outcome.done)

    def test_a_skipped_class_stands_for_its_tests(self):
        self.outcome.add(row('setUpClass (a.X)', 'skip', 'no Cinder'))
        self.assertEqual(
            dict.fromkeys((ONE, TWO), 'no Cinder'), self.outcome.skipped
        )
        self.assertEqual({OTHER}, self.outcome.pending)

    def test_a_class_that_is_not_set_up_fails_all_its_tests(self):
        found = self.outcome.add(row('setUpClass (a.X)', 'fail', 'quota'))
        self.assertEqual({ONE, TWO}, set(found))

    def test_a_class_that_does_not_clean_up_is_one_failure_more(self):
        for name in (ONE, TWO):
            self.outcome.add(row(name, 'success'))
        name = 'tearDownClass (a.X)'
        self.assertEqual([name], self.outcome.add(row(name, 'fail', 'busy')))
        self.assertEqual(2, len(self.outcome.passed))

    def test_what_was_never_heard_of_has_failed(self):
        self.outcome.add(row(ONE, 'success'))
        self.outcome.close()
        self.assertEqual({TWO, OTHER}, set(self.outcome.failed))
        self.assertEqual(set(), self.outcome.pending)


class WordsTestCase(testtools.TestCase):
    def test_reasons_are_counted(self):
        self.assertEqual(
            [('z', 2), ('a', 1), ('b', 1)],
            [*outcome.reasons({'1': 'b', '2': 'z', '3': 'z', '4': 'a'})],
        )

    def test_classes_are_listed_with_tests_and_reason(self):
        self.assertEqual(
            [('a.X', 'test_one test_two', 'no disk')],
            outcome.by_class({TWO: 'no\n disk', ONE: 'no disk'}),
        )

    def test_names_are_shown_without_their_tags(self):
        self.assertEqual(['a.X.test_one', TWO], outcome.short({TWO, ONE}))
