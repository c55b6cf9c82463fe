"""The rules that the plugin's source keeps; nothing of it is imported."""

import ast
import importlib.util
import pathlib

import testtools

_NAME = 'novadocker_tempest_plugin'


def sources():
    """Give the files of the plugin, and of its tests."""
    spec = importlib.util.find_spec(_NAME)
    return sorted(pathlib.Path(spec.origin).parent.rglob('*.py'))


def tests():
    """Give the test methods of the plugin, by class and name."""
    found = {}
    for path in sources():
        for node in ast.parse(path.read_text()).body:
            for each in getattr(node, 'body', ()):
                if getattr(each, 'name', '').startswith('test_'):
                    found[f'{path.stem}.{node.name}.{each.name}'] = each
    return found


def decorated(test, name):
    """Give what a test is decorated with by a name of tempest's."""
    return [
        each.args[0].value if each.args else each.keywords[0].value.value
        for each in test.decorator_list
        if isinstance(each, ast.Call)
        and ast.unparse(each.func) == f'decorators.{name}'
    ]


class SourceTestCase(testtools.TestCase):
    def test_nothing_of_ours_is_imported(self):
        ours = {'novadocker', 'glance_bridge', 'ocikit', 'deploy', 'tests'}
        for path in sources():
            for node in ast.walk(ast.parse(path.read_text())):
                names = []
                if isinstance(node, ast.Import):
                    names = [each.name for each in node.names]
                elif isinstance(node, ast.ImportFrom):
                    self.assertEqual(0, node.level, path)
                    names = [node.module]
                tops = {name.split('.')[0] for name in names}
                self.assertEqual(set(), tops & {*ours, 'nova'}, path)

    def test_every_test_has_an_identifier_of_its_own(self):
        found = {
            name: decorated(test, 'idempotent_id')
            for name, test in tests().items()
        }
        self.assertNotEqual({}, found)
        self.assertEqual({1}, {len(each) for each in found.values()}, found)
        self.assertEqual(len(found), len({each[0] for each in found.values()}))

    def test_one_story_is_smoke(self):
        found = [
            test.name
            for test in tests().values()
            if 'smoke' in decorated(test, 'attr')
        ]
        self.assertEqual(
            ['test_image_that_was_pushed_boots_and_answers'],
            found,
        )
