"""The inside of a container: its files and commands beside its own."""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import contextlib
import io
import socket
import tarfile
import time
from typing import Any

_CHUNK_BYTES = 4096
_PAUSE_S = 0.02


class DeadlineError(Exception):
    """A command goes on when it should have ended."""


def only_file(chunks: Iterable[bytes], max_bytes: int) -> bytes | None:
    """Give the file that is all of an archive.

    :returns: ``None`` if it is no regular file, or larger than that. A link
        is not followed: its target is the image's word.
    """
    with tarfile.open(
        fileobj=_Stream(chunks), mode='r|', bufsize=tarfile.BLOCKSIZE
    ) as tar:
        entry = tar.next()
        if entry is None or not entry.isreg() or entry.size > max_bytes:
            return None
        file = tar.extractfile(entry)
        return file.read() if file else None


def feed(stream: Any, data: bytes, deadline: float) -> None:
    """Write to a command and wait until it has nothing more to say.

    :param stream: as the SDK gives it: a socket, or what hides one
    :param deadline: what the monotonic clock must not pass
    :raises DeadlineError: it would pass it
    """
    connection: socket.socket = getattr(stream, '_sock', stream)
    try:
        connection.settimeout(_left(deadline))
        # One that has ended already reads nothing; its exit code tells.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(_CHUNK_BYTES):
                connection.settimeout(_left(deadline))
    except TimeoutError as err:
        raise DeadlineError from err


def exit_code(
    inspect: Callable[[], Mapping[str, Any]], deadline: float
) -> int:
    """Wait for the end of a command, which may come after its last word.

    :param inspect: asks the engine for it
    :raises DeadlineError: it goes on
    """
    while True:
        found = inspect()
        if not found['Running'] and found['ExitCode'] is not None:
            return int(found['ExitCode'])
        _left(deadline)
        time.sleep(_PAUSE_S)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlineError
    return left


class _Stream(io.RawIOBase):
    """Chunks, as a file that can be read once."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._held = b''

    def read(self, size: int = -1, /) -> bytes:
        """Give some bytes, at most so many; none are the end."""
        self._held = self._held or next(self._chunks, b'')
        given, self._held = self._held[:size], self._held[size:]
        return given
