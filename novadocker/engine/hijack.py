"""A connection to the engine that becomes a terminal's.

The SDK reads ahead of the head of an answer and so loses what a terminal
writes first; here the socket is ours from its first byte to its last.

:source: Docker Engine API 1.41, ContainerAttach, "Hijacking"
"""

from collections.abc import Mapping
import http.client
import io
import json
import socket
from typing import Any

from docker import errors as docker_errors
import requests

_SWITCHED = http.HTTPStatus.SWITCHING_PROTOCOLS
_MAX_HEAD_BYTES = 16 * 1024
_MAX_BODY_BYTES = 16 * 1024


def upgraded(
    host: str, path: str, body: Mapping[str, Any], *, timeout_s: float
) -> socket.socket:
    """Ask for a terminal; the caller closes the socket.

    :param host: ``unix:///path`` or ``tcp://address:port``
    :raises docker.errors.APIError: the engine refused
    :raises OSError: it did not answer, or with what is no HTTP
    """
    sock = _connected(host, timeout_s)
    try:
        sock.sendall(_request(path, json.dumps(body).encode()))
        head = _head(sock)
        status, said = _parsed(head)
        if status != _SWITCHED:
            raise _error(status, said, sock)
    except BaseException:
        sock.close()
        raise
    return sock


def _connected(host: str, timeout_s: float) -> socket.socket:
    scheme, _, address = host.partition('://')
    if scheme == 'tcp':
        name, _, port = address.rpartition(':')
        return socket.create_connection((name.strip('[]'), port), timeout_s)
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(timeout_s)
    try:
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def _request(path: str, body: bytes) -> bytes:
    head = (
        f'POST {path} HTTP/1.1\r\n'
        'Host: docker\r\n'
        'Connection: Upgrade\r\n'
        'Upgrade: tcp\r\n'
        'Content-Type: application/json\r\n'
        f'Content-Length: {len(body)}\r\n\r\n'
    )
    return head.encode('ascii') + body


def _head(sock: socket.socket) -> bytes:
    """Read a head, byte by byte: what follows it is not ours to read."""
    head = bytearray()
    while not head.endswith(b'\r\n\r\n'):
        byte = sock.recv(1)
        if not byte or len(head) >= _MAX_HEAD_BYTES:
            raise ConnectionAbortedError('no answer that is HTTP')
        head += byte
    return bytes(head)


def _parsed(head: bytes) -> tuple[int, http.client.HTTPMessage]:
    line, _, rest = head.partition(b'\r\n')
    words = line.split(maxsplit=2)
    if len(words) < 2 or not words[1].isdigit():
        raise ConnectionAbortedError('no answer that is HTTP')
    return int(words[1]), http.client.parse_headers(io.BytesIO(rest))


def _error(
    status: int, said: http.client.HTTPMessage, sock: socket.socket
) -> docker_errors.APIError:
    size = min(int(said.get('Content-Length') or 0), _MAX_BODY_BYTES)
    body = b''
    while len(body) < size and (part := sock.recv(size - len(body))):
        body += part
    response = requests.Response()
    response.status_code = status
    try:
        message = str(json.loads(body)['message'])
    except (ValueError, KeyError, TypeError):
        message = f'HTTP {status}'
    return docker_errors.APIError(message, response, explanation=message)
