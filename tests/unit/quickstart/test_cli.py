"""Exit codes and sentences of the command line."""

import os
import pathlib

from click import testing
import fixtures
import testtools

from deploy.quickstart import cli
from deploy.quickstart import down
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import leak
from deploy.quickstart import lock
from deploy.quickstart import owner
from deploy.quickstart import restart
from deploy.quickstart import shell
from deploy.quickstart import up
from deploy.quickstart.tempest import story


class CliTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.patch(owner, '_FOLDER', self.folder / 'run')
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
            ('tempest',),
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

    def test_down_of_a_home_that_is_gone_but_has_the_machine(self):
        home = home_module.Home(self.folder / 'gone')
        owner.claim(home)
        downs = []
        self.patch(
            down,
            'run',
            lambda home, progress, is_purge: downs.append(is_purge),
        )
        self.useFixture(
            fixtures.EnvironmentVariable('NOVA_DOCKER_HOME', str(home.path))
        )
        self.assertEqual(0, self._run('down', '--purge').exit_code)
        self.assertEqual([True], downs)

    def test_flavour_of_an_installed_cloud_is_kept(self):
        home_module.save_state(
            home_module.Home(self.folder), home_module.State('ovn')
        )
        flavours, options = [], []

        class Up:
            def __init__(self, home, flavour, progress, driver, **more):
                flavours.append(flavour)
                options.append(more)

            def run(self):
                return up.Result('203.0.113.7', '1.6.18')

        self.patch(up, 'Up', Up)
        found = self._run('up')
        self.assertEqual(0, found.exit_code)
        self.assertIn('memcached 1.6.18', found.output)
        self.assertIn('nc 203.0.113.7 11211', found.output)
        self._run('up', '--network', 'ovs', '--volumes')
        self._run('up', '--stacks')
        self.assertEqual(['ovn', 'ovs', 'ovn'], flavours)
        self.assertEqual(
            [
                {'volumes': False, 'stacks': False},
                {'volumes': True, 'stacks': False},
                {'volumes': False, 'stacks': True},
            ],
            options,
        )

    def test_sentence_of_a_failure_is_shown_with_its_code(self):
        self._install()

        def fail(home, state):
            raise exception.OperationFailed('the cloud says: no')

        self.patch(leak, 'find', fail)
        found = self._run('leaks')
        self.assertEqual(1, found.exit_code)
        self.assertIn('quickstart: the cloud says: no', found.output)

    def test_leaks_are_listed_and_counted_as_a_failure(self):
        self._install()
        self.patch(leak, 'find', lambda home, state: ['netns x'])
        found = self._run('leaks')
        self.assertEqual((1, 'netns x\n'), (found.exit_code, found.output))
        self.patch(leak, 'find', lambda home, state: [])
        self.assertEqual(0, self._run('leaks').exit_code)

    def test_tempest_fails_with_its_tests(self):
        self._install()
        for is_well in (True, False):
            self.patch(story.Run, 'run', lambda run, found=is_well: found)
            self.assertEqual(
                0 if is_well else 1, self._run('tempest', 'x').exit_code
            )

    def test_restart_says_what_was_started_again(self):
        self._install()
        self.patch(
            restart, 'run', lambda home, state, name: [name, 'its-agent']
        )
        found = self._run('restart', 'ovs-vswitchd')
        self.assertIn('ovs-vswitchd, its-agent', found.output)

    def test_restart_waits_for_nobody(self):
        home = self._install()
        with lock.held(home):
            found = self._run('restart', 'keystone')
        self.assertEqual(1, found.exit_code)
        self.assertIn('Another quickstart', found.output)

    def test_commands_become_what_they_run(self):
        home = self._install()
        became = []
        self.patch(
            shell, 'replace', lambda home, command: became.append(command)
        )
        self._run('exec', 'openstack', 'server', 'list', '--long')
        self._run('bench', 'boot', '--count', '3')
        self.assertEqual(('openstack', 'server', 'list', '--long'), became[0])
        self.assertEqual(('--count', '3'), became[1][-2:])
        self.assertIn(str(home.bin / 'python'), became[1])

    def test_log_is_followed(self):
        home = self._install()
        home.log_of('keystone').touch()
        became = []
        self.patch(os, 'execvp', lambda name, words: became.append(words))
        self._run('logs', 'keystone', '-f', '-n', '7')
        self.assertEqual(
            [
                'tail',
                '--lines=7',
                '--follow=name',
                str(home.log_of('keystone')),
            ],
            became[0],
        )

    def test_damaged_state_is_a_missing_precondition(self):
        home = self._install()
        home.state_file.write_text('{')
        for words in (('status',), ('up',), ('leaks',)):
            found = self._run(*words)
            self.assertEqual(3, found.exit_code)
            self.assertIn('is damaged', found.output)
