"""Requests: what a client asks for, read with care."""

import dataclasses

import webob

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge.registry import client
from ocikit import digest as oci_digest
from ocikit import exception as oci_exception
from ocikit import reference as oci_reference

# What the engine may see of a request; its host is never the client's word.
_PASSED = ('Authorization', 'Accept', 'Content-Type', 'If-None-Match')


@dataclasses.dataclass(frozen=True)
class Target:
    """What a request is about.

    :ivar reference: a tag or a digest
    """

    repository: model.Repository
    reference: str

    def __str__(self) -> str:
        mark = '@' if self.is_digest else ':'
        return f'{self.repository}{mark}{self.reference}'

    @property
    def is_digest(self) -> bool:
        return oci_digest.is_digest(self.reference)

    @property
    def is_pin(self) -> bool:
        return location.is_pin(self.reference)


def target(repository: str, reference: str) -> Target:
    """Read the variables of a path.

    :raises NameInvalid: they are no names
    """
    found = Target(model.Repository.parse(repository), reference)
    if not found.is_digest and not oci_reference.is_tag(reference):
        raise exception.NameInvalid(
            f'{oci_exception.shown(reference)} is neither a tag nor a digest.'
        )
    return found


def media_type(request: webob.Request) -> str:
    """Say what a manifest is sent as, in the one way to spell it.

    The engine reads it without regard to case and blanks. What is judged has
    to be what the engine takes it for.
    """
    return str(request.content_type).strip().lower()


def headers(request: webob.Request) -> dict[str, str]:
    """Give the headers that the engine may see."""
    found = {
        name: request.headers[name]
        for name in _PASSED
        if name in request.headers
    }
    if 'Content-Type' in found:
        found['Content-Type'] = media_type(request)
    return found


def content(request: webob.Request) -> bytes:
    """Read a manifest whole.

    :raises ManifestInvalid: it is too large, or its end did not come
    """
    length = request.content_length
    if length is None and not request.is_body_readable:
        raise exception.ManifestInvalid(
            'The manifest has no length that could be read.', status=411
        )
    if length is not None and length > client.MANIFEST_BYTES:
        raise _too_large()
    try:
        found = _read(request)
    except OSError as err:
        raise exception.ManifestInvalid('The manifest is not whole.') from err
    if len(found) > client.MANIFEST_BYTES:
        raise _too_large()
    if length is not None and len(found) != length:
        raise exception.ManifestInvalid('The manifest is not whole.')
    return found


def _read(request: webob.Request) -> bytes:
    """Read one byte more than allowed at most; servers may give pieces."""
    pieces = []
    left_bytes = client.MANIFEST_BYTES + 1
    while left_bytes:
        piece: bytes = request.body_file.read(left_bytes)
        if not piece:
            break
        left_bytes -= len(piece)
        pieces.append(piece)
    return b''.join(pieces)


def _too_large() -> exception.ManifestInvalid:
    return exception.ManifestInvalid(
        f'The manifest has more than {client.MANIFEST_BYTES} bytes.',
        status=413,
    )
