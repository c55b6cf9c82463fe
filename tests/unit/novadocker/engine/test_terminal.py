"""How the engine's answers about terminals and its failures are told."""

import socket
import threading

import testtools

from novadocker import exception
from novadocker.engine import hijack
from novadocker.engine import terminal
from tests.fixtures import http_engine

_ID = 'a' * 64
_EXEC = 'b' * 64
_SHELL = {
    'ID': _EXEC,
    'Pid': 0,
    'ExitCode': None,
    'ProcessConfig': {'entrypoint': 'sh', 'arguments': None},
}


class TerminalTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.http = self.useFixture(http_engine.HttpEngine())
        self.terminals = terminal.Terminals(self.http.host, timeout_s=20)
        self.addCleanup(self._close)

    def _close(self):
        for client in self.terminals._connection._clients.values():
            client.close()

    def answer(self, path, body=None, status=200, **more):
        self.http.answers[path] = http_engine.Answer(body, status, **more)

    def test_command_without_arguments(self):
        self.answer(f'exec/{_EXEC}/json', _SHELL)
        self.assertEqual(('sh',), self.terminals.look(_EXEC).command)

    def test_container_in_which_nothing_was_started(self):
        self.answer(f'containers/{_ID}/json', {'ExecIDs': None})
        self.assertEqual([], self.terminals.execs(_ID))

    def test_file_that_cannot_be_looked_for(self):
        self.answer(f'containers/{_ID}/archive', {'message': 'x'}, 500)
        error = self.assertRaises(
            exception.EngineError, self.terminals.has_file, _ID, '/bin/sh'
        )
        self.assertIn('look for a file', str(error))

    def test_refusal_is_told(self):
        for status, kind in (
            (404, exception.ContainerNotFound),
            (409, exception.ContainerConflict),
            (500, exception.EngineError),
            (200, exception.EngineError),
        ):
            self.answer(f'exec/{_EXEC}/start', {'message': 'said so'}, status)
            error = self.assertRaises(kind, self.terminals.start, _EXEC)
            if kind is not exception.ContainerNotFound:
                self.assertIn('said so', str(error))

    def test_refusal_without_a_word(self):
        for body in (b'', b'no JSON', b'[]', b'"x"'):
            self.answer(f'exec/{_EXEC}/start', body, 500)
            error = self.assertRaises(
                exception.EngineError, self.terminals.start, _EXEC
            )
            self.assertIn('HTTP 500', str(error))

    def test_engine_that_stalls(self):
        self.terminals._timeout_s = 0.2
        self.answer(f'exec/{_EXEC}/start', {}, stalls_after=0)
        self.assertRaises(
            exception.EngineUnavailable, self.terminals.start, _EXEC
        )

    def test_engine_that_is_away(self):
        gone = terminal.Terminals('unix:///nonexistent/sock')
        self.assertRaises(
            exception.EngineUnavailable, gone.create, _ID, ('sh',)
        )


class HijackTest(testtools.TestCase):
    """A server of one connection, which says what it is told to."""

    def setUp(self):
        super().setUp()
        self.heard = b''
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(self.listener.close)
        self.host = 'tcp://127.0.0.1:{1}'.format(*self.listener.getsockname())

    def answering(self, said):
        def serve():
            with self.listener.accept()[0] as sock:
                while b'\r\n\r\n{}' not in self.heard:
                    self.heard += sock.recv(4096)
                sock.sendall(said)

        thread = threading.Thread(target=serve)
        thread.start()
        self.addCleanup(thread.join, 60)

    def upgraded(self):
        return hijack.upgraded(self.host, '/v1/x', {}, timeout_s=20)

    def test_what_follows_the_head_is_not_lost(self):
        self.answering(b'HTTP/1.1 101 UPGRADED\r\nA: b\r\n\r\n# \r\n\r\n')
        with self.upgraded() as sock:
            found = b''
            while part := sock.recv(100):
                found += part
        self.assertEqual(b'# \r\n\r\n', found)
        self.assertIn(b'POST /v1/x HTTP/1.1\r\n', self.heard)
        self.assertIn(b'Upgrade: tcp\r\n', self.heard)

    def test_what_is_no_http(self):
        for said in (
            b'',
            b'HTTP/1.1 101',
            b'hello\r\n\r\n',
            b'HTTP/1.1 abc OK\r\n\r\n',
            b'x' * 100_000,
        ):
            self.heard = b''
            self.answering(said)
            self.assertRaises(OSError, self.upgraded)

    def test_nobody_there(self):
        for host in ('unix:///nonexistent/sock', 'tcp://127.0.0.1:1'):
            self.assertRaises(
                OSError, hijack.upgraded, host, '/', {}, timeout_s=5
            )
