"""Exit codes and sentences of the command line."""

import pathlib

from click import testing
import fixtures
import testtools

from deploy.quickstart import cli
from deploy.quickstart import home as home_module
from deploy.quickstart import owner


class CliTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.patch(owner, '_FOLDER', self.folder / 'nobody')
        self.useFixture(
            fixtures.EnvironmentVariable('NOVA_DOCKER_HOME', str(self.folder))
        )

    def _run(self, *words):
        return testing.CliRunner().invoke(cli.cli, words)

    def _install(self):
        home = home_module.Home(self.folder)
        home_module.save_state(home, home_module.State('ovs'))
        home.log.mkdir()
        return home

    def test_unknown_command_is_wrong_usage(self):
        self.assertEqual(2, self._run('launch').exit_code)

    def test_unknown_flavour_is_wrong_usage(self):
        self.assertEqual(2, self._run('up', '--network', 'x').exit_code)

    def test_nothing_installed_is_a_missing_precondition(self):
        for words in (
            ('status',),
            ('leaks',),
            ('exec', 'true'),
            ('logs', 'x'),
            ('restart', 'x'),
            ('bench', 'x'),
            ('node', 'add', 'x'),
            ('node', 'remove', 'x'),
        ):
            found = self._run(*words)
            self.assertEqual(3, found.exit_code, words)
            self.assertIn('run `up`', found.output)

    def test_unknown_names_are_wrong_usage_and_the_known_are_listed(self):
        home = self._install()
        home.log_of('keystone').touch()
        found = self._run('logs', 'keyston')
        self.assertEqual(2, found.exit_code)
        self.assertIn('there are: keystone', found.output)
        self.assertEqual(2, self._run('restart', 'keyston').exit_code)
        self.assertEqual(2, self._run('bench', 'no-such').exit_code)

    def test_restart_in_a_stopped_cloud_fails(self):
        self._install()
        found = self._run('restart', 'keystone')
        self.assertEqual(1, found.exit_code)
        self.assertIn('run `up`', found.output)

    def test_stopped_cloud_is_not_well(self):
        self._install()
        found = self._run('status', '--json')
        self.assertEqual(1, found.exit_code)
        self.assertIn('"state": "STOPPED"', found.output)

    def test_node_of_a_stopped_cloud(self):
        self._install()
        self.assertEqual(3, self._run('node', 'add', 'n').exit_code)
        self.assertEqual(1, self._run('node', 'remove', 'n').exit_code)

    def test_down_where_nothing_ever_was(self):
        self.folder.rmdir()
        found = self._run('down')
        self.folder.mkdir()
        self.assertEqual(0, found.exit_code)
        self.assertIn('Nothing is installed', found.output)
