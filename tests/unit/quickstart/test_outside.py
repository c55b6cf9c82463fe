"""The machine's package sources stay reachable beside the cloud."""

import json
import socket

import testtools

from deploy.quickstart import exception
from deploy.quickstart import outside
from deploy.quickstart import process

TEXT = """\
https://pypi.org/
global.index-url='https://user:secret@mirror.example:8443/simple'
http://deb.example/debian
file:///opt/packages
"""
POOLS = [
    ((), [('10', '250')]),
    (('80',), [('10', '79'), ('81', '250')]),
    (('10', '250'), [('11', '249')]),
    (('80', '81'), [('10', '79'), ('82', '250')]),
    (('1', '254'), [('10', '250')]),
]


class OutsideTestCase(testtools.TestCase):
    def test_hosts_of_urls(self):
        self.assertEqual(
            ['deb.example', 'mirror.example', 'pypi.org'], outside.hosts(TEXT)
        )

    def test_pools_leave_out_what_is_taken(self):
        for taken, expected in POOLS:
            with self.subTest(taken):
                found = outside.pools(
                    '203.0.113.10',
                    '203.0.113.250',
                    [f'203.0.113.{each}' for each in taken],
                )
                self.assertEqual(
                    [
                        {'start': f'203.0.113.{a}', 'end': f'203.0.113.{b}'}
                        for a, b in expected
                    ],
                    found,
                )


class RoutesTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.commands = []
        self.routes = {}
        self.hosts = {}
        self.patch(process, 'run', self._run)
        self.patch(socket, 'getaddrinfo', self._resolve)

    def _run(self, command, env=None):
        self.commands.append(' '.join(command))
        if command[0] == 'apt-get':
            return 'http://mirror.example/debian\n'
        if command[0] == '/usr/bin/python3':
            raise exception.OperationFailed('no pip')
        if command[:4] == ['ip', '-json', 'route', 'get']:
            if command[4] not in self.routes:
                raise exception.OperationFailed('unreachable')
            return json.dumps([self.routes[command[4]]])
        return ''

    def _resolve(self, host, port, family):
        if host not in self.hosts:
            raise OSError
        return [(family, 0, 0, '', (self.hosts[host], 0))]

    def _kept(self):
        outside.keep_routes()
        return [it for it in self.commands if 'replace' in it]

    def test_mirror_in_our_network_keeps_its_way(self):
        self.hosts['mirror.example'] = '203.0.113.80'
        self.routes['203.0.113.80'] = {'gateway': '192.0.2.1', 'dev': 'eth0'}
        self.assertEqual(
            [
                'ip route replace 203.0.113.80/32 via 192.0.2.1 dev eth0 '
                'proto 77'
            ],
            self._kept(),
        )

    def test_mirror_elsewhere_needs_none(self):
        self.hosts['mirror.example'] = '192.0.2.80'
        self.assertEqual([], self._kept())

    def test_mirror_on_a_link_or_beyond_reach_has_no_way_to_keep(self):
        self.hosts['mirror.example'] = '203.0.113.80'
        self.assertEqual([], self._kept())
        self.routes['203.0.113.80'] = {'dev': 'eth0'}
        self.assertEqual([], self._kept())

    def test_no_name_service(self):
        self.assertEqual([], outside.addresses())

    def test_only_our_routes_are_forgotten(self):
        outside.forget_routes()
        self.assertEqual(['ip route flush proto 77'], self.commands)
