"""The client of consoles, and a small server of websockets."""

import socket
import struct
import threading

import testtools

from novadocker_tempest_plugin import console

_UPGRADE = b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'


def frame(data, kind=2):
    """Make a frame of a server."""
    if len(data) < 126:
        size = struct.pack('!B', len(data))
    elif len(data) < 2**16:
        size = struct.pack('!BH', 126, len(data))
    else:
        size = struct.pack('!BQ', 127, len(data))
    return bytes([0x80 | kind]) + size + data


class Server:
    """Takes one connection, keeps what was asked, and answers once.

    :param answer: bytes, after which it waits for a frame of the client's
        unless it is at its end
    """

    def __init__(self, test, answer, *, waits=False):
        self._listener = socket.create_server(('127.0.0.1', 0))
        test.addCleanup(self._listener.close)
        self.url = (
            f'ws://127.0.0.1:{self._listener.getsockname()[1]}/?token=a-token'
        )
        self._answer, self._waits = answer, waits
        self.asked, self.typed = [], b''
        thread = threading.Thread(target=self._serve)
        thread.start()
        test.addCleanup(thread.join)

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection, connection.makefile('rb') as stream:
            while line := stream.readline().strip():
                self.asked.append(line.decode())
            connection.sendall(self._answer)
            if self._waits:
                _, size = stream.read(2)
                mask = stream.read(4)
                data = stream.read(size & 0x7F)
                self.typed = bytes(
                    byte ^ mask[place % 4] for place, byte in enumerate(data)
                )
                connection.sendall(frame(b'heard'))


class ConsoleTestCase(testtools.TestCase):
    def _opened(self, server):
        found = console.Console(server.url, timeout_s=60)
        self.addCleanup(found.close)
        return found

    def test_the_token_and_the_protocol_are_sent(self):
        server = Server(self, _UPGRADE + frame(b'$ '))
        self._opened(server).read_until('$ ')
        self.assertEqual('GET /?token=a-token HTTP/1.1', server.asked[0])
        self.assertIn('Sec-WebSocket-Protocol: binary', server.asked)

    def test_frames_of_all_lengths_are_read(self):
        for size in (0, 125, 126, 2**16 - 1, 2**16):
            server = Server(
                self, _UPGRADE + frame(b'x' * size) + frame(b' end')
            )
            said = self._opened(server).read_until('end')
            self.assertEqual('x' * size + ' end', said)

    def test_what_one_types_is_masked(self):
        server = Server(self, _UPGRADE, waits=True)
        with self._opened(server) as terminal:
            terminal.type('echo hello\n')
            terminal.read_until('heard')
        self.assertEqual(b'echo hello\n', server.typed)

    def test_a_ping_is_not_said_by_the_terminal(self):
        server = Server(self, _UPGRADE + frame(b'no', 9) + frame(b'said'))
        self.assertEqual('said', self._opened(server).read_until('said'))

    def test_a_console_that_ends_is_told_with_what_it_said(self):
        closed = frame(b'bye') + frame(b'\x03\xe8', 8)
        for answer, words in (
            (_UPGRADE + closed, "after b'bye'"),
            (_UPGRADE + frame(b'bye'), 'connection ended'),
            (_UPGRADE + frame(b'bye')[:-1], 'connection ended'),
        ):
            found = self._opened(Server(self, answer))
            raised = self.assertRaises(
                console.Closed, found.read_until, 'hello'
            )
            self.assertIn(words, str(raised))

    def test_an_address_without_a_console_is_told(self):
        for answer in (b'HTTP/1.1 403 Forbidden\r\n\r\n', b''):
            server = Server(self, answer)
            self.assertRaises(
                console.Closed, console.Console, server.url, timeout_s=60
            )
