"""The page for operators says what the code of the privileged room says."""

import pathlib
import re

from oslo_privsep import capabilities
import testtools

from tests.fixtures import privileged

# Now: fixtures of Nova's take away what was set as a default.
_CAPABILITIES = {
    each
    for context in privileged.contexts()
    for each in context.conf.capabilities
}
_PAGE = pathlib.Path(__file__).parents[4] / 'doc/source/admin/privsep.rst'


class PageTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.page = _PAGE.read_text()
        self.deeds = {
            name: privileged.arguments(deed)
            for name, deed in privileged.entry_points().items()
        }

    def _found(self, pattern):
        return re.findall(pattern, self.page, re.MULTILINE)

    def test_every_entry_point_is_listed_with_its_arguments(self):
        self.assertEqual(
            sorted(
                f'{name}({", ".join(arguments)})'
                for name, arguments in self.deeds.items()
            ),
            sorted(self._found(r'^``(\w+\.\w+\(.*\))``$')),
        )

    def test_every_argument_has_its_check(self):
        self.assertEqual(
            {each for arguments in self.deeds.values() for each in arguments},
            set(self._found(r'^   \* - ``(\w+)``$')),
        )

    def test_capabilities_are_those_of_the_contexts(self):
        self.assertEqual(
            {capabilities.CAPS_BYVALUE[each] for each in _CAPABILITIES},
            set(self._found(r'^``(CAP_\w+)``$')),
        )
