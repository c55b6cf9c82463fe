"""Layers: read once to the end, checked, and never unpacked to disk."""

from collections.abc import Iterator
import dataclasses
import hashlib
from typing import BinaryIO

from ocikit import compression
from ocikit import digest as oci_digest
from ocikit import exception
from ocikit import media_type
from ocikit import section as oci_section
from ocikit import tar

# Devices that images have in /dev though a container brings its own: null,
# zero, full, random, urandom; tty, console, ptmx; and the whiteout of
# overlayfs.
_HARMLESS_DEVICES = frozenset(
    {(1, minor) for minor in (3, 5, 7, 8, 9)}
    | {(5, minor) for minor in (0, 1, 2)}
    | {(0, 0)}
)
_TERMINAL_MAJOR = 4


@dataclasses.dataclass(frozen=True)
class Blob:
    """Stored bytes of an archive.

    :ivar digest: what the bytes as stored have to be, if anything says so
    """

    offset: int
    size_bytes: int
    digest: str | None = None


@dataclasses.dataclass(frozen=True)
class Layer:
    """A layer that was checked.

    :ivar diff_id: digest of the uncompressed tar
    :ivar layer_digest: of the stored bytes
    :ivar offset: of the stored bytes in the archive
    :ivar size_bytes: of the stored bytes
    """

    diff_id: str
    layer_digest: str
    offset: int
    size_bytes: int
    compression: media_type.Compression
    unpacked_bytes: int
    members: int


@dataclasses.dataclass(frozen=True)
class Known:
    """A layer that was checked before, and is not in the file."""

    diff_id: str
    unpacked_bytes: int
    members: int


@dataclasses.dataclass(frozen=True)
class Room:
    """What a layer may still take of the limits of its image."""

    unpacked_bytes: int
    members: int


class _Stream:
    """Uncompressed content on its way: hashed, counted and bounded."""

    def __init__(
        self, chunks: Iterator[bytes], max_bytes: int, what: str
    ) -> None:
        self._chunks = chunks
        self._max_bytes = max_bytes
        self._what = what
        self._buffer = memoryview(b'')
        self._hash = hashlib.sha256()
        self._fetched_bytes = 0
        self.position = 0

    def read(self, count: int) -> bytes:
        parts = []
        while count and self._fill():
            part = self._buffer[:count]
            self._advance(len(part))
            count -= len(part)
            parts.append(part)
        return b''.join(parts)

    def skip(self, count: int) -> None:
        while count:
            if not self._fill():
                raise exception.ArchiveMalformed(f'{self._what} is truncated')
            step = min(count, len(self._buffer))
            self._advance(step)
            count -= step

    def drain(self) -> str:
        """Read to the end; give the digest of everything."""
        while self._fill():
            self._advance(len(self._buffer))
        return oci_digest.from_hex(self._hash.hexdigest())

    def _advance(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self.position += count

    def _fill(self) -> bool:
        """Have something in the buffer; false at the end."""
        while not self._buffer:
            chunk = next(self._chunks, None)
            if chunk is None:
                return False
            self._fetched_bytes += len(chunk)
            if self._fetched_bytes > self._max_bytes:
                raise too_large(self._what)
            self._hash.update(chunk)
            self._buffer = memoryview(chunk)
        return True


def too_large(what: str) -> exception.ArchiveTooLarge:
    """Make the error for a layer that does not fit."""
    return exception.ArchiveTooLarge(
        f'with {what} the image unpacks to more than is allowed; give it a '
        f'larger disk'
    )


def check(
    file: BinaryIO,
    blob: Blob,
    room: Room,
    what: str,
    *,
    must_end: bool = False,
) -> Layer:
    """Read a layer and check all that can be told from its bytes.

    :param what: names the layer in the sentence of an error
    :param must_end: whether the tar has to have its end marker
    :raises ArchiveError: what the layer is refused for
    """
    section = oci_section.Section(file, blob.offset, blob.size_bytes)
    packing = compression.detect_in(section, what)
    stored = hashlib.sha256()
    pieces = _hashed(section.chunks(compression.PIECE_BYTES), stored)
    unpacked = compression.unpacked(pieces, packing)
    stream = _Stream(unpacked, room.unpacked_bytes, what)
    count = 0
    for member in tar.members(stream, room.members, must_end=must_end):
        count += 1
        _check_member(member, what)
    diff_id = stream.drain()
    layer_digest = oci_digest.from_hex(stored.hexdigest())
    if blob.digest not in (None, layer_digest):
        raise exception.ArchiveMismatch(
            f'the content of {what} is not what its digest says; the '
            f'archive is damaged, save and upload it again'
        )
    return Layer(
        diff_id=diff_id,
        layer_digest=layer_digest,
        offset=blob.offset,
        size_bytes=blob.size_bytes,
        compression=packing,
        unpacked_bytes=stream.position,
        members=count,
    )


def _hashed(
    pieces: Iterator[bytes], stored: 'hashlib._Hash'
) -> Iterator[bytes]:
    for piece in pieces:
        stored.update(piece)
        yield piece


def _check_member(member: tar.Member, what: str) -> None:
    is_device = member.kind in (
        tar.Kind.BLOCK_DEVICE,
        tar.Kind.CHARACTER_DEVICE,
    )
    if is_device and not _is_harmless(member):
        raise exception.ArchiveUnsupported(
            f'{what} holds the device {exception.shown(member.name)}; '
            f'remove it from the image'
        )


def _is_harmless(member: tar.Member) -> bool:
    return member.kind is tar.Kind.CHARACTER_DEVICE and (
        member.device in _HARMLESS_DEVICES
        or member.device[0] == _TERMINAL_MAJOR
    )
