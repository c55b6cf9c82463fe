"""The options of the plugin, read from a tempest.conf."""

import pathlib

import fixtures
from oslo_config import cfg
import testtools

from novadocker_tempest_plugin import config

_PAGE = (
    pathlib.Path(__file__).resolve().parents[3]
    / 'doc/source/contributor/tempest-plugin.rst'
)


class ConfigTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.path = folder / 'tempest.conf'

    def _read(self, text=''):
        self.path.write_text(f'[docker]\n{text}')
        conf = cfg.ConfigOpts()
        conf.register_group(config.GROUP)
        conf.register_opts(config.OPTIONS, group=config.GROUP)
        conf(['--config-file', str(self.path)], project='tempest')
        return conf.docker

    def test_nothing_is_assumed_of_a_cloud(self):
        found = self._read()
        self.assertEqual(
            {'volumes': True},
            {name: found[name] for name in found if found[name] is not None},
        )

    def test_options_are_read(self):
        found = self._read(
            'registry_url = https://registry.example.org\n'
            'image_archive = /srv/busybox.tar\n'
            'volumes = false\n'
        )
        self.assertEqual('https://registry.example.org', found.registry_url)
        self.assertEqual('/srv/busybox.tar', found.image_archive)
        self.assertFalse(found.volumes)

    def test_a_registry_has_a_scheme(self):
        found = self._read('registry_url = ftp://registry.example.org\n')
        self.assertRaises(cfg.ConfigFileValueError, lambda: found.registry_url)

    def test_every_option_is_on_its_page(self):
        page = _PAGE.read_text()
        for option in config.OPTIONS:
            self.assertIn(f'``{option.name}``', page)

    def test_every_option_is_explained(self):
        for option in config.OPTIONS:
            self.assertTrue(option.help.strip(), option.name)
