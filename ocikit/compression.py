"""Compression: told from the first bytes, as Docker's engine tells it.

What a media type or a file name says does not matter to the engine, so it
does not matter here.
"""

from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import tempfile
from typing import BinaryIO
import zlib

from ocikit import exception
from ocikit import limit
from ocikit import media_type
from ocikit import section as oci_section

# Zstandard's skippable frames start with any of sixteen magic numbers.
_MAGIC = {
    b'\x1f\x8b': media_type.Compression.GZIP,
    b'\x28\xb5\x2f\xfd': media_type.Compression.ZSTD,
    b'BZh': media_type.Compression.BZIP2,
    b'\xfd7zXZ\x00': media_type.Compression.XZ,
} | {
    bytes([0x50 + number]) + b'\x2a\x4d\x18': media_type.Compression.ZSTD
    for number in range(16)
}
MAGIC_BYTES = max(len(magic) for magic in _MAGIC)

# zlib copies what follows a gzip member, so pieces are small; each member
# costs a new inflater, so there is an end to them.
PIECE_BYTES = 64 * 1024
MAX_GZIP_MEMBERS = 1_000_000
_GZIP_WBITS = 31


def detect(start: bytes) -> media_type.Compression:
    """Tell the compression of content from its first bytes."""
    for magic, found in _MAGIC.items():
        if start.startswith(magic):
            return found
    return media_type.Compression.NONE


def detect_in(
    section: oci_section.Section, what: str
) -> media_type.Compression:
    """Tell the compression of an unread section: none or gzip.

    :param what: names the content in the sentence of an error
    :raises ArchiveUnsupported: it is another one
    """
    found = detect(section.read(MAGIC_BYTES))
    section.position = 0
    if found not in (
        media_type.Compression.NONE,
        media_type.Compression.GZIP,
    ):
        raise exception.ArchiveUnsupported(
            f'{what} is compressed with {found}, which not every Docker '
            f'engine can load; save the image with gzip or uncompressed'
        )
    return found


def unpacked(
    pieces: Iterator[bytes], found: media_type.Compression
) -> Iterator[bytes]:
    """Give the content of pieces that are plain or gzip'd."""
    if found is media_type.Compression.GZIP:
        return gunzip(pieces)
    return pieces


def gunzip(
    pieces: Iterable[bytes], max_members: int = MAX_GZIP_MEMBERS
) -> Iterator[bytes]:
    """Inflate gzip, all members, a bounded chunk at a time.

    It takes every piece, so that a caller can hash them on their way.

    :raises ArchiveMalformed: it is corrupt or truncated
    """
    inflater = zlib.decompressobj(_GZIP_WBITS)
    members = 1
    for piece in pieces:
        rest = piece
        while rest:
            if inflater.eof:
                members += 1
                if members > max_members:
                    raise exception.ArchiveTooLarge(
                        f'there are more than {max_members} gzip members '
                        f'in one stream'
                    )
                inflater = zlib.decompressobj(_GZIP_WBITS)
            yield _inflate(inflater, rest)
            rest = inflater.unused_data or inflater.unconsumed_tail
    if not inflater.eof:
        raise exception.ArchiveMalformed('the gzip stream is truncated')


def gzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pack content; the same content gives the same bytes."""
    packer = zlib.compressobj(wbits=_GZIP_WBITS)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


@contextlib.contextmanager
def opened_plain(
    file: BinaryIO, folder: str, max_bytes: int
) -> Iterator[BinaryIO]:
    """Give a file itself, or, where it is gzip'd, an unpacked copy.

    The copy has no name, so nothing is left of it whatever happens.

    :param folder: where the copy takes its space
    :param max_bytes: of the copy
    :raises ArchiveTooLarge: it unpacks to more
    """
    section = oci_section.whole(file)
    if detect_in(section, 'the archive') is media_type.Compression.NONE:
        yield file
        return
    with tempfile.TemporaryFile(dir=folder) as copy:
        left_bytes = max_bytes
        for chunk in gunzip(section.chunks(PIECE_BYTES)):
            left_bytes -= len(chunk)
            if left_bytes < 0:
                raise exception.ArchiveTooLarge(
                    'the archive unpacks to more than is allowed; give it '
                    'a larger disk'
                )
            copy.write(chunk)
        copy.flush()
        yield copy


def _inflate(inflater: 'zlib._Decompress', piece: bytes) -> bytes:
    try:
        return inflater.decompress(piece, limit.CHUNK_BYTES)
    except zlib.error as err:
        raise exception.ArchiveMalformed('the gzip stream is corrupt') from err
