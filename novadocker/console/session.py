"""Sessions: conversations of a proxy with a terminal, and how many there are.

Each has a thread of its own, so their number is limited, for a server and for
the host. A session counts until its shell has ended.
"""

from collections.abc import Callable
import contextlib
import socket
import threading

from oslo_log import log as logging

from novadocker import exception
from novadocker.console import pump
from novadocker.console import secret
from novadocker.console import shell

LOG = logging.getLogger(__name__)

_ACCEPTED = b'HTTP/1.1 200 OK\r\n\r\n'
_SEND_S = 5.0
_OPTIONS = (
    # What is typed must not wait for more.
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    # A proxy whose host is gone says nothing any more.
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
)

Open = Callable[[secret.Grant], shell.Terminal]


class Sessions:
    """All sessions of a host.

    :param open_terminal: opens what a secret grants; may block and fail as
        the engine does
    """

    def __init__(
        self, open_terminal: Open, *, per_server: int, in_all: int
    ) -> None:
        self._open = open_terminal
        self._per_server = per_server
        self._in_all = in_all
        self._lock = threading.Lock()
        self._live: dict[threading.Thread, _Session] = {}
        self._is_ending = False

    def __len__(self) -> int:
        with self._lock:
            return len(self._live)

    def begin(
        self, peer: socket.socket, grant: secret.Grant, typed: bytes
    ) -> bool:
        """Begin a session, which closes the peer when it ends.

        :param typed: what the peer has sent behind its request
        :returns: whether there was room; if not, the peer is the caller's
        """
        session = _Session(peer, grant, typed)
        thread = threading.Thread(
            target=self._run,
            args=(session,),
            name=f'console-{grant.container_id[:12]}',
            daemon=True,
        )
        with self._lock:
            if self._is_ending or not self._has_room(grant.container_id):
                return False
            self._live[thread] = session
        try:
            thread.start()
        except RuntimeError as err:
            LOG.warning('No thread for a console: %s', err)
            self._forget(thread)
            return False
        return True

    def end_all(self, within_s: float) -> None:
        """End all sessions, and take no more; blocks for a while at most."""
        with self._lock:
            self._is_ending = True
            live = dict(self._live)
        for session in live.values():
            session.hang_up()
        for thread in live:
            thread.join(within_s / len(live))

    def _has_room(self, container_id: str) -> bool:
        of_server = [
            each
            for each in self._live.values()
            if each.grant.container_id == container_id
        ]
        return (
            len(of_server) < self._per_server
            and len(self._live) < self._in_all
        )

    def _run(self, session: '_Session') -> None:
        try:
            session.run(self._open)
        except Exception:  # the end of a thread: nobody else would see it
            LOG.exception('A console failed')
        finally:
            self._forget(threading.current_thread())

    def _forget(self, thread: threading.Thread) -> None:
        with self._lock:
            self._live.pop(thread, None)


class _Session:
    """One conversation."""

    def __init__(
        self, peer: socket.socket, grant: secret.Grant, typed: bytes
    ) -> None:
        self.grant = grant
        self._peer = peer
        self._typed = typed

    def run(self, open_terminal: Open) -> None:
        with self._peer:
            self._peer.settimeout(_SEND_S)
            for option in _OPTIONS:
                self._peer.setsockopt(*option)
            self._say(_ACCEPTED)
            self._talk(open_terminal)

    def hang_up(self) -> None:
        """End it from another thread: both see the end of the stream."""
        with contextlib.suppress(OSError):
            self._peer.shutdown(socket.SHUT_RDWR)

    def _talk(self, open_terminal: Open) -> None:
        short = self.grant.container_id[:12]
        try:
            terminal = open_terminal(self.grant)
        except (exception.EngineError, exception.EngineUnavailable) as err:
            LOG.warning('No console of container %s: %s', short, err)
            self._say(b'The console could not be opened.\r\n')
            return
        LOG.info('A console of container %s was opened', short)
        with contextlib.closing(terminal):
            pump.Pump(self._peer, terminal.socket, typed=self._typed).run(
                terminal.settle
            )
            # Nobody waits for the end of a shell that cannot be seen.
            self.hang_up()
        LOG.info('The console of container %s was closed', short)

    def _say(self, text: bytes) -> None:
        # A peer that has gone is none the worse; the pump will notice.
        with contextlib.suppress(OSError):
            self._peer.sendall(text)
