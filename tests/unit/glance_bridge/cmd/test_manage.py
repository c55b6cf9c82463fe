"""What an operator runs before the bridge starts."""

import os
import pathlib
import stat

import fixtures
from oslo_config import cfg
import testtools

from glance_bridge import conf as bridge_conf
from glance_bridge import model
from glance_bridge.cmd import manage
from glance_bridge.db import api as db_api
from glance_bridge.token import key


class ManageTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.useFixture(
            fixtures.EnvironmentVariable(
                bridge_conf.FOLDER_VARIABLE, self.folder
            )
        )
        self.out = self._stream('stdout')
        self.err = self._stream('stderr')

    def _stream(self, name: str) -> fixtures.StringStream:
        stream = self.useFixture(fixtures.StringStream(name)).stream
        self.useFixture(fixtures.MonkeyPatch(f'sys.{name}', stream))
        return stream

    def _run(self, connection: str, *arguments: str) -> int:
        with open(f'{self.folder}/glance-bridge.conf', 'w') as file:
            file.write(
                f'[database]\nconnection = {connection}\n'
                f'[token]\nkey_file = {self.folder}/token.key\n'
                f'certificate_file = {self.folder}/token.crt\n'
            )
        # Options of a command line can be registered before it is read only.
        fresh = fixtures.MonkeyPatch('oslo_config.cfg.CONF', cfg.ConfigOpts())
        with fresh:
            return manage.main(arguments)

    def _text(self, stream: fixtures.StringStream) -> str:
        stream.seek(0)
        return stream.read()

    def test_db_sync_makes_the_tables(self):
        connection = f'sqlite:///{self.folder}/db'
        self.assertEqual(0, self._run(connection, 'db', 'sync'))
        self.assertIn('up to date', self._text(self.out))

    def test_a_database_out_of_reach_is_said(self):
        connection = 'sqlite:////nowhere/db'
        self.assertEqual(1, self._run(connection, 'db', 'sync'))
        self.assertIn('cannot be used', self._text(self.err))

    def _pair(self) -> tuple[pathlib.Path, pathlib.Path]:
        folder = pathlib.Path(self.folder)
        return folder / 'token.key', folder / 'token.crt'

    def test_key_makes_a_pair_that_only_its_owner_reads(self):
        # Not even while it is written, and whatever the mask is.
        self.addCleanup(os.umask, os.umask(0o077))
        self.assertEqual(0, self._run('sqlite://', 'key'))
        modes = [stat.S_IMODE(each.stat().st_mode) for each in self._pair()]
        self.assertEqual([0o600, 0o644], modes)
        key.load(*(each.read_bytes() for each in self._pair()))
        self.assertIn('rootcertbundle', self._text(self.out))
        self.assertEqual(
            {'glance-bridge.conf', 'token.crt', 'token.key'},
            set(os.listdir(self.folder)),
        )

    def test_a_key_is_not_replaced_by_accident(self):
        for part in self._pair():
            part.write_text('old')
            self.assertEqual(1, self._run('sqlite://', 'key'))
            self.assertEqual('old', part.read_text())
            part.unlink()
        self.assertIn('--force', self._text(self.err))

    def test_force_replaces_it(self):
        for part in self._pair():
            part.write_text('old')
        self.assertEqual(0, self._run('sqlite://', 'key', '--force'))
        self.assertNotEqual('old', self._pair()[0].read_text())

    def test_what_the_file_system_refuses_is_said(self):
        self._pair()[0].with_name('token.key.new').mkdir()
        self.assertEqual(1, self._run('sqlite://', 'key'))
        self.assertIn('token.key.new: ', self._text(self.err))

    def _bind(self, namespace: str, project_id: str) -> str:
        connection = f'sqlite:///{self.folder}/db'
        self.assertEqual(0, self._run(connection, 'db', 'sync'))
        db_api.Database({'connection': connection}).add_binding(
            model.Binding(namespace, project_id, 'default')
        )
        return connection

    def test_namespaces_are_listed_with_their_projects(self):
        self._bind('web', 'p2')
        connection = self._bind('demo', 'p1')
        self.assertEqual(0, self._run(connection, 'namespace', 'list'))
        self.assertIn('demo p1\nweb p2\n', self._text(self.out))

    def test_a_namespace_is_released_once(self):
        connection = self._bind('demo', 'p1')
        words = ('namespace', 'release', 'demo')
        self.assertEqual(0, self._run(connection, *words))
        self.assertIn('demo no longer belongs', self._text(self.out))
        self.assertEqual(1, self._run(connection, *words))
        self.assertIn('belongs to no project', self._text(self.err))
