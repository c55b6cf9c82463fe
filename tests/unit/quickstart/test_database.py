"""Schemas that are made anew."""

import pathlib
import shutil
import socket
from unittest import mock

import fixtures
import testtools

from deploy.quickstart import database
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process

SECRETS = {'database': 'secret'}
OTHERS = [name for name in database.ALL if name != 'nova']


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
        self.assertEqual([], self._make(*database.ALL))
        self.query.assert_not_called()
        self.connect.assert_not_called()

    def test_what_was_cached_of_a_dropped_database_is_dropped(self):
        self._make(*OTHERS)
        self.assertIn('DROP DATABASE', self.query.call_args.args[1])
        link = self.connect.return_value.__enter__.return_value
        link.sendall.assert_called_once_with(b'flush_all\r\n')

    def test_script_lies_where_its_user_can_read_it(self):
        self.assertEqual(
            ['nova'],
            self._make(*OTHERS),
        )
        script = self.run.call_args.args[0][1]
        self.assertEqual(self.home.path / 'libexec', script.parent)
        self.assertIn('CellV2Commands', script.read_text())
        self.assertTrue(script.stat().st_mode & 0o004)

    def test_image_half_has_two(self):
        made = database.make_schemas(
            self.home,
            SECRETS,
            'rabbit://',
            lambda name: name == 'keystone',
            database.IMAGES_ONLY,
        )
        self.assertEqual(['glance', 'glance-bridge'], made)
        told = [call.args[0] for call in self.run.call_args_list]
        self.assertIn(
            f'--config-dir={self.home.etc}/glance-bridge',
            next(it for it in told if 'bridge' in it[0].name),
        )

    def test_cinder_has_one_where_there_are_volumes(self):
        for boots in (True, False):
            without = database.names(boots, False, False)
            self.assertNotIn('cinder', without)
            self.assertEqual(
                (*without, 'cinder'), database.names(boots, True, False)
            )
        made = database.make_schemas(
            self.home,
            SECRETS,
            'rabbit://',
            lambda name: name != 'cinder',
            database.names(True, True, False),
        )
        self.assertEqual(['cinder'], made)
        self.assertEqual(
            [self.home.bin / 'cinder-manage'],
            [call.args[0][0] for call in self.run.call_args_list],
        )

    def test_heat_makes_its_own_where_there_are_stacks(self):
        without = database.names(True, False, False)
        names = database.names(True, False, True)
        self.assertEqual((*without, 'heat'), names)
        made = database.make_schemas(
            self.home, SECRETS, 'rabbit://', lambda it: it != 'heat', names
        )
        self.assertEqual(['heat'], made)
        self.assertEqual(
            [
                self.home.heat_venv / 'bin/heat-manage',
                f'--config-dir={self.home.etc}/heat',
                'db_sync',
            ],
            self.run.call_args.args[0],
        )

    def test_failure_of_one_is_the_failure_of_all(self):
        self.run.side_effect = exception.OperationFailed('no room')
        err = self.assertRaises(exception.OperationFailed, self._make)
        self.assertEqual('no room', str(err))

    def test_passwords_are_on_no_command_line(self):
        secrets = SECRETS | {'admin': 'admin-secret'}
        database.make_schemas(
            self.home, secrets, 'rabbit://x:mq-secret@y', lambda name: False
        )
        for call in self.run.call_args_list:
            line = ' '.join(str(word) for word in call.args[0])
            self.assertNotIn('secret', line)
        given = [call.kwargs for call in self.run.call_args_list]
        self.assertTrue(
            any('mq-secret' in it.get('stdin', '') for it in given)
        )
        self.assertIn(
            'admin-secret',
            [it['env'].get('OS_BOOTSTRAP_PASSWORD') for it in given],
        )


class FilesTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.home = home_module.Home(pathlib.Path(folder))
        self.data = self.home.data / 'mysql'
        self.data.mkdir(parents=True)
        self.patch(shutil, 'chown', lambda path, user, group: None)
        self.runs = 0
        self.patch(process, 'run', self._install)

    def _install(self, command, log):
        self.runs += 1
        (self.data / 'fresh/mysql').mkdir(parents=True)
        (self.data / 'fresh/ibdata1').touch()
        if self.runs == 1:
            raise exception.OperationFailed('killed')

    def test_half_made_files_are_made_anew(self):
        self.assertRaises(
            exception.OperationFailed, database.create_files, self.home
        )
        self.assertFalse((self.data / 'mysql').exists())
        database.create_files(self.home)
        self.assertEqual(
            ['ibdata1', 'mysql'], sorted(it.name for it in self.data.iterdir())
        )
        database.create_files(self.home)
        self.assertEqual(2, self.runs)


class QueryTestCase(testtools.TestCase):
    HOME = home_module.Home(pathlib.Path('/srv/cloud'))

    def test_rows_are_read(self):
        asked = []

        def run(command, stdin):
            asked.append(stdin)
            return 'a\nb\n'

        self.patch(process, 'run', run)
        self.assertEqual({'a', 'b'}, database.instance_uuids(self.HOME))
        self.assertEqual({'a', 'b'}, database.mapped_hosts(self.HOME))
        self.assertIn('nova.instances', asked[0])
        self.assertIn('host_mappings', asked[1])
