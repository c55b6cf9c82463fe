"""Whoever has no secret gets little, and whoever has one gets in."""

import errno
import ipaddress
import socket

import fixtures
import testtools

from novadocker.console import listener
from novadocker.console import secret
from tests.fixtures import netns
from tests.fixtures import proxy

_SECRET = 'A' * secret.CHARS


class ListenerTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.now = 0.0
        self.welcomed = []
        self.is_welcome = True
        self.listener = self.started()

    def started(self, *allowed):
        made = listener.Listener(
            '127.0.0.1',
            0,
            allowed=[ipaddress.ip_network(each) for each in allowed],
            welcome=self._welcome,
            clock=lambda: self.now,
        )
        made.start()
        self.addCleanup(self._stop, made)
        return made

    def _stop(self, made):
        if not made._stopped.is_set():
            made.stop()

    def _welcome(self, sock, text, typed):
        if isinstance(self.is_welcome, Exception):
            sock.close()
            error, self.is_welcome = self.is_welcome, True
            raise error
        if self.is_welcome:
            self.addCleanup(sock.close)
            self.welcomed.append((sock, text.decode(), typed))
        return self.is_welcome

    def connect(self, *, to=None, **options):
        sock = proxy.connect((to or self.listener).port, **options)
        self.addCleanup(sock.close)
        return sock

    def said(self, *parts):
        """Say something, in parts, and give the answer."""
        sock = self.connect()
        for part in parts:
            sock.sendall(part)
        return proxy.read_to_end(sock)

    def wait_for_peers(self, count):
        netns.wait_until(
            lambda: len(self.listener._peers) == count, f'{count} peers'
        )

    def wait_for_welcome(self):
        netns.wait_until(lambda: self.welcomed, 'a welcome')
        return self.welcomed.pop()[1:]


class WelcomeTest(ListenerTestCase):
    def test_secret_is_handed_on(self):
        self.connect().sendall(proxy.request(_SECRET))
        self.assertEqual((_SECRET, b''), self.wait_for_welcome())
        self.wait_for_peers(0)

    def test_secret_in_pieces(self):
        sock = self.connect()
        for byte in proxy.request(_SECRET):
            sock.sendall(bytes([byte]))
        self.assertEqual((_SECRET, b''), self.wait_for_welcome())

    def test_what_comes_behind_is_handed_on_too(self):
        self.connect().sendall(proxy.request(_SECRET) + b'\r\nls\r\n\r\n')
        self.assertEqual((_SECRET, b'\r\nls\r\n\r\n'), self.wait_for_welcome())

    def test_silent_peers_keep_nobody_out(self):
        silent = [self.connect() for _ in range(300)]
        self.connect().sendall(proxy.request(_SECRET))
        self.assertEqual((_SECRET, b''), self.wait_for_welcome())
        self.assertLessEqual(len(self.listener._peers), listener._MAX_PEERS)
        self.assertEqual(listener.REFUSAL, proxy.read_to_end(silent[0]))

    def test_welcome_that_fails_does_not_end_the_listener(self):
        self.is_welcome = ValueError('a test')
        self.connect().sendall(proxy.request(_SECRET))
        netns.wait_until(lambda: 'a test' in self.log.output, 'its failure')
        self.connect().sendall(proxy.request(_SECRET))
        self.assertEqual((_SECRET, b''), self.wait_for_welcome())


