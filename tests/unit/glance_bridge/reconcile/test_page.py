"""What administrators are told of findings."""

import pathlib
import re

import testtools

from glance_bridge.reconcile import model

_PAGE = (
    pathlib.Path(__file__).parents[4] / 'doc/source/admin/registry-healing.rst'
)
# A row of the table: what it is called, what it means, what is done.
_ROW = re.compile(
    r'^   \* - ``([a-z]+)``\n     - \S.*\n(?:       .*\n)*     - \S', re.M
)


class PageTest(testtools.TestCase):
    def test_every_finding_is_explained_once(self):
        self.assertEqual(
            sorted(each.value for each in model.Kind),
            sorted(_ROW.findall(_PAGE.read_text())),
        )
