"""The door and what is behind it, together."""

import dataclasses
import ipaddress

from novadocker import model
from novadocker.console import consoles
from novadocker.console import listener
from tests.fixtures import netns
from tests.fixtures import proxy
from tests.unit.novadocker.console import shells

SETTINGS = consoles.Settings(
    address='127.0.0.1',
    port=0,
    proxies=(),
    sessions_per_server=2,
    sessions=3,
    secret_ttl_s=600,
)


class ConsolesTest(shells.ShellTestCase):
    def started(self, *left, **settings):
        made = consoles.Consoles(
            self.terminals, dataclasses.replace(SETTINGS, **settings)
        )
        made.start(left)
        self.addCleanup(made.stop)
        return made

    def said(self, doors, secret):
        sock = proxy.connect(doors.port)
        self.addCleanup(sock.close)
        sock.sendall(proxy.request(secret))
        return proxy.read_to_end(sock)

    def opened(self, doors, kind=model.Console.EXEC):
        sock = proxy.opened(doors.port, doors.give(self.container_id, kind))
        self.addCleanup(sock.close)
        return sock

    def test_each_kind_is_opened(self):
        doors = self.started()
        shell = self.opened(doors)
        attached = self.opened(doors, model.Console.ATTACH)
        netns.wait_until(lambda: len(self.terminals.inside) == 2, 'both')
        for sock in (shell, attached):
            sock.close()
        netns.wait_until(lambda: not doors.sessions(), 'their end')
        self.assertEqual(1, len(self.ended))

    def test_secret_opens_once(self):
        doors = self.started()
        secret = doors.give(self.container_id, model.Console.EXEC)
        proxy.opened(doors.port, secret).close()
        self.assertEqual(listener.REFUSAL, self.said(doors, secret))
        self.assertNotIn(secret, self.log.output)

    def test_of_two_at_once_with_one_secret_one_gets_in(self):
        doors = self.started()
        for _ in range(20):
            secret = doors.give(self.container_id, model.Console.EXEC)
            socks = [proxy.connect(doors.port) for _ in range(2)]
            for sock in socks:
                self.addCleanup(sock.close)
            for sock in socks:
                sock.sendall(proxy.request(secret))
            answers = [sock.recv(12) for sock in socks]
            self.assertEqual(
                [b'HTTP/1.1 200', b'HTTP/1.1 403'], sorted(answers)
            )
            for sock in socks:
                sock.close()
            netns.wait_until(lambda: not doors.sessions(), 'its end')

    def test_secret_that_has_expired(self):
        doors = self.started(secret_ttl_s=0)
        secret = doors.give(self.container_id, model.Console.EXEC)
        self.assertEqual(listener.REFUSAL, self.said(doors, secret))

    def test_too_many(self):
        doors = self.started()
        for _ in range(2):
            self.opened(doors)
        secret = doors.give(self.container_id, model.Console.EXEC)
        self.assertEqual(listener.REFUSAL, self.said(doors, secret))
        self.assertIn('there are too many', self.log.output)

    def test_proxies_that_are_named(self):
        doors = self.started(proxies=[ipaddress.ip_network('127.0.0.9')])
        secret = doors.give(self.container_id, model.Console.EXEC)
        self.assertIn(self.said(doors, secret), (listener.REFUSAL, b''))
        sock = proxy.connect(doors.port, source='127.0.0.9')
        self.addCleanup(sock.close)
        sock.sendall(proxy.request(secret))
        self.assertEqual(
            proxy.ACCEPTED, proxy.read_exactly(sock, len(proxy.ACCEPTED))
        )

    def test_port_that_is_taken(self):
        doors = self.started()
        other = self.started(port=doors.port)
        self.assertFalse(other.is_open)
        self.assertIn('This host has no consoles', self.log.output)

    def test_shells_that_were_left(self):
        exec_id = self.terminals.create(
            self.container_id, ('x', 'nova-console')
        )
        self.terminals.start(exec_id).close()
        self.started(self.container_id)
        pid = self.terminals.look(exec_id).pid
        self.assertEqual([(self.container_id, pid)], self.ended)

    def test_stop_ends_sessions_and_may_come_twice(self):
        doors = self.started()
        sock = self.opened(doors)
        doors.stop()
        doors.stop()
        self.assertEqual(b'', proxy.read_to_end(sock))
        self.assertEqual(0, doors.sessions())
        self.assertRaises(ConnectionRefusedError, proxy.connect, doors.port)

    def test_shell_is_looked_for(self):
        doors = self.started()
        self.assertTrue(doors.has_shell(self.container_id))
        self.terminals.files = set()
        self.assertFalse(doors.has_shell(self.container_id))
