"""Which levels a command line means and how long each has."""

import pathlib
import re

import testtools

from tools.testing import level

TOP = pathlib.Path(__file__).resolve().parents[3]


class LevelTestCase(testtools.TestCase):
    def test_a_whole_run_leaves_out_what_is_full(self):
        found = level.chosen([], full=False)
        self.assertNotIn('integration-ovn', [each.name for each in found])

    def test_full_runs_all(self):
        self.assertEqual(list(level.LEVELS), level.chosen([], full=True))

    def test_names_choose_in_the_order_of_the_levels(self):
        found = level.chosen(['contract', 'unit'], full=False)
        self.assertEqual(['unit', 'contract'], [each.name for each in found])

    def test_only_logic_has_one_chance(self):
        once = [each.name for each in level.LEVELS if not each.repeats]
        self.assertEqual(['style', 'unit', 'contract'], once)

    def test_a_full_level_runs_by_its_name(self):
        (found,) = level.chosen(['integration-ovn'], full=False)
        self.assertEqual('ovn', found.network)

    def test_a_level_says_what_its_cloud_is_to_have(self):
        unit, default, stacks = level.chosen(
            ['unit', 'integration', 'integration-stacks'], full=False
        )
        self.assertEqual((), unit.cloud)
        self.assertNotIn('--stacks', default.cloud)
        self.assertEqual((*default.cloud, '--stacks'), stacks.cloud)

    def test_both_engines_have_the_same_tests(self):
        (found,) = level.chosen(['functional-26'], full=False)
        for path in (TOP / found.tests).glob('test_*.py'):
            name = f'tests.functional.{path.stem}.X.test_x'
            self.assertEqual(
                'needs_dockerd' in path.read_text(),
                re.match(found.only, name) is not None,
                name,
            )

    def test_levels_share_a_folder(self):
        for names in (
            ('nova-suites', 'nova-suites-hosts'),
            ('functional', 'functional-long'),
            ('integration', 'integration-long', 'integration-stacks'),
        ):
            levels = level.chosen(names, full=False)
            folder = TOP / levels[0].tests
            for path in folder.glob('test_*.py'):
                name = '.'.join([*levels[0].tests.split('/'), path.stem, 'X'])
                found = [each for each in levels if re.match(each.only, name)]
                self.assertEqual(1, len(found), name)

    def test_a_whole_run_ends_in_75_minutes(self):
        found = level.chosen([], full=False)
        self.assertEqual(75 * 60, level.deadlines_s(found)[-1])

    def test_an_earlier_level_leaves_its_time(self):
        found = level.chosen(['unit', 'contract'], full=False)
        self.assertEqual([6 * 60, 14 * 60], level.deadlines_s(found))

    def test_a_run_is_named_by_its_release_where_there_are_two(self):
        unit, contract = level.chosen(['unit', 'contract'], full=False)
        self.assertEqual('unit', unit.title('nova-34'))
        self.assertEqual('contract[nova-33]', contract.title('nova-33'))
