"""Streams: archives of images, made of the registry's blobs as they come."""

from collections.abc import Iterator
import contextlib
from typing import Protocol

from glance_bridge.registry import client
from ocikit import exception as oci_exception
from ocikit import media_type
from ocikit import plan as oci_plan
from ocikit import platform as oci_platform


class Registry(Protocol):
    """What reading needs of the registry."""

    def manifest(self, repository: str, reference: str) -> client.Manifest: ...

    def blob_size(self, repository: str, digest: str) -> int | None: ...

    def blob(
        self,
        repository: str,
        digest: str,
        offset: int = 0,
        length: int | None = None,
    ) -> contextlib.AbstractContextManager[Iterator[bytes]]: ...


def plan(
    registry: Registry,
    repository: str,
    manifest_digest: str,
    platform: oci_platform.Platform,
) -> oci_plan.Plan:
    """Plan the archive of an image of the registry.

    :param manifest_digest: of a manifest, or of an index
    :param platform: chooses among the images of an index
    :raises ArchiveError: it is no image
    :raises RegistryNotFound: it is not there
    """
    found = registry.manifest(repository, manifest_digest)
    if found.media_type in media_type.INDEXES:
        child = oci_plan.choose(found.content, platform)
        found = registry.manifest(repository, child.digest)
    return oci_plan.make(found.content)


def chunks(
    registry: Registry,
    repository: str,
    planned: oci_plan.Plan,
    offset: int = 0,
    count: int | None = None,
) -> Iterator[bytes]:
    """Write an archive, or a part of it.

    Digests are not computed: an engine that loads the archive does so, and
    here it would take longer than all the rest.

    :raises ArchiveMismatch: a blob has not the size that it should have
    """

    @contextlib.contextmanager
    def opened(cut: oci_plan.Cut) -> Iterator[Iterator[bytes]]:
        end = cut.offset + cut.size_bytes
        length: int | None = cut.size_bytes
        if cut.offset and end == cut.whole_bytes:
            # Read to wherever its end is.
            length = None
        elif end == cut.whole_bytes:
            _check_size(registry, repository, cut)
        with registry.blob(
            repository, cut.digest, cut.offset, length
        ) as pieces:
            yield pieces

    return oci_plan.chunks(planned, opened, offset, count)


def _check_size(
    registry: Registry, repository: str, cut: oci_plan.Cut
) -> None:
    found = registry.blob_size(repository, cut.digest)
    if found != cut.whole_bytes:
        raise oci_exception.ArchiveMismatch(
            f'the blob {cut.digest} has {found} bytes, its descriptor says '
            f'{cut.whole_bytes}'
        )
