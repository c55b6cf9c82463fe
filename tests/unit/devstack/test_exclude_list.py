"""The list of tests that tempest leaves out."""

import importlib.util
import re

import testtools

from tests.unit.devstack import node

_PATH = node.CHECKOUT / 'devstack/tools/exclude_list.py'
_SPEC = importlib.util.spec_from_file_location('exclude_list', _PATH)
assert _SPEC
assert _SPEC.loader
exclude_list = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(exclude_list)


class ExcludeListTest(testtools.TestCase):
    def test_an_entry_is_a_reason_and_an_expression(self) -> None:
        text = '- tests: \\.test_one\\b\n  reason: >-\n    Because\n    so.\n'
        self.assertEqual(
            '# Because so.\n\\.test_one\\b\n', exclude_list.exclude_list(text)
        )

    def test_all_of_the_quickstarts_are_in_it(self) -> None:
        lines = exclude_list.exclude_list(
            exclude_list.SKIPS.read_text()
        ).splitlines()
        expressions = [line for line in lines if not line.startswith('#')]
        self.assertEqual(len(lines), 2 * len(expressions))
        for each in expressions:
            re.compile(each)
