"""The door for proxies: one port of a host, for the consoles of all servers.

One thread serves all who have not shown a secret yet. They get a few hundred
bytes and a few seconds; where there are too many, who waits longest goes.
"""

from collections.abc import Callable
from collections.abc import Sequence
import contextlib
import dataclasses
import ipaddress
import re
import selectors
import socket
import threading
import time

from oslo_log import log as logging

from novadocker.console import secret

LOG = logging.getLogger(__name__)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Takes a peer that has shown something: the peer, the secret and what came
# behind it. Tells whether it has kept the peer.
Welcome = Callable[[socket.socket, bytes, bytes], bool]

# What nova.console.websocketproxy sends, to the letter.
_VERB = b'CONNECT '
_REQUEST = re.compile(
    _VERB + rb'([A-Za-z0-9_-]{%d}) HTTP/1\.1\r\n\r\n' % secret.CHARS
)
_END = b'\r\n\r\n'
# NOTE: a peer must not just see the connection close. nova-serialproxy would
# wait for the end of an answer for ever, at the cost of a CPU.
REFUSAL = b'HTTP/1.1 403 Forbidden\r\n\r\n'

_LOOPBACK = ('127.0.0.0/8', '::1')
_MAX_HEAD_BYTES = 512
_MAX_PEERS = 64
_PATIENCE_S = 5.0
_BACKLOG = 128
# Where there is no descriptor left, accept(2) fails at once, again and again.
_BREATH_S = 0.2
# Whoever is not allowed is told of once, and of so many at most.
_MAX_TOLD = 64


@dataclasses.dataclass
class _Peer:
    """One that has connected and not shown a secret yet."""

    sock: socket.socket
    deadline_s: float
    head: bytes = b''


class Listener:
    """Listens until it is stopped.

    :param allowed: networks of proxies, others are refused at once; without
        any, this host alone
    """

    def __init__(
        self,
        address: str,
        port: int,
        *,
        allowed: Sequence[Network],
        welcome: Welcome,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._where = (address, port)
        self._allowed = allowed
        self._welcome = welcome
        self._clock = clock
        # In the order in which they came.
        self._peers: dict[socket.socket, _Peer] = {}
        self._told: set[str] = set()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Listen, in a thread of its own.

        :raises OSError: the address is not this host's, or the port is taken
        """
        family = socket.AF_INET6 if ':' in self._where[0] else socket.AF_INET
        self._sock = socket.create_server(
            self._where, family=family, backlog=_BACKLOG
        )
        self._sock.setblocking(False)
        address, port, *_ = self._sock.getsockname()
        self.port = int(port)
        self._allowed = self._allowed or [
            ipaddress.ip_network(each) for each in (*_LOOPBACK, address)
        ]
        self._waker, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._sock, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(
            target=self._run, name='console-listener', daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, and send away who waits."""
        self._stopped.set()
        self._waker.send(b'x')
        self._thread.join()
        for peer in list(self._peers.values()):
            self._refuse(peer)
        for each in (self._selector, self._sock, self._waker, self._woken):
            each.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._serve_once()
            except Exception:  # a thread's loop: nobody else would see it
                LOG.exception('The listener of consoles failed; going on')
                self._stopped.wait(_BREATH_S)

    def _serve_once(self) -> None:
        for key, _ in self._selector.select(self._next_deadline_s()):
            if key.fileobj is self._sock:
                self._accept()
            elif key.data and key.data.sock in self._peers:
                # It was not sent away for another one meanwhile.
                self._listen_to(key.data)
        now_s = self._clock()
        for peer in list(self._peers.values()):
            if peer.deadline_s <= now_s:
                self._refuse(peer)

    def _next_deadline_s(self) -> float | None:
        for peer in self._peers.values():
            return max(peer.deadline_s - self._clock(), 0)
        return None

    def _accept(self) -> None:
        try:
            sock, (address, *_) = self._sock.accept()
        except BlockingIOError:
            return
        except OSError as err:
            LOG.warning('A proxy of consoles cannot be let in: %s', err)
            self._stopped.wait(_BREATH_S)
            return
        sock.setblocking(False)
        peer = _Peer(sock, self._clock() + _PATIENCE_S)
        self._peers[sock] = peer
        self._selector.register(sock, selectors.EVENT_READ, peer)
        if not self._is_allowed(address):
            self._refuse(peer)
        elif len(self._peers) > _MAX_PEERS:
            self._refuse(next(iter(self._peers.values())))

    def _is_allowed(self, address: str) -> bool:
        found = ipaddress.ip_address(address.partition('%')[0])
        if any(found in network for network in self._allowed):
            return True
        if address not in self._told and len(self._told) < _MAX_TOLD:
            self._told.add(address)
            LOG.warning(
                '%s may not open consoles: [docker] console_proxies does not '
                'name it',
                address,
            )
        return False

    def _listen_to(self, peer: _Peer) -> None:
        try:
            found = peer.sock.recv(_MAX_HEAD_BYTES - len(peer.head))
        except BlockingIOError:
            return
        except OSError:
            found = b''
        peer.head += found
        if found and _may_go_on(peer.head):
            return
        request = _REQUEST.match(peer.head)
        if request is None:
            self._refuse(peer)
            return
        self._forget(peer)
        if not self._welcome(
            peer.sock, request[1], peer.head[request.end() :]
        ):
            _send_away(peer.sock)

    def _refuse(self, peer: _Peer) -> None:
        self._forget(peer)
        _send_away(peer.sock)

    def _forget(self, peer: _Peer) -> None:
        self._selector.unregister(peer.sock)
        del self._peers[peer.sock]


def _may_go_on(head: bytes) -> bool:
    """Tell whether more has to come until a request can be judged."""
    return (
        head.startswith(_VERB[: len(head)])
        and _END not in head
        and len(head) < _MAX_HEAD_BYTES
    )


def _send_away(sock: socket.socket) -> None:
    with sock, contextlib.suppress(OSError):
        # It does not block, and nobody waits for whoever does not read.
        sock.send(REFUSAL)
