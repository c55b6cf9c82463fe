"""Files inside of a container, as the engine hands them out: in a tar."""

from collections.abc import Iterable
import io
import tarfile


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
