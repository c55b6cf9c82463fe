"""Carry bytes between two sockets until one of them is at its end."""

from collections.abc import Callable
import contextlib
import selectors
import socket
import time

_CHUNK_BYTES = 16 * 1024
# What is held for a side that does not read; the other side then waits.
_MAX_HELD_BYTES = 64 * 1024
_LOOK_S = 5.0
# Then somebody has typed all that into a program that takes nothing. As long
# as it is held, nobody sees that they have gone.
_STUCK_S = 60.0
_FLUSH_S = 5.0


class Pump:
    """Connects a peer with a terminal. It closes neither.

    :param typed: what the peer has sent already
    """

    def __init__(
        self,
        peer: socket.socket,
        terminal: socket.socket,
        *,
        typed: bytes = b'',
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._peer = peer
        self._terminal = terminal
        self._clock = clock
        self._forth = _Way(peer, terminal, bytearray(typed), clock())
        self._back = _Way(terminal, peer, bytearray(), clock())

    def run(self, when_it_speaks: Callable[[], None]) -> None:
        """Carry bytes; returns when either side is at its end.

        :param when_it_speaks: called once, before the first bytes of the
            terminal are handed on
        """
        self._peer.setblocking(False)
        self._terminal.setblocking(False)
        has_spoken = False
        with selectors.DefaultSelector() as selector:
            while not self._is_over():
                self._move(selector)
                if self._back.held and not has_spoken:
                    has_spoken = True
                    when_it_speaks()
        self._flush()

    def _is_over(self) -> bool:
        is_stuck = not self._forth.has_room and (
            self._clock() - self._forth.moved_s > _STUCK_S
        )
        return self._forth.is_over or self._back.is_over or is_stuck

    def _move(self, selector: selectors.BaseSelector) -> None:
        ways = (self._forth, self._back)
        for source, sink in (ways, ways[::-1]):
            sock = source.source
            _watch(
                selector,
                sock,
                (selectors.EVENT_READ if source.has_room else 0)
                | (selectors.EVENT_WRITE if sink.held else 0),
            )
        for key, events in selector.select(_LOOK_S):
            for way in ways:
                if events & selectors.EVENT_READ and way.source is key.fileobj:
                    way.read()
                if events & selectors.EVENT_WRITE and way.sink is key.fileobj:
                    way.write(self._clock())

    def _flush(self) -> None:
        """Hand on what the terminal has written last."""
        self._peer.settimeout(_FLUSH_S)
        # The peer may be the one that has gone.
        with contextlib.suppress(OSError):
            self._peer.sendall(self._back.held)


class _Way:
    """One of the two directions."""

    def __init__(
        self,
        source: socket.socket,
        sink: socket.socket,
        held: bytearray,
        now_s: float,
    ) -> None:
        self.source = source
        self.sink = sink
        self.held = held
        self.moved_s = now_s
        self.is_over = False

    @property
    def has_room(self) -> bool:
        return len(self.held) < _MAX_HELD_BYTES

    def read(self) -> None:
        found = b''
        try:
            found = self.source.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            pass  # It was reset, which is an end, too.
        self.held += found
        self.is_over = self.is_over or not found

    def write(self, now_s: float) -> None:
        try:
            del self.held[: self.sink.send(self.held)]
        except BlockingIOError:
            return
        except OSError:
            self.is_over = True
            return
        self.moved_s = now_s


def _watch(
    selector: selectors.BaseSelector, sock: socket.socket, events: int
) -> None:
    """Have a selector look for events, which it cannot do for none."""
    is_watched = sock in selector.get_map()
    if events and is_watched:
        selector.modify(sock, events)
    elif events:
        selector.register(sock, events)
    elif is_watched:
        selector.unregister(sock)
