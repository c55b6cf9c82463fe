"""Tempest finds the plugin of an installed wheel, its tests and options."""

import ast
from importlib import metadata
import importlib.util
import json
import pathlib
import subprocess
import sys

import fixtures
import testtools

_NAME = 'novadocker_tempest_plugin'
# What tempest itself does to find tests, and to make its sample of options.
_FIND = """
import json
import unittest
from tempest import config
from tempest.test_discover import plugins

config.CONF.docker.registry_url
found = plugins.TempestTestPluginManager().get_plugin_load_tests_tuple()
folder, top = found['novadocker_tempest_plugin']
groups = [getattr(name, 'name', name) for name, _ in config.list_opts()]

def names(suite):
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from names(each)
        else:
            yield each.id()

tests = unittest.TestLoader().discover(folder, top_level_dir=top)
print(json.dumps([groups.count('docker'), list(names(tests))]))
"""


def _written():
    """Give the names of the tests that are written down."""
    spec = importlib.util.find_spec(_NAME)
    folder = pathlib.Path(spec.origin).parent / 'scenario'
    for path in folder.glob('test_*.py'):
        for node in ast.parse(path.read_text()).body:
            for each in getattr(node, 'body', ()):
                if getattr(each, 'name', '').startswith('test_'):
                    yield f'{path.stem}.{node.name}.{each.name}'


class TempestPluginTestCase(testtools.TestCase):
    def test_entry_point_is_the_wheels(self):
        (found,) = metadata.entry_points(
            group='tempest.test_plugins', name=_NAME
        )
        self.assertEqual(f'{_NAME}.plugin:NovaDockerPlugin', found.value)

    def test_tempest_finds_the_tests_and_the_options(self):
        folder = self.useFixture(fixtures.TempDir()).path
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-c', _FIND],
            # Nothing of a tempest.conf that somebody has.
            env={'PATH': '/usr/bin:/bin', 'HOME': folder},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        groups, names = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(1, groups)
        prefix = f'{_NAME}.scenario.'
        found = [name.removeprefix(prefix).partition('[')[0] for name in names]
        self.assertEqual(sorted(_written()), sorted(found))
