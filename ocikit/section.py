"""Sections: bounded views of an open file, read without moving it."""

from collections.abc import Iterator
import os
from typing import BinaryIO

from ocikit import exception
from ocikit import limit


class Section:
    """A part of a regular file.

    It reads by offset, so several sections of one file do not disturb each
    other. The file stays its opener's, who closes it.
    """

    def __init__(self, file: BinaryIO, offset: int, size_bytes: int) -> None:
        self._file = file
        self.offset = offset
        self.size_bytes = size_bytes
        self.position = 0

    def read(self, count: int) -> bytes:
        """Read up to ``count`` bytes; fewer only at the section's end.

        :raises ArchiveMalformed: the file ends before the section does
        """
        wanted = min(count, self.size_bytes - self.position)
        if wanted <= 0:
            return b''
        found = os.pread(
            self._file.fileno(), wanted, self.offset + self.position
        )
        if len(found) < wanted:
            raise exception.ArchiveMalformed('the archive is truncated')
        self.position += wanted
        return found

    def skip(self, count: int) -> None:
        """Move on without reading."""
        if count > self.size_bytes - self.position:
            raise exception.ArchiveMalformed('the archive is truncated')
        self.position += count

    def chunks(self, chunk_bytes: int = limit.CHUNK_BYTES) -> Iterator[bytes]:
        """Give the rest in pieces that fit in memory."""
        while chunk := self.read(chunk_bytes):
            yield chunk


def whole(file: BinaryIO) -> Section:
    """Make the section that is all of a file."""
    return Section(file, 0, os.fstat(file.fileno()).st_size)
