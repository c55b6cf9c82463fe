"""What the bridge needs before it starts."""

import pathlib
from unittest import mock

import fixtures
import testtools

from deploy.quickstart import bridge
from deploy.quickstart import home as home_module
from deploy.quickstart import process


class KeyTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder)
        patcher = mock.patch.object(process, 'run', autospec=True)
        self.run_command = patcher.start()
        self.addCleanup(patcher.stop)

    def test_it_is_its_users_from_the_first(self):
        bridge.make_key(self.home)
        self.assertEqual('nova', self.run_command.call_args.kwargs['user'])

    def test_it_is_made_once(self):
        self.home.token_certificate.parent.mkdir(parents=True)
        self.home.token_certificate.touch()
        bridge.make_key(self.home)
        self.run_command.assert_not_called()
