"""The matrix has Nova's rows, and each promise in it names its proof."""

import configparser
import importlib
import pathlib
import re

import testtools

TOP = pathlib.Path(__file__).parents[3]
MATRIX = TOP / 'doc/source/user/support-matrix.ini'
STATES = {'complete', 'partial', 'missing'}
# Of Nova 34: "mandatory", "optional", "choice(of a group)" or a condition.
STATUS = re.compile(r'mandatory|optional|choice\([\w.]+\)|condition\(.+\)')
ROWS = 59
MANDATORY = {
    'operation.get-guest-info',
    'operation.launch',
    'operation.terminate',
    'storage.image',
}
_TEST = re.compile(r'tests(?:\.\w+)+')
_MODULE_OF = re.compile(r'(?P<module>[\w.]+)\.(?P<case>\w+)\.(?P<test>\w+)')


def _exists(path):
    found = _MODULE_OF.fullmatch(path)
    module = importlib.import_module(found['module'])
    return hasattr(getattr(module, found['case'], None), found['test'])


class SupportMatrixTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        matrix = configparser.ConfigParser()
        matrix.read(MATRIX)
        self.rows = {
            name: matrix[name]
            for name in matrix.sections()
            if not name.startswith('driver.')
        }

    def named(self, state, expected=True):
        """Give the rows that name tests, or do not, of those in a state."""
        return [
            name
            for name, row in self.rows.items()
            if row['driver.docker'] == state
            and bool(self.shown_by(row)) is expected
        ]

    def shown_by(self, row):
        _, _, shown = row.get('driver-notes.docker', '').partition('Shown by')
        return _TEST.findall(shown)

    def reason_of(self, row):
        return row.get('driver-notes.docker', '').partition('Shown by')[0]

    def test_every_row_of_nova_is_there(self):
        self.assertEqual(ROWS, len(self.rows))

    def test_every_row_has_a_title_and_a_status_that_nova_knows(self):
        wrong = [
            name
            for name, row in self.rows.items()
            if not row['title'] or not STATUS.fullmatch(row['status'])
        ]
        self.assertEqual([], wrong)

    def test_every_row_says_what_comes_of_it_here(self):
        states = {row['driver.docker'] for row in self.rows.values()}
        self.assertEqual(set(), states - STATES)

    def test_what_is_mandatory_is_complete(self):
        mandatory = {
            name: row['driver.docker']
            for name, row in self.rows.items()
            if row['status'] == 'mandatory'
        }
        self.assertEqual(dict.fromkeys(MANDATORY, 'complete'), mandatory)

    def test_one_of_each_choice_is_complete(self):
        met = {
            row['status']
            for row in self.rows.values()
            if row['driver.docker'] == 'complete'
        }
        choices = {
            row['status']
            for row in self.rows.values()
            if row['status'].startswith('choice(')
        }
        self.assertEqual(set(), choices - met)

    def test_what_works_names_its_tests(self):
        self.assertEqual([], self.named('complete', expected=False))
        self.assertEqual([], self.named('partial', expected=False))

    def test_what_does_not_work_at_all_times_says_why(self):
        without = [
            name
            for name, row in self.rows.items()
            if row['driver.docker'] != 'complete' and not self.reason_of(row)
        ]
        self.assertEqual([], without)

    def test_every_test_that_is_named_exists(self):
        named = {
            path for row in self.rows.values() for path in self.shown_by(row)
        }
        self.assertEqual(
            [], sorted(path for path in named if not _exists(path))
        )
