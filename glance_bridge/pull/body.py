"""What callers send: small JSON objects, read with care."""

import webob

from glance_bridge import exception
from ocikit import document
from ocikit import exception as oci_exception
from ocikit import platform as oci_platform

_MOST_BYTES = 64 * 1024


def read(request: webob.Request) -> document.Object:
    """Read the object that a request brings.

    :raises RequestInvalid: it brings none
    """
    content = request.body_file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise exception.RequestInvalid(
            f'The request has more than {_MOST_BYTES} bytes.'
        )
    try:
        return document.read_object(content, 'the request')
    except oci_exception.OciError as err:
        raise exception.RequestInvalid(f'{err}.') from err


def text(found: document.Object, name: str) -> str:
    """Read a string that has to be there.

    :raises RequestInvalid: it is not, or is no string
    """
    try:
        return document.text(found, name)
    except oci_exception.OciError as err:
        raise exception.RequestInvalid(f'{err}.') from err


def platform(found: document.Object) -> oci_platform.Platform:
    """Read for which hosts something is wanted."""
    return oci_platform.Platform(
        text(found, 'os'), text(found, 'architecture')
    )
