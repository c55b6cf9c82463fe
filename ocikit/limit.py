"""Limits: how much of a stranger's archive is looked at before giving up."""

import dataclasses

MIB = 1024 * 1024

# What one read(2) asks for: it bounds memory, not any archive.
CHUNK_BYTES = MIB

# Commas and opening brackets of one JSON document, also those in its strings.
# No more values can be in it, and each costs far more memory than the byte
# that asks for it. An image of 127 layers has a few thousand; what is left is
# for labels that hold JSON themselves.
DOCUMENT_MARKS = 64 * 1024


@dataclasses.dataclass(frozen=True)
class Limits:
    """What an archive may have.

    :ivar unpacked_bytes: all layers together, uncompressed
    :ivar members: of the archive. ``docker save`` writes four per layer.
    :ivar layers: of the image. overlay2 mounts 128 with the container's own.
    :ivar layer_members: of all layers together: files on the host's disk
    :ivar document_bytes: of one JSON document
    :ivar index_depth: indexes inside indexes
    :ivar index_entries: of all these indexes together
    """

    unpacked_bytes: int
    members: int = 2048
    layers: int = 127
    layer_members: int = 1_000_000
    document_bytes: int = 4 * MIB
    index_depth: int = 3
    index_entries: int = 1024

    @property
    def archive_bytes(self) -> int:
        """The archive itself, uncompressed: layers, headers, documents."""
        return self.unpacked_bytes + 64 * MIB
