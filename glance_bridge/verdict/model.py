"""What a verdict says, and the rules that it follows."""

import dataclasses
import enum

from ocikit import limit
from ocikit import manifest
from ocikit import platform as oci_platform

# What an engine starts a container with at least (moby,
# daemon/daemon_unix.go, linuxMinMemory).
MIN_RAM_MB = 6


class Kind(enum.Enum):
    """What becomes of a manifest."""

    # It is stored, and it is an image in Glance.
    IMAGE = 'image'
    # It is stored, and Glance hears nothing of it.
    ARTIFACT = 'artifact'
    # It says that it is an image, and is none that could boot.
    REFUSED = 'refused'


@dataclasses.dataclass(frozen=True)
class Rules:
    """What is asked of an image.

    :ivar platform: of the hosts; stands for an index of several platforms
    :ivar accepts_zstd: whether layers may be compressed with it
    :ivar most_images: of an index
    :ivar most_manifests: of an index, with what is no image, such as
        attestations
    :ivar most_blobs: of all images of an index
    :ivar document_bytes: of one manifest or config
    :ivar documents_bytes: of those of all images of an index together
    """

    platform: oci_platform.Platform
    accepts_zstd: bool = False
    most_images: int = 32
    most_manifests: int = 128
    most_blobs: int = 1024
    most_layers: int = limit.Limits.layers
    document_bytes: int = limit.Limits.document_bytes
    documents_bytes: int = 4 * limit.Limits.document_bytes


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a manifest is; only of an image there is more than a reason.

    :ivar reason: a sentence for whoever pushed it
    :ivar config_digest: Docker's image id, that of the rules' platform where
        there are several
    :ivar config: the bytes that it is the digest of
    :ivar architecture: in Nova's words; none where there are several
    :ivar size_bytes: of the archive that Glance gives out
    :ivar blobs: configs and layers of all platforms, each once
    :ivar children: manifests that have to stay as long as an index does
    """

    kind: Kind
    reason: str
    manifest_digest: str
    config_digest: str | None = None
    config: bytes | None = None
    architecture: str | None = None
    size_bytes: int = 0
    min_ram_mb: int = 0
    blobs: tuple[manifest.Descriptor, ...] = ()
    children: tuple[str, ...] = ()
