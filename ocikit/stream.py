"""Streams: a tar that comes in pieces and cannot be read twice."""

from collections.abc import Iterable
from collections.abc import Iterator

from ocikit import exception
from ocikit import tar


class Source:
    """A stream that comes in pieces."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b''
        self.position = 0

    def read(self, count: int) -> bytes:
        return b''.join(self.pieces(count))

    def skip(self, count: int) -> None:
        skipped = sum(len(piece) for piece in self.pieces(count))
        if skipped < count:
            raise exception.ArchiveMalformed('the archive is truncated')

    def pieces(self, count: int) -> Iterator[bytes]:
        """Give the next bytes as they come; fewer only at the end."""
        while count:
            piece = self._rest or next(self._chunks, None)
            if piece is None:
                return
            self._rest, piece = piece[count:], piece[:count]
            self.position += len(piece)
            count -= len(piece)
            yield piece


def whole(source: Source, member: tar.Member) -> Iterator[bytes]:
    """Give the content of the member that a source stands before.

    :raises ArchiveMalformed: the stream ends within it
    """
    yield from source.pieces(member.size_bytes)
    if source.position != member.offset + member.size_bytes:
        raise exception.ArchiveMalformed('the archive is truncated')
