"""The conversation with memcached."""

import socket
import threading

import testtools

from deploy.quickstart import constants
from deploy.quickstart import exception
from deploy.quickstart import story


class Memcached:
    """Answers line by line what it is told to, on a real socket."""

    def __init__(self, answers):
        self._answers = answers
        self._socket = socket.create_server(('127.0.0.1', 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:  # closed
                return
            with link, link.makefile('rb') as lines:
                for line in lines:
                    answer = self._answers.get(line.split()[0])
                    if answer is None:
                        break
                    link.sendall(answer)

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


GOOD = {
    b'version': b'VERSION 1.6.18\r\n',
    b'set': b'',
    b'hello': b'STORED\r\n',
    b'get': b'VALUE quickstart 0 5\r\nhello\r\nEND\r\n',
    b'stats': b'STAT pid 1\r\nSTAT version 1.6.18\r\nEND\r\n',
}


class ConverseTestCase(testtools.TestCase):
    def _converse(self, answers):
        server = Memcached(answers)
        self.addCleanup(server.close)
        self.patch(constants, 'MEMCACHED_PORT', server.port)
        return story.converse('127.0.0.1')

    def test_version_is_read(self):
        self.assertEqual('1.6.18', self._converse(GOOD))

    def test_lost_value_is_a_failure(self):
        err = self.assertRaises(
            exception.OperationFailed,
            self._converse,
            GOOD | {b'get': b'END\r\n'},
        )
        self.assertIn('does not return what it was given', str(err))

    def test_hang_up_is_a_failure(self):
        answers = {key: GOOD[key] for key in (b'version', b'set', b'hello')}
        err = self.assertRaises(
            exception.OperationFailed, self._converse, answers
        )
        self.assertIn('hung up', str(err))

    def test_nobody_there_is_a_failure(self):
        self.patch(constants, 'MEMCACHED_PORT', 1)
        self.patch(story, '_ANSWER_TIMEOUT_S', 0)
        self.assertRaises(
            exception.OperationFailed, story.converse, '127.0.0.1'
        )

    def test_stats_without_a_version(self):
        self.assertRaises(exception.OperationFailed, story.version, b'END\r\n')
