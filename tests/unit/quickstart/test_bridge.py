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


class ClearTestCase(testtools.TestCase):
    def test_counts_of_an_earlier_start_are_forgotten(self):
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        home = home_module.Home(folder)
        home.bridge_metrics.mkdir(parents=True)
        (home.bridge_metrics / 'counter_7.db').touch()
        bridge.clear_run(home)
        self.assertEqual([], list(home.bridge_metrics.iterdir()))
        bridge.clear_run(home_module.Home(folder / 'of-nobody'))
