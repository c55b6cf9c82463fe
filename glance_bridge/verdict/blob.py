"""Blobs: whether they are what their descriptors say, without reading them.

Registries store a manifest whatever sizes it claims. The size of what Glance
gives out is computed from them, so each is compared with the blob's own.
"""

from collections.abc import Iterator
import contextlib
from typing import Protocol

from glance_bridge.verdict import model
from glance_bridge.verdict import reason
from ocikit import compression
from ocikit import manifest
from ocikit import media_type

_READABLE = (media_type.Compression.NONE, media_type.Compression.GZIP)


class Registry(Protocol):
    """What is asked of the engine, see registry.client."""

    def manifest(self, repository: str, reference: str) -> 'Found': ...

    def blob_size(self, repository: str, digest: str) -> int | None: ...

    def blob(
        self,
        repository: str,
        digest: str,
        offset: int = 0,
        length: int | None = None,
    ) -> contextlib.AbstractContextManager[Iterator[bytes]]: ...

    def document(self, repository: str, digest: str) -> bytes: ...


class Found(Protocol):
    """A manifest that the engine has."""

    @property
    def content(self) -> bytes: ...

    @property
    def media_type(self) -> str: ...

    @property
    def digest(self) -> str: ...


class Blobs:
    """The blobs of one manifest, each looked at once."""

    def __init__(
        self, registry: Registry, repository: str, rules: model.Rules
    ) -> None:
        self._registry = registry
        self._repository = repository
        self._rules = rules
        self._seen: dict[str, manifest.Descriptor] = {}

    @property
    def seen(self) -> tuple[manifest.Descriptor, ...]:
        """List those that were checked."""
        return tuple(self._seen.values())

    def check_config(self, found: manifest.Descriptor) -> bytes:
        """Check the config of an image and give it.

        :raises Unfit: it is not what its descriptor says, or too large
        """
        if found.size_bytes > self._rules.document_bytes:
            raise reason.Unfit(
                f"the image's config has {found.size_bytes} bytes, at most "
                f'{self._rules.document_bytes} are read'
            )
        self._check_size(found)
        return self._registry.document(self._repository, found.digest)

    def check_layer(self, found: manifest.Descriptor) -> None:
        """Check a layer.

        :raises Unfit: it is not what its descriptor says, or is compressed
            with what the hosts cannot read
        """
        if self._check_size(found):
            start = self._start(found)
            self._check_compression(compression.detect(start), found)

    def _check_size(self, found: manifest.Descriptor) -> bool:
        """Compare sizes; tell whether the blob was not seen before."""
        first = self._seen.get(found.digest)
        if first is None:
            self._count()
            size_bytes = self._registry.blob_size(
                self._repository, found.digest
            )
        else:
            size_bytes = first.size_bytes
        if size_bytes is None:
            raise reason.Unfit(
                f'the blob {found.digest} is not in the repository; push it '
                f'before the manifest'
            )
        if size_bytes != found.size_bytes:
            raise reason.Unfit(
                f'the blob {found.digest} has {size_bytes} bytes, and the '
                f'manifest says {found.size_bytes}'
            )
        self._seen[found.digest] = found
        return first is None

    def _count(self) -> None:
        if len(self._seen) >= self._rules.most_blobs:
            raise reason.Unfit(
                f'there are more than {self._rules.most_blobs} blobs'
            )

    def _start(self, found: manifest.Descriptor) -> bytes:
        count = min(compression.MAGIC_BYTES, found.size_bytes)
        with self._registry.blob(
            self._repository, found.digest, 0, count
        ) as pieces:
            return b''.join(pieces)

    def _check_compression(
        self, packing: media_type.Compression, found: manifest.Descriptor
    ) -> None:
        """Go by the content, as engines do, and not by the media type."""
        is_zstd = packing is media_type.Compression.ZSTD
        if packing in _READABLE or (is_zstd and self._rules.accepts_zstd):
            return
        raise reason.Unfit(
            f'the layer {found.digest} is compressed with {packing}, which '
            f'the docker hosts of this cloud cannot read; build the image '
            f'with compression=gzip'
        )
