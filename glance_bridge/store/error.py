"""Errors: ours become those to which Glance gives the right status.

:source: glance.api.v2.image_data and images, what they catch; the store's
    own hierarchy is in glance_store.exceptions
"""

from collections.abc import Iterator
import contextlib
import errno

from glance_store import exceptions

from glance_bridge import exception
from ocikit import exception as oci_exception

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Say it as a download does: no data there, or away for now."""
    try:
        yield
    except exception.RegistryNotFound as err:
        raise exceptions.NotFound(message=str(err)) from err
    except exception.BridgeError as err:
        raise exceptions.RemoteServiceUnavailable(message=str(err)) from err
    except oci_exception.OciError as err:
        raise exceptions.NotFound(message=str(err)) from err


def streaming(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Say it while data flows, when only the connection can still fail.

    Where Glance reads for itself it tries again after an OSError.
    """
    try:
        yield from chunks
    except exception.ServiceUnavailable as err:
        raise ConnectionError(str(err)) from err


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Say it as an upload does: 400, 413 or 503."""
    try:
        yield
    except oci_exception.OciError as err:
        raise exceptions.Invalid(message=str(err)) from err
    except exception.ServiceUnavailable as err:
        # Glance has no other error of a store that is 503 with its sentence.
        raise exceptions.TimeoutError(message=str(err)) from err
    except exception.BridgeError as err:
        raise exceptions.StorageWriteDenied(message=str(err)) from err
    except OSError as err:
        if err.errno not in _FULL:
            raise
        raise exceptions.StorageFull(
            message='the folder for uploads is full'
        ) from err


@contextlib.contextmanager
def deleting() -> Iterator[None]:
    """Say it as a deletion does: gone already, or the image stays for now."""
    try:
        yield
    except exception.RegistryNotFound as err:
        raise exceptions.NotFound(message=str(err)) from err
    except exception.BridgeError as err:
        raise exceptions.TimeoutError(message=str(err)) from err
