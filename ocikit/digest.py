"""Digests: names of content, ``sha256:`` and 64 hexadecimal digits.

Docker's engine names configs and layers by SHA-256 alone, so no other
algorithm is read here.

:source: OCI image-spec, descriptor.md, "Digests"
"""

from collections.abc import Iterable
from collections.abc import Iterator
import hashlib
import re

from ocikit import exception

ALGORITHM = 'sha256'
_DIGEST = re.compile(r'sha256:[0-9a-f]{64}')
_ENCODED = re.compile(r'[0-9a-f]{64}')


def parse(value: str) -> str:
    """Check that a string is a digest and return it.

    :raises InvalidDigest: it is not, or of another algorithm
    """
    if not is_digest(value):
        raise exception.InvalidDigest(value)
    return value


def is_digest(value: str) -> bool:
    """Tell whether a string is a digest."""
    return _DIGEST.fullmatch(value) is not None


def from_bytes(content: bytes) -> str:
    """Compute the digest of content."""
    return from_hex(hashlib.sha256(content).hexdigest())


def from_hex(encoded: str) -> str:
    """Make a digest from its hexadecimal part."""
    return parse(f'{ALGORITHM}:{encoded}')


def encoded(digest: str) -> str:
    """Give the hexadecimal part of a digest."""
    return parse(digest).partition(':')[2]


def is_encoded(value: str) -> bool:
    """Tell whether a string could be the hexadecimal part of a digest."""
    return _ENCODED.fullmatch(value) is not None


def chain_ids(diff_ids: Iterable[str]) -> Iterator[str]:
    """Name each layer together with all that are below it.

    :param diff_ids: lowest first
    :source: OCI image-spec, config.md, "Layer ChainID"
    """
    below = ''
    for diff_id in diff_ids:
        both = f'{below} {diff_id}'.encode()
        below = from_bytes(both) if below else diff_id
        yield below
