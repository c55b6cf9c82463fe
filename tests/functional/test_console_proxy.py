"""Consoles through nova-serialproxy itself, with a real websocket client.

It waits without end for an answer that never comes (``recv`` of nothing in
nova.console.websocketproxy), so what it is told in each case counts.
"""

import ipaddress

from nova.console import type as nova_console
import websocket

from novadocker import model
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import serialproxy
from tests.functional import test_console


@dockerd.needs_dockerd
class ProxyTest(test_console.ConsoleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Its start is that of all of Nova.
        cls.proxy = serialproxy.SerialProxy()
        cls.proxy.setUp()
        cls.addClassCleanup(cls.proxy.cleanUp)

    def setUp(self):
        super().setUp()
        self.container_id = self.start('sleep', 'infinity')

    def url(self, secret=None):
        return self.proxy.url(
            nova_console.ConsoleSerial(
                host='127.0.0.1',
                port=self.consoles.port,
                internal_access_path=secret
                or self.consoles.give(self.container_id, model.Console.EXEC),
            )
        )

    def connected(self, url, **options):
        found = websocket.create_connection(url, timeout=60, **options)
        self.addCleanup(found.shutdown)
        return found

    def read_until(self, connection, wanted):
        found = b''
        while wanted not in found:
            found += connection.recv_frame().data
        return found

    def wait_for_no_handler(self, but=0):
        netns.wait_until(
            lambda: len(self.proxy.handlers()) <= but,
            'the end of its processes',
        )

    def test_shell(self):
        for subprotocols in (None, ['binary']):
            connection = self.connected(self.url(), subprotocols=subprotocols)
            connection.send_binary(b'echo $((6 * 7))\n')
            self.read_until(connection, b'42\r\n')
            connection.close()
            self.wait_for_no_handler()
            self.wait_for_no_shell(self.container_id)

    def test_exit_closes_the_websocket(self):
        connection = self.connected(self.url())
        connection.send_binary(b'exit\n')
        while connection.recv_frame().opcode != websocket.ABNF.OPCODE_CLOSE:
            pass
        self.wait_for_no_handler()

    def test_server_that_stops_closes_the_websocket(self):
        connection = self.connected(self.url())
        self.read_until(connection, b'# ')
        self.engine.kill(self.container_id)
        while connection.recv_frame().opcode != websocket.ABNF.OPCODE_CLOSE:
            pass
        self.wait_for_no_handler()

    def assert_refused(self, url, but=0):
        """See that the proxy gives nothing, and does not wait for ever."""
        try:
            connection = self.connected(url)
            said = connection.recv()
        except (websocket.WebSocketException, ConnectionError):
            said = b''
        self.assertIn(said, (b'', ''))
        self.wait_for_no_handler(but)

    def test_url_opens_once(self):
        url = self.url()
        connection = self.connected(url)
        self.read_until(connection, b'# ')
        self.assert_refused(url, but=1)
        connection.send_binary(b'echo $((6 * 7))\n')
        self.read_until(connection, b'42\r\n')

    def test_wrong_secret(self):
        self.assert_refused(self.url('wrong'))
        self.assert_refused(self.url('x' * 120))

    def test_secret_that_has_expired(self):
        self.consoles = self.listening(secret_ttl_s=0)
        self.assert_refused(self.url())

    def test_proxy_that_is_not_named(self):
        self.consoles = self.listening(
            proxies=[ipaddress.ip_network('192.0.2.1')]
        )
        self.assert_refused(self.url())

    def test_service_that_ends(self):
        connection = self.connected(self.url())
        self.read_until(connection, b'# ')
        url = self.url()
        self.consoles.stop()
        self.wait_for_no_handler()
        self.assert_refused(url)
