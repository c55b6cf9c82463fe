"""Limits: how much of a stranger's archive is looked at before giving up."""

import dataclasses

MIB = 1024 * 1024

# What one read(2) asks for: it bounds memory, not any archive.
CHUNK_BYTES = MIB


@dataclasses.dataclass(frozen=True)
class Limits:
    """What an archive may have.

    :ivar unpacked_bytes: all layers together, uncompressed
    :ivar members: of the archive. ``docker save`` writes four per layer.
    :ivar layers: of the image. overlay2 mounts 128 with the container's own.
    :ivar layer_members: of all layers together: files on the host's disk
    :ivar document_bytes: of one JSON document
    :ivar index_depth: indexes inside indexes
    """

    unpacked_bytes: int
    members: int = 2048
    layers: int = 127
    layer_members: int = 1_000_000
    document_bytes: int = 4 * MIB
    index_depth: int = 3

    @property
    def archive_bytes(self) -> int:
        """The archive itself, uncompressed: layers, headers, documents."""
        return self.unpacked_bytes + 64 * MIB
