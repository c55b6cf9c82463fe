"""The door to consoles, and its options."""

import ipaddress
import socket

import fixtures
from nova import conf as nova_conf
from nova import exception as nova_exception
from nova.console import type as nova_console
from oslo_config import cfg

from novadocker import driver
from tests.contract import engine_contract
from tests.fixtures import fake_terminals
from tests.fixtures import netns
from tests.fixtures import ports
from tests.fixtures import proxy
from tests.fixtures import virtapi
from tests.unit.novadocker import test_driver

CONF = nova_conf.CONF


class SerialConsoleTest(test_driver.DriverTestCase):
    def setUp(self):
        super().setUp()
        self.terminals = self.useFixture(
            fake_terminals.FakeTerminals(self.engine)
        )
        self.useFixture(
            fixtures.MonkeyPatch(
                'novadocker.engine.terminal.Terminals',
                lambda host: self.terminals,
            )
        )
        self.flags(enabled=True, group='serial_console')
        self.flags(proxyclient_address='127.0.0.2', group='serial_console')
        port = self.useFixture(ports.Port()).number
        self.flags(console_port=port, group='docker')

    def started(self):
        """Start the service of a host with one server."""
        self.driver = driver.DockerDriver(virtapi.FakeVirtAPI())
        self.driver.init_host(test_driver.HOST)
        self.addCleanup(self.driver.cleanup_host, test_driver.HOST)
        self.engine.add_image('image')
        spec = engine_contract.spec('image', 'nova')
        self.instance.uuid = spec.labels['org.openstack.nova.uuid']
        container_id = self.engine.create(spec)
        self.engine.start(container_id)
        return container_id

    def ask(self):
        return self.driver.get_serial_console(None, self.instance)

    def opened(self, found):
        sock = socket.create_connection((found.host, found.port), 60)
        self.addCleanup(sock.close)
        sock.sendall(proxy.request(found.internal_access_path))
        return proxy.read_exactly(sock, len(proxy.ACCEPTED)), sock

    def test_what_nova_is_told_opens_a_console(self):
        container_id = self.started()
        found = self.ask()
        self.assertIsInstance(found, nova_console.ConsoleSerial)
        self.assertEqual('127.0.0.2', found.host)
        self.assertEqual(CONF.docker.console_port, found.port)
        # The host itself is a proxy where no other is named.
        answer, _ = self.opened(found)
        self.assertEqual(proxy.ACCEPTED, answer)
        netns.wait_until(
            lambda: len(self.terminals.execs(container_id)) == 1, 'a shell'
        )

    def test_port_stays_and_secret_changes(self):
        # nova.compute.manager, validate_console_port: at each connection.
        self.started()
        one, two = self.ask(), self.ask()
        self.assertEqual((one.host, one.port), (two.host, two.port))
        self.assertNotEqual(one.internal_access_path, two.internal_access_path)

    def test_options(self):
        self.flags(
            console_address='127.0.0.3',
            console_proxies='127.0.0.0/30',
            group='docker',
        )
        self.assertEqual(
            [ipaddress.ip_network('127.0.0.0/30')],
            CONF.docker.console_proxies,
        )
        self.started()
        found = self.ask()
        # What proxies are told may be an address of something before it.
        self.assertEqual('127.0.0.2', found.host)
        found.host = '127.0.0.3'
        self.assertEqual(proxy.ACCEPTED, self.opened(found)[0])

    def test_proxies_that_are_no_networks(self):
        for wrong in ('controller', '192.0.2.1/24', '300.0.0.1'):
            self.assertRaises(
                (ValueError, cfg.ConfigFileValueError),
                self.flags,
                console_proxies=wrong,
                group='docker',
            )

    def test_secrets_live_as_long_as_the_tokens_of_nova(self):
        self.flags(token_ttl=0, group='consoleauth')
        self.started()
        self.assertIn(b'403', self.opened(self.ask())[0])

    def test_end_of_the_service_ends_consoles(self):
        self.started()
        _, sock = self.opened(self.ask())
        self.driver.cleanup_host(test_driver.HOST)
        self.assertEqual(b'', proxy.read_to_end(sock))

    def test_start_of_the_service_ends_what_was_left(self):
        container_id = self.started()
        self.driver.cleanup_host(test_driver.HOST)
        looked = []
        self.terminals.execs = lambda each: looked.append(each) or []
        again = driver.DockerDriver(virtapi.FakeVirtAPI())
        self.addCleanup(again.cleanup_host, 'host1')
        again.init_host('host1')
        self.assertEqual([container_id], looked)

    def test_consoles_that_are_not_enabled(self):
        self.flags(enabled=False, group='serial_console')
        self.started()
        error = self.assertRaises(
            nova_exception.ConsoleTypeUnavailable, self.ask
        )
        self.assertIn('serial', str(error))
        self.assertFalse(self.driver._consoles.is_open)

    def test_server_that_is_gone_in_novas_words(self):
        self.engine.remove(self.started(), force=True)
        self.assertRaises(nova_exception.InstanceNotFound, self.ask)
