"""An image's documents in the registry, held against their digests."""

from typing import Protocol

from novadocker import model
from ocikit import digest as oci_digest
from ocikit import exception as oci_exception
from ocikit import limit
from ocikit import manifest as oci_manifest


class Bridge(Protocol):
    """What of the bridge's room is used to read documents."""

    def manifest(self, grant: model.PullGrant, max_bytes: int, /) -> bytes: ...

    def blob(
        self, grant: model.PullGrant, blob: oci_manifest.Descriptor, /
    ) -> bytes: ...


def read_manifest(
    bridge: Bridge, grant: model.PullGrant, limits: limit.Limits
) -> oci_manifest.Manifest:
    """Read the manifest that a grant is for.

    :raises OciError: it is not what the bridge said, or is no image's
    """
    what = 'the manifest'
    content = bridge.manifest(grant, limits.document_bytes)
    _check_size(len(content), limits, what)
    _check_digest(content, grant.manifest_digest, what)
    found = oci_manifest.read_manifest(content, what)
    if found.config.digest != grant.config_digest:
        raise oci_exception.ArchiveMismatch(
            f'the registry has it with the config {found.config.digest}, '
            f'the bridge says {grant.config_digest}'
        )
    return found


def read_config(
    bridge: Bridge,
    grant: model.PullGrant,
    found: oci_manifest.Manifest,
    limits: limit.Limits,
) -> bytes:
    """Read the config that a manifest names.

    :raises ArchiveError: it is another one
    """
    what = "the image's config"
    _check_size(found.config.size_bytes, limits, what)
    content = bridge.blob(grant, found.config)
    _check_digest(content, found.config.digest, what)
    return content


def common_layers(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """Count the layers that two images begin with."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _check_size(size_bytes: int, limits: limit.Limits, what: str) -> None:
    if size_bytes > limits.document_bytes:
        raise oci_exception.ArchiveTooLarge(
            f'{what} has more than {limits.document_bytes} bytes'
        )


def _check_digest(content: bytes, digest: str, what: str) -> None:
    found = oci_digest.from_bytes(content)
    if found != digest:
        raise oci_exception.ArchiveMismatch(
            f'{what} that the registry sends has the digest {found}, asked '
            f'for was {digest}'
        )
