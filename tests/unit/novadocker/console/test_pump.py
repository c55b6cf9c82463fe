"""Bytes are carried both ways until one side is at its end."""

import socket
import threading

import testtools

from novadocker.console import pump
from tests.fixtures import netns


class PumpTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.now = 0.0
        self.spoken = 0
        self.user, self.peer = self._pair()
        self.inside, self.terminal = self._pair()

    def _pair(self):
        pair = socket.socketpair()
        for each in pair:
            each.settimeout(60)
            self.addCleanup(each.close)
        return pair

    def _run(self, **options):
        made = pump.Pump(
            self.peer, self.terminal, clock=lambda: self.now, **options
        )
        thread = threading.Thread(target=made.run, args=(self._speaks,))
        thread.start()
        self.addCleanup(thread.join, 60)
        self.addCleanup(self.user.close)
        return thread

    def _speaks(self):
        self.spoken += 1

    def test_both_ways(self):
        self._run()
        self.user.sendall(b'typed')
        self.assertEqual(b'typed', self.inside.recv(100))
        self.inside.sendall(b'written')
        self.assertEqual(b'written', self.user.recv(100))

    def test_what_was_typed_before_comes_first(self):
        self._run(typed=b'early ')
        self.assertEqual(b'early ', self.inside.recv(6))

    def test_first_words_of_the_terminal_are_told_once(self):
        thread = self._run()
        for _ in range(3):
            self.inside.sendall(b'x')
            self.user.recv(1)
            # What is told comes before the words.
            self.assertEqual(1, self.spoken)
        self.inside.close()
        thread.join(60)
        self.assertEqual(1, self.spoken)

    def test_peer_that_goes_ends_it(self):
        thread = self._run()
        self.user.close()
        thread.join(60)
        self.assertFalse(thread.is_alive())
        self.assertEqual(0, self.spoken)

    def test_last_words_of_the_terminal_arrive(self):
        last = b'bye' * 100_000
        thread = self._run()
        writer = threading.Thread(target=self._write_and_close, args=(last,))
        writer.start()
        found = b''
        while len(found) < len(last):
            found += self.user.recv(65536)
        self.assertEqual(last, found)
        for each in (writer, thread):
            each.join(60)
            self.assertFalse(each.is_alive())

    def _write_and_close(self, text):
        self.inside.sendall(text)
        self.inside.close()

    def test_side_that_does_not_read_stops_the_other(self):
        self._run()
        self.inside.setblocking(False)
        with self.assertRaises(BlockingIOError):
            for _ in range(1000):
                netns.wait_until(self._take_a_breath, 'a breath')
                self.inside.send(b'x' * 65536)
        # It goes on when there is room again.
        found = self.user.recv(65536)
        self.assertEqual({b'x'[0]}, set(found))

    def _take_a_breath(self):
        return True

    def test_peer_that_types_into_nothing_is_let_go(self):
        self.patch(pump, '_LOOK_S', 0.01)
        thread = self._run(typed=b'x' * pump._MAX_HELD_BYTES)
        # Nobody reads: all that both sockets hold, and more.
        self.user.setblocking(False)
        netns.wait_until(self._is_full, 'a full line')
        self.assertTrue(thread.is_alive())

        def is_let_go():
            # The line may have been full of what is carried on just now.
            self.now += 61
            return not thread.is_alive()

        netns.wait_until(is_let_go, 'the end')

    def _is_full(self):
        try:
            self.user.send(b'x' * 65536)
        except BlockingIOError:
            return True
        return False

    def test_reset_is_an_end(self):
        listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(listener.close)
        self.user = socket.create_connection(listener.getsockname())
        self.peer, _ = listener.accept()
        self.addCleanup(self.peer.close)
        self.peer.settimeout(60)
        thread = self._run()
        # Closed with bytes unread, which resets the connection.
        self.inside.sendall(b'unread')
        netns.wait_until(lambda: self.spoken, 'the first words')
        self.user.close()
        thread.join(60)
        self.assertFalse(thread.is_alive())

    def test_peer_that_goes_while_it_is_written_to(self):
        class Gone:
            def send(self, data):
                raise BrokenPipeError

        way = pump._Way(self.peer, Gone(), bytearray(b'x'), 0)
        way.write(0)
        self.assertTrue(way.is_over)
        self.assertEqual(bytearray(b'x'), way.held)

    def test_side_that_was_ready_and_is_no_more(self):
        self.peer.setblocking(False)
        way = pump._Way(self.peer, self.peer, bytearray(), 0)
        way.read()
        self.assertFalse(way.is_over)

        class Full:
            def send(self, data):
                raise BlockingIOError

        way = pump._Way(self.peer, Full(), bytearray(b'x'), 0)
        way.write(5)
        self.assertEqual(
            (b'x', 0, False), (way.held, way.moved_s, way.is_over)
        )
