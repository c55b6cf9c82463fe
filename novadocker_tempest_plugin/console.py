"""A terminal over a websocket (RFC 6455), as a console's address opens one.

Tempest's own client of websockets takes frames of up to 125 bytes.
"""

import base64
import os
import socket
import ssl
import struct
import types
import urllib.parse

_BINARY, _CLOSE, _PING = 0x2, 0x8, 0x9
_LAST = 0x80
_MASKED = 0x80


class Closed(Exception):
    """The terminal ended, or was never there."""


class Console:
    """What one types into a console, and what it says.

    It is closed by leaving its context.

    :param url: ``ws://`` or ``wss://``
    :param timeout_s: how long it may be silent while something is awaited
    :param tls: for ``wss``
    :raises Closed: there is no websocket at the address
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        split = urllib.parse.urlsplit(url)
        is_tls = split.scheme == 'wss'
        address = (split.hostname or '', split.port or (443 if is_tls else 80))
        plain = socket.create_connection(address, timeout_s)
        if is_tls:
            context = tls or ssl.create_default_context()
            plain = context.wrap_socket(plain, server_hostname=address[0])
        self._socket = plain
        self._stream = plain.makefile('rb')
        try:
            self._open(split)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> 'Console':
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._stream.close()
        self._socket.close()

    def type(self, text: str) -> None:
        """Send what one would type; at most 125 bytes."""
        data, mask = text.encode(), os.urandom(4)
        masked = bytes(
            byte ^ mask[place % 4] for place, byte in enumerate(data)
        )
        head = struct.pack('!BB', _LAST | _BINARY, _MASKED | len(data))
        self._socket.sendall(head + mask + masked)

    def read_until(self, text: str) -> str:
        """Read until it has said something; give all that it said.

        :raises Closed: it ended before
        :raises TimeoutError: it fell silent before
        """
        said = b''
        while text.encode() not in said:
            kind, data = self._frame()
            if kind == _CLOSE:
                raise Closed(f'It was closed after {said!r}.')
            if kind != _PING:
                said += data
        return said.decode(errors='replace')

    def _open(self, split: urllib.parse.SplitResult) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        target = urllib.parse.urlunsplit(
            ('', '', split.path or '/', split.query, '')
        )
        lines = (
            f'GET {target} HTTP/1.1',
            f'Host: {split.netloc}',
            'Upgrade: websocket',
            'Connection: Upgrade',
            f'Sec-WebSocket-Key: {key}',
            'Sec-WebSocket-Version: 13',
            'Sec-WebSocket-Protocol: binary',
        )
        self._socket.sendall('\r\n'.join((*lines, '', '')).encode())
        status = self._stream.readline()
        if b' 101 ' not in status:
            raise Closed(f'It was answered {status!r}.')
        while self._stream.readline().strip():
            pass

    def _frame(self) -> tuple[int, bytes]:
        """Read one frame; those of servers are not masked."""
        first, length = struct.unpack('!BB', self._exactly(2))
        if length == 126:
            (length,) = struct.unpack('!H', self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack('!Q', self._exactly(8))
        return first & 0x0F, self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        data = self._stream.read(length)
        if len(data) != length:
            raise Closed('The connection ended.')
        return data
