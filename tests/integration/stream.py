"""A conversation with a server that notices every byte that is wrong."""

import os
import socket
import threading
import time

from tests.integration import cloud

VALUE_BYTES = 100_000
# A switch that restarts holds packets back; TCP sends them again, each time
# after twice the wait.
_SILENCE_S = 120.0


class Stream:
    """Holds one connection to memcached and never stops talking.

    Every answer is compared with what was stored, so that a lost connection,
    a lost byte and a wrong one are all noticed.
    """

    def __init__(self, address: str) -> None:
        self._socket = cloud.wait_until(
            lambda: _connected(address), f'memcached at {address}'
        )
        self._value = os.urandom(VALUE_BYTES // 2).hex().encode()
        self._is_ending = threading.Event()
        self._rounds = 0
        self._failure: Exception | None = None
        self._store()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the conversation."""
        self._is_ending.set()
        self._thread.join(_SILENCE_S + 5)
        self._socket.close()

    def check(self) -> None:
        """See that it goes on, by a round that began after the call.

        :raises AssertionError: the connection broke, or an answer was wrong
        """
        wanted = self._rounds + 2
        deadline = time.monotonic() + _SILENCE_S
        while self._rounds < wanted and self._failure is None:
            if time.monotonic() > deadline:
                raise AssertionError(f'no answer within {_SILENCE_S} s')
            time.sleep(0.05)
        if self._failure is not None:
            raise AssertionError(f'the stream broke: {self._failure!r}')

    def _store(self) -> None:
        head = f'set it 0 0 {len(self._value)}\r\n'.encode()
        self._socket.sendall(head + self._value + b'\r\n')
        self._expect(b'STORED\r\n')

    def _run(self) -> None:
        head = f'VALUE it 0 {len(self._value)}\r\n'.encode()
        expected = head + self._value + b'\r\nEND\r\n'
        try:
            while not self._is_ending.is_set():
                self._socket.sendall(b'get it\r\n')
                self._expect(expected)
                self._rounds += 1
                time.sleep(0.02)
        except (OSError, ValueError) as err:
            self._failure = err

    def _expect(self, expected: bytes) -> None:
        received = b''
        while len(received) < len(expected):
            part = self._socket.recv(65536)
            if not part:
                raise ValueError('the server hung up')
            received += part
        if received != expected:
            raise ValueError('the answer is not what was stored')


def _connected(address: str) -> socket.socket | None:
    try:
        found = socket.create_connection((address, cloud.PORT), 2)
    except OSError:
        return None
    found.settimeout(_SILENCE_S)
    return found
