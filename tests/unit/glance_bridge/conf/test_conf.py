"""Where the options come from."""

import pathlib

import fixtures
from oslo_config import cfg
import testtools

from glance_bridge import conf as bridge_conf


class LoadTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.conf = cfg.ConfigOpts()

    def _load(self, *arguments: str) -> cfg.ConfigOpts:
        variable = {bridge_conf.FOLDER_VARIABLE: str(self.folder)}
        return bridge_conf.load(arguments, variable, self.conf)

    def test_the_folder_is_that_of_the_environment(self):
        file = self.folder / 'glance-bridge.conf'
        file.write_text('[database]\nconnection = sqlite:///here\n')
        conf = self._load()
        self.assertEqual('sqlite:///here', conf.database.connection)

    def test_a_folder_without_a_file_leaves_the_defaults(self):
        self.assertIsNone(self._load().database.connection)

    def test_an_argument_names_another_file(self):
        file = self.folder / 'other.conf'
        file.write_text('[database]\nconnection = sqlite:///there\n')
        conf = self._load('--config-file', str(file))
        self.assertEqual('sqlite:///there', conf.database.connection)


class ListTestCase(testtools.TestCase):
    def test_every_option_has_a_help_of_its_own(self):
        for _, options in bridge_conf.list_opts():
            for option in options:
                self.assertTrue(option.help, option.name)
