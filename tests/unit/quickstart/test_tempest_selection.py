"""Which tests of tempest are run, and what may be left out."""

import testtools

from deploy.quickstart import exception
from deploy.quickstart.tempest import selection

NAMES = ('tempest.a.X.test_one[id-1]', 'tempest.a.X.test_two', 'tempest.b.Y.t')
RULES = """
- tests: X\\.test_o
  reason: >-
    A container has
    no disk.
- tests: ^tempest\\.a
  reason: second
"""


class RulesTestCase(testtools.TestCase):
    def test_each_has_a_pattern_and_a_reason(self):
        first, second = selection.rules(RULES)
        self.assertEqual('A container has no disk.', first.reason)
        self.assertEqual('second', second.reason)

    def test_what_is_no_rule_is_refused(self):
        for text in (
            '- tests: x',
            '- reason: x',
            '- x',
            '- {tests: "(", reason: x}',
            '- {tests: x, reason: }',
        ):
            self.assertRaises(exception.OperationFailed, selection.rules, text)

    def test_no_rules_are_fine(self):
        self.assertEqual([], selection.rules('# none'))

    def test_ours_can_be_read(self):
        self.assertTrue(selection.rules(selection.SKIPS.read_text()))


class SelectTestCase(testtools.TestCase):
    def test_the_first_rule_gives_the_reason(self):
        found = selection.select(NAMES, 'tempest', selection.rules(RULES))
        self.assertEqual([NAMES[2]], found.chosen)
        self.assertEqual(
            {NAMES[0]: 'A container has no disk.', NAMES[1]: 'second'},
            found.excluded,
        )

    def test_what_does_not_match_is_neither_run_nor_left_out(self):
        found = selection.select(NAMES, 'two', [])
        self.assertEqual(([NAMES[1]], {}), (found.chosen, found.excluded))

    def test_a_rule_without_a_test_is_out_of_date(self):
        rules = selection.rules('- {tests: gone, reason: x}')
        err = self.assertRaises(
            exception.OperationFailed, selection.select, NAMES, 'a', rules
        )
        self.assertIn("no test matches 'gone'", str(err))

    def test_an_expression_that_matches_nothing_or_is_none(self):
        for regex in ('nothing', '('):
            self.assertRaises(
                exception.OperationFailed, selection.select, NAMES, regex, []
            )
