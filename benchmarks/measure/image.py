"""Images of any size, made here and loaded into a plain engine."""

import os
import tempfile

from benchmarks.measure import engine

# NOTE: a benchmark that uses Nova's own modules imports this one first. The
# package of the tests decides for Nova on threads, before Nova does.
from tests.fixtures import archives
from tests.fixtures import rootfs

_MIB = 1024 * 1024
_TAG = b'evil:latest'


def load(plain: engine.Engine, reference: str, size_mib: int) -> None:
    """Load a root file system and, above it, bytes that do not repeat."""
    large = archives.files({'large': os.urandom(size_mib * _MIB)})
    layers = (rootfs.layer(), large)
    config = archives.config(layers, architecture=rootfs.architecture())
    members = archives.saved_members(layers, config)
    members['manifest.json'] = members['manifest.json'].replace(
        _TAG, reference.encode()
    )
    with tempfile.NamedTemporaryFile() as file:
        file.write(archives.files(members))
        file.flush()
        plain.docker('load', '--input', file.name)
