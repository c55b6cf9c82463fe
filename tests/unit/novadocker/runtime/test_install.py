"""The lines that an operator adds to daemon.json."""

import json

import testtools

from novadocker.runtime import install


class DaemonJsonTest(testtools.TestCase):
    def test_defaults_need_no_arguments(self):
        self.assertEqual(
            {
                'runtimes': {
                    'nova': {'path': '/usr/libexec/nova-docker/nova-runtime'}
                }
            },
            json.loads(install.daemon_json('nova')),
        )

    def test_what_differs_is_an_argument(self):
        text = install.daemon_json('n', '/p', map_dir='/m', runc='/r')
        self.assertEqual(
            {
                'path': '/p',
                'runtimeArgs': ['--nova-map-dir=/m', '--nova-runc=/r'],
            },
            json.loads(text)['runtimes']['n'],
        )
