"""Content on its way from the engine: counted, and hashed where whole."""

from collections.abc import Iterator
import hashlib
from typing import Any

from glance_bridge import exception
from ocikit import digest as oci_digest


def length(response: Any, what: str) -> int:
    """Give the size that an answer announces.

    :raises RegistryRefused: it announces none
    """
    found = response.headers.get('Content-Length', '')
    if not (found.isascii() and found.isdigit()):
        raise exception.RegistryRefused(f'{what}: it tells no size')
    return int(found)


def whole_length(response: Any, what: str) -> int:
    """Give the size of the whole that an answer is, or begins.

    :raises RegistryRefused: it begins elsewhere, or tells no size
    """
    if response.status_code != 206:
        return length(response, what)
    check_part(response, 0, None, what)
    whole = response.headers['Content-Range'].rpartition('/')[2]
    if not (whole.isascii() and whole.isdigit()):
        raise exception.RegistryRefused(f'{what}: it tells no size')
    return int(whole)


def first(pieces: Iterator[bytes], count: int, what: str) -> bytes:
    """Read so many bytes, and leave the rest.

    :raises RegistryRefused: there are fewer
    """
    found = b''
    for piece in pieces:
        found += piece
        if len(found) >= count:
            break
    if len(found) < count:
        raise exception.RegistryRefused(
            f'{what} ends after {len(found)} bytes'
        )
    return found[:count]


def check_part(
    response: Any, offset: int, length_bytes: int | None, what: str
) -> None:
    """Compare the part that an answer announces with the one asked for.

    :param length_bytes: none is up to the end
    :raises RegistryRefused: it is another
    """
    found = str(response.headers.get('Content-Range', ''))
    size_bytes = length(response, what)
    if not found.startswith(f'bytes {offset}-') or (
        length_bytes not in (None, size_bytes)
    ):
        raise exception.RegistryRefused(f'{what}: it gives another part')


def exact(
    pieces: Iterator[bytes], size_bytes: int, what: str
) -> Iterator[bytes]:
    """Give exactly as many bytes as were announced.

    :raises RegistryRefused: there are fewer, or more
    """
    left_bytes = size_bytes
    for piece in pieces:
        left_bytes -= len(piece)
        if left_bytes < 0:
            break
        yield piece
    if left_bytes:
        raise exception.RegistryRefused(
            f'{what} has not the {size_bytes} bytes that were announced'
        )


def verified(
    pieces: Iterator[bytes], digest: str, what: str
) -> Iterator[bytes]:
    """Give all pieces; fail after the last one if they are not the content.

    :raises RegistryRefused: they have another digest
    """
    found = hashlib.sha256()
    for piece in pieces:
        found.update(piece)
        yield piece
    check_digest(oci_digest.from_hex(found.hexdigest()), digest, what)


def check_digest(found: str, digest: str, what: str) -> None:
    """Compare a digest that was computed with the one it has to be.

    :raises RegistryRefused: they differ
    """
    if found != digest:
        raise exception.RegistryRefused(f'{what} is not what its digest says')