class RefusalTest(ListenerTestCase):
    def test_refusal_ends_what_the_proxy_waits_for(self):
        # nova.console.websocketproxy reads on until it sees this, and takes
        # "200" anywhere in the first line for a welcome.
        self.assertTrue(listener.REFUSAL.endswith(b'\r\n\r\n'))
        self.assertNotIn(b'200', listener.REFUSAL)

    def test_what_is_not_welcome(self):
        self.is_welcome = False
        self.assertEqual(listener.REFUSAL, self.said(proxy.request(_SECRET)))
        self.wait_for_peers(0)

    def test_what_is_no_request(self):
        for parts in (
            (b'\r\n\r\n',),
            (b'GET / HTTP/1.1\r\n\r\n',),
            (b'CONNECT\r\n\r\n',),
            (b'CONNECT ', b'\r\n\r\n'),
            (proxy.request(_SECRET[:-1]),),
            (proxy.request(_SECRET + 'A'),),
            (proxy.request('/' + _SECRET[:-1]),),
            (proxy.request(_SECRET).replace(b'1.1', b'1.0'),),
            (proxy.request(_SECRET).replace(b'\r\n', b'\n'), b'\r\n\r\n'),
            (f'CONNECT {_SECRET} HTTP/1.1\r\nHost: x\r\n\r\n'.encode(),),
            (b'\x16\x03\x01\x02\x00\x01\x00',),
            (bytes(range(256)) * 4,),
            (b'CONNECT ' + b'A' * 10_000,),
        ):
            self.assertIn(self.said(*parts), (listener.REFUSAL, b''), parts)
        self.assertEqual([], self.welcomed)
        self.wait_for_peers(0)

    def test_peer_that_goes(self):
        for said in (b'', b'CONN', b'CONNECT ' + _SECRET.encode()):
            sock = self.connect()
            sock.sendall(said)
            self.wait_for_peers(1)
            sock.close()
            self.wait_for_peers(0)
        self.assertEqual([], self.welcomed)

    def test_peer_that_resets(self):
        sock = self.connect()
        self.wait_for_peers(1)
        linger = b'\1\0\0\0\0\0\0\0'
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        sock.close()
        self.wait_for_peers(0)

    def test_silence_and_slowness_have_an_end(self):
        silent, slow = self.connect(), self.connect()
        self.wait_for_peers(2)
        slow.sendall(b'CONN')
        self.now += listener._PATIENCE_S
        # Anybody who comes wakes the listener.
        self.connect().sendall(b'x')
        for sock in (silent, slow):
            self.assertEqual(listener.REFUSAL, proxy.read_to_end(sock))
        self.wait_for_peers(0)

    def test_silence_ends_by_itself(self):
        self.patch(listener, '_PATIENCE_S', 0)
        self.assertEqual(listener.REFUSAL, proxy.read_to_end(self.connect()))

    def test_stop_sends_away_who_waits(self):
        sock = self.connect()
        self.wait_for_peers(1)
        self.listener.stop()
        self.assertEqual(listener.REFUSAL, proxy.read_to_end(sock))
        self.assertRaises(ConnectionRefusedError, self.connect)


class AllowedTest(ListenerTestCase):
    def test_only_who_is_named(self):
        only = self.started('127.0.0.9', '127.0.1.0/24')
        for source, answer in (
            ('127.0.0.1', listener.REFUSAL),
            ('127.0.0.9', None),
            ('127.0.1.77', None),
            ('127.0.2.1', listener.REFUSAL),
        ):
            sock = self.connect(to=only, source=source)
            if answer:
                self.assertEqual(answer, proxy.read_to_end(sock), source)
            else:
                sock.sendall(proxy.request(_SECRET))
                self.assertEqual((_SECRET, b''), self.wait_for_welcome())

    def test_stranger_is_told_of_once_and_not_without_end(self):
        only = self.started('192.0.2.1')
        for number in (1, 1, *range(2, 100)):
            sock = self.connect(to=only, source=f'127.0.0.{number}')
            proxy.read_to_end(sock)
        said = self.log.output
        self.assertEqual(1, said.count('127.0.0.1 may not'))
        self.assertEqual(listener._MAX_TOLD, said.count('console_proxies'))

    def test_address_of_a_link_is_looked_at_without_its_zone(self):
        only = self.started('fe80::/64')
        self.assertTrue(only._is_allowed('fe80::1%eth0'))

    def test_host_itself_where_nobody_is_named(self):
        for address, is_allowed in (
            ('127.0.0.1', True),
            ('::1', True),
            ('192.0.2.1', False),
        ):
            self.assertEqual(
                is_allowed, self.listener._is_allowed(address), address
            )


class AcceptTest(ListenerTestCase):
    def test_no_descriptor_left(self):
        class Exhausted:
            def __init__(self, error):
                self.error = error

            def accept(self):
                raise self.error

        self.patch(listener, '_BREATH_S', 0.01)
        self.listener.stop()
        self.listener._sock = Exhausted(OSError(errno.EMFILE, 'too many'))
        self.listener._accept()
        self.assertIn('too many', self.log.output)

        # Somebody who was at the door and has gone.
        self.listener._sock = Exhausted(BlockingIOError())
        self.listener._accept()
        self.assertEqual({}, self.listener._peers)

    def test_bytes_that_are_not_there_after_all(self):
        ours, theirs = socket.socketpair()
        self.addCleanup(theirs.close)
        self.addCleanup(ours.close)
        ours.setblocking(False)
        peer = listener._Peer(ours, 5.0)
        self.listener._listen_to(peer)
        self.assertEqual(b'', peer.head)

    def test_taken_port(self):
        taken = listener.Listener(
            '127.0.0.1',
            self.listener.port,
            allowed=[],
            welcome=self._welcome,
        )
        self.assertRaises(OSError, taken.start)

    def test_ipv6(self):
        made = listener.Listener('::1', 0, allowed=[], welcome=self._welcome)
        try:
            made.start()
        except OSError as err:
            self.skipTest(f'no IPv6: {err}')
        self.addCleanup(made.stop)
        with socket.create_connection(('::1', made.port), 60) as sock:
            sock.sendall(proxy.request(_SECRET))
            self.assertEqual((_SECRET, b''), self.wait_for_welcome())
