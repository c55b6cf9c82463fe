import pathlib

import fixtures
from oslo_config import cfg
import testtools

from glance_bridge import conf as bridge_conf
from glance_bridge import exception
from glance_bridge.identity import session
from tests.unit.glance_bridge import options

_FILE = """
[identity]
auth_type = password
auth_url = https://keystone.example
username = glance-bridge
password = secret
user_domain_name = Default
project_name = service
project_domain_name = Default
cafile = /etc/ssl/own.crt
"""


class SessionTest(testtools.TestCase):
    def _load(self, **values):
        return session.load(options.make(identity=values), 'identity')

    def test_a_group_that_says_nothing_is_refused(self):
        found = self.assertRaises(exception.ConfigurationInvalid, self._load)
        self.assertIn('[identity] auth_type', str(found))

    def test_a_plugin_that_is_not_there_is_refused(self):
        found = self.assertRaises(
            exception.ConfigurationInvalid, self._load, auth_type='nothing'
        )
        self.assertIn('nothing', str(found))

    def test_what_the_file_says_is_used(self):
        folder = self.useFixture(fixtures.TempDir()).path
        pathlib.Path(folder, 'glance-bridge.conf').write_text(_FILE)
        variable = {bridge_conf.FOLDER_VARIABLE: folder}
        conf = bridge_conf.load([], variable, cfg.ConfigOpts())
        found = session.load(conf, 'identity')
        self.assertEqual('https://keystone.example', session.auth_url(found))
        self.assertEqual('/etc/ssl/own.crt', found.verify)
        self.assertEqual(10, found.timeout)
