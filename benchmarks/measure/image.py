"""Images of any size, made here for an engine or for Glance."""

import os
import tempfile

from benchmarks.measure import engine

# NOTE: a benchmark that uses Nova's own modules imports this one first. The
# package of the tests decides for Nova on threads, before Nova does.
from tests.fixtures import archives
from tests.fixtures import rootfs

_MIB = 1024 * 1024
_TAG = b'evil:latest'


def archive(reference: str, size_mib: int) -> bytes:
    """Make a root file system and, above it, bytes that do not repeat."""
    large = archives.files({'large': os.urandom(size_mib * _MIB)})
    layers = (rootfs.layer(), large)
    config = archives.config(layers, architecture=rootfs.architecture())
    members = archives.saved_members(layers, config)
    members['manifest.json'] = members['manifest.json'].replace(
        _TAG, reference.encode()
    )
    return archives.files(members)


def load(plain: engine.Engine, data: bytes) -> None:
    """Give such an image to a plain engine."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        plain.docker('load', '--input', file.name)
