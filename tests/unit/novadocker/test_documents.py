"""The pages say what the tables say: no key is missing, none is made up."""

import ast
import pathlib
import re

import testtools

from novadocker import extra_specs
from novadocker.spec import console
from novadocker.spec import mount
from novadocker.spec import process

DOC = pathlib.Path(__file__).parents[3] / 'doc/source'
HARDENING = pathlib.Path(__file__).parents[2] / 'functional/test_hardening.py'
_LINE = re.compile(r'^   \* - ([^`\n]+)\n', re.MULTILINE)
_HEAD = 'A server'
_CAPABILITY = re.compile(r'[A-Z]{3,}(?:_[A-Z]+)*')
_ROW = re.compile(r'^   \* - ``([^`]+)``\n', re.MULTILINE)


def section(page, title):
    """Give a section of a page, from its title to the next one."""
    text = (DOC / page).read_text()
    begin = text.index(f'{title}\n=')
    following = re.search(r'\n\n[^\n]+\n={3,}\n', text[begin:])
    return text[begin : begin + following.start()] if following else text


def rows(text):
    """Give the rows of a list-table by their key, as plain text."""
    parts = _ROW.split(text)[1:]
    return {
        key: ' '.join(cells.split('\n\n')[0].split())
        for key, cells in zip(parts[::2], parts[1::2], strict=True)
    }


class OptionsPageTestCase(testtools.TestCase):
    def test_extra_specs_are_those_of_the_tables(self):
        expected = {
            prefix + key: f'- {spec.values} - {spec.description}'
            for prefix, table in (
                (extra_specs.PREFIX, extra_specs.TABLE),
                (extra_specs.QUOTA_PREFIX, extra_specs.QUOTA),
            )
            for key, spec in table.items()
        }
        found = rows(section('user/options.rst', 'Flavor extra specs'))
        self.assertEqual(
            expected,
            {key: text.replace('``', '') for key, text in found.items()},
        )

    def test_metadata_is_what_the_driver_reads(self):
        found = rows(section('user/options.rst', 'Server metadata'))
        known = {process.PREFIX + name for name in process.PROPERTIES}
        known |= {process.ENV_PREFIX + 'NAME', mount.PREFIX + 'NAME'}
        self.assertEqual(known, set(found))

    def test_properties_that_the_driver_reads_are_documented(self):
        found = rows(section('user/options.rst', 'Image properties'))
        known = {
            *process.PROPERTIES.values(),
            process.TTY,
            process.INIT,
            console.PROPERTY,
        }
        self.assertEqual(set(), known - set(found))


class HardeningPageTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.page = (DOC / 'admin/hardening.rst').read_text()
        self.tree = ast.parse(HARDENING.read_text())

    def test_each_line_has_a_test_of_its_words_and_each_test_a_line(self):
        lines = [
            'test_' + re.sub(r'\W+', '_', line.lower())
            for line in _LINE.findall(self.page)
            if line != _HEAD
        ]
        (tests,) = (
            [each.name for each in node.body if hasattr(each, 'name')]
            for node in self.tree.body
            if getattr(node, 'name', '') == 'HardeningTest'
        )
        self.assertEqual(
            sorted(lines),
            sorted(name for name in tests if name.startswith('test_')),
        )

    def test_capabilities_are_those_that_are_probed(self):
        (probed,) = (
            ast.literal_eval(node.value)
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            and node.targets[0].id == 'CAPABILITIES'
        )
        begin = self.page.index('has eleven capabilities')
        sentence = self.page[begin : self.page.index('.', begin)]
        self.assertEqual(sorted(probed), sorted(_CAPABILITY.findall(sentence)))

    def test_extra_specs_that_change_a_line_exist(self):
        names = {
            *(extra_specs.PREFIX + key for key in extra_specs.TABLE),
            *(extra_specs.QUOTA_PREFIX + key for key in extra_specs.QUOTA),
        }
        named = re.findall(r'``((?:docker|quota):\w+)', self.page)
        self.assertEqual(set(), set(named) - names)
