"""What an operator runs before the bridge starts."""

import fixtures
from oslo_config import cfg
import testtools

from glance_bridge import conf as bridge_conf
from glance_bridge.cmd import manage


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
        self.conf = cfg.ConfigOpts()
        self.useFixture(
            fixtures.MonkeyPatch('oslo_config.cfg.CONF', self.conf)
        )

    def _stream(self, name: str) -> fixtures.StringStream:
        stream = self.useFixture(fixtures.StringStream(name)).stream
        self.useFixture(fixtures.MonkeyPatch(f'sys.{name}', stream))
        return stream

    def _run(self, connection: str, *arguments: str) -> int:
        with open(f'{self.folder}/glance-bridge.conf', 'w') as file:
            file.write(f'[database]\nconnection = {connection}\n')
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
