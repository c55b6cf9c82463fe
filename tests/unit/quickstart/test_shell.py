"""The environment of `exec`."""

import pathlib

import fixtures
import testtools

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import shell

HOME = home_module.Home(pathlib.Path('/srv/cloud'))


class EnvironmentTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.found = shell.environment(
            HOME,
            {'admin': 'secret'},
            {
                'OS_CLOUD': 'another',
                'OS_TOKEN': 'another',
                'PYTHONPATH': '/checkout',
                'TERM': 'xterm',
                'PATH': '/usr/local/bin',
            },
        )

    def test_credentials_of_other_clouds_are_dropped(self):
        self.assertNotIn('OS_CLOUD', self.found)
        self.assertNotIn('OS_TOKEN', self.found)
        self.assertEqual('secret', self.found['OS_PASSWORD'])

    def test_the_rest_is_the_users_own(self):
        self.assertEqual('xterm', self.found['TERM'])
        self.assertNotIn('PYTHONPATH', self.found)

    def test_docker_means_our_engine(self):
        self.assertEqual(
            'unix:///srv/cloud/run/docker/docker.sock',
            self.found['DOCKER_HOST'],
        )
        folders = self.found['PATH'].split(':')
        self.assertLess(
            folders.index('/usr/bin'), folders.index('/usr/local/bin')
        )

    def test_missing_command_is_a_sentence(self):
        home = home_module.Home(pathlib.Path(self._folder()))
        err = self.assertRaises(
            exception.OperationFailed,
            shell.replace,
            home,
            ('no-such-command',),
        )
        self.assertIn('no-such-command', str(err))

    def _folder(self):
        return self.useFixture(fixtures.TempDir()).path
