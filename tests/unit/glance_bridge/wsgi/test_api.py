"""What a WSGI server loads."""

import functools
import importlib
import sys

import fixtures
from oslo_config import cfg
import testtools
import webob

from glance_bridge import conf as bridge_conf


class ApplicationTestCase(testtools.TestCase):
    def test_it_is_configured_by_the_folder_in_the_environment(self):
        folder = self.useFixture(fixtures.TempDir()).path
        self.useFixture(
            fixtures.EnvironmentVariable(bridge_conf.FOLDER_VARIABLE, folder)
        )
        # Nova's options, which other tests bring, have groups of our names.
        load = functools.partial(bridge_conf.load, conf=cfg.ConfigOpts())
        self.useFixture(fixtures.MonkeyPatch('glance_bridge.conf.load', load))
        self.addCleanup(sys.modules.pop, 'glance_bridge.wsgi.api', None)
        with open(f'{folder}/glance-bridge.conf', 'w') as file:
            file.write(f'[database]\nconnection = sqlite:///{folder}/db\n')
        loaded = importlib.import_module('glance_bridge.wsgi.api')
        request = webob.Request.blank('/healthcheck')
        answer = request.get_response(loaded.application)
        self.assertIn('db sync', answer.text)
