"""Schemas that are made anew."""

import pathlib
import socket
from unittest import mock

import fixtures
import testtools

from deploy.quickstart import database
from deploy.quickstart import home as home_module
from deploy.quickstart import process

SECRETS = {'database': 'secret'}


class MakeSchemasTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.home = home_module.Home(pathlib.Path(folder))
        self.run = self._patch(process, 'run')
        self.query = self._patch(database, 'query')
        self.connect = self._patch(socket, 'create_connection')

    def _patch(self, where, name):
        patch = mock.patch.object(where, name, autospec=True)
        self.addCleanup(patch.stop)
        return patch.start()

    def _make(self, *done):
        return database.make_schemas(
            self.home, SECRETS, 'rabbit://', lambda name: name in done
        )

    def test_nothing_is_touched_when_all_are_done(self):
        names = ('keystone', 'glance', 'placement', 'nova', 'neutron')
        self.assertEqual([], self._make(*names))
        self.query.assert_not_called()
        self.connect.assert_not_called()

    def test_what_was_cached_of_a_dropped_database_is_dropped(self):
        self._make('keystone', 'glance', 'placement', 'neutron')
        self.assertIn('DROP DATABASE', self.query.call_args.args[1])
        link = self.connect.return_value.__enter__.return_value
        link.sendall.assert_called_once_with(b'flush_all\r\n')

    def test_script_lies_where_its_user_can_read_it(self):
        self.assertEqual(
            ['nova'],
            self._make('keystone', 'glance', 'placement', 'neutron'),
        )
        script = self.run.call_args.args[0][1]
        self.assertEqual(self.home.path / 'libexec', script.parent)
        self.assertIn('CellV2Commands', script.read_text())
        self.assertTrue(script.stat().st_mode & 0o004)
