"""The folders and the environment of tempest."""

import pathlib
import sys

import fixtures
import testtools

from deploy.quickstart import home as home_module
from deploy.quickstart import process
from deploy.quickstart.tempest import workspace as workspace_module

LISTED = """\
something else was said
tempest.b.X.test_two[id-2,smoke]
tempest.a.X.test_one[id-1]
"""


class WorkspaceTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.workspace = workspace_module.Workspace(home_module.Home(folder))
        self.workspace.folder()
        self.workspace.log.parent.mkdir(parents=True)
        self.patch(sys, 'executable', str(folder / 'python'))
        self.ran = []
        self.patch(process, 'run', self._run)

    def _run(self, command, **kwargs):
        words = [str(word) for word in command]
        self.ran.append(words)
        if words[1:3] == ['-m', 'venv']:
            site = self.workspace.venv / 'lib/python3.11/site-packages'
            site.mkdir(parents=True)
        if 'wheel' in words:
            (self.workspace.path / 'build/it.whl').touch()
        return LISTED if words[-1] == 'list' else ''

    def test_environment_is_made_once_for_its_pins(self):
        workspace_module.make(self.workspace)
        venv, pip, init = self.ran
        self.assertIn('/usr/bin/python3', venv)
        self.assertIn('-c', pip)
        self.assertEqual('init', init[-1])
        workspace_module.make(self.workspace)
        self.assertEqual(3, len(self.ran))

    def test_environment_is_made_anew_for_other_pins(self):
        workspace_module.make(self.workspace)
        pins = self.workspace.path / 'pins'
        pins.write_text('tempest==48.0.0\n')
        self.patch(workspace_module, '_CONSTRAINTS', pins)
        workspace_module.make(self.workspace)
        self.assertEqual(6, len(self.ran))

    def test_plugin_is_installed_once_for_its_source(self):
        workspace_module.make(self.workspace)
        checkout = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        module = checkout / 'novadocker_tempest_plugin/plugin.py'
        module.parent.mkdir()
        for text, commands in (('one', 2), ('one', 0), ('two', 2)):
            module.write_text(text)
            self.ran.clear()
            workspace_module.install_plugin(self.workspace, checkout)
            ran = [words for words in self.ran if words[0] != 'git']
            self.assertEqual(commands, len(ran), text)
        self.assertIn('--no-deps', ran[-1])
        self.assertTrue(ran[-1][-1].endswith('it.whl'))

    def test_names_are_those_of_tests(self):
        workspace_module.make(self.workspace)
        self.assertEqual(
            [
                'tempest.a.X.test_one[id-1]',
                'tempest.b.X.test_two[id-2,smoke]',
            ],
            workspace_module.names(self.workspace),
        )

    def test_nothing_of_the_users_shell_reaches_tempest(self):
        self.useFixture(fixtures.EnvironmentVariable('OS_CLOUD', 'other'))
        found = self.workspace.environment()
        self.assertNotIn('OS_CLOUD', found)
        self.assertEqual(str(self.workspace.path), found['TEMPEST_CONFIG_DIR'])
