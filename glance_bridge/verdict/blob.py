"""Blobs: whether they are what their descriptors say, without reading them.

Registries store a manifest whatever sizes it claims. The size of what Glance
gives out is computed from them, so each is compared with the blob's own.
"""

from typing import Protocol

from glance_bridge import exception
from glance_bridge.verdict import model
from glance_bridge.verdict import reason
from ocikit import compression
from ocikit import manifest
from ocikit import media_type

_READABLE = (media_type.Compression.NONE, media_type.Compression.GZIP)


class Registry(Protocol):
    """What is asked of the engine, see registry.client."""

    def manifest(self, repository: str, reference: str) -> 'Found': ...

    def start(self, repository: str, digest: str, count: int) -> 'Start': ...


class Found(Protocol):
    """A manifest that the engine has."""

    @property
    def content(self) -> bytes: ...

    @property
    def media_type(self) -> str: ...

    @property
    def digest(self) -> str: ...


class Start(Protocol):
    """The first bytes of a blob that the engine has."""

    @property
    def content(self) -> bytes: ...

    @property
    def size_bytes(self) -> int: ...


class Blobs:
    """The blobs of one manifest, each looked at once.

    It also counts the bytes of all documents that are read for it.
    """

    def __init__(
        self, registry: Registry, repository: str, rules: model.Rules
    ) -> None:
        self._registry = registry
        self._repository = repository
        self._rules = rules
        self._seen: dict[str, manifest.Descriptor] = {}
        self._left_bytes = rules.documents_bytes

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
        self.count_document(found)
        return self._start(found, found.size_bytes)

    def count_document(self, found: manifest.Descriptor) -> None:
        """Count a document that is going to be read.

        :raises Unfit: all of them are too large together
        """
        self._left_bytes -= found.size_bytes
        if self._left_bytes < 0:
            raise reason.Unfit(
                f'its manifests and configs have more than '
                f'{self._rules.documents_bytes} bytes together'
            )

    def check_layer(self, found: manifest.Descriptor) -> None:
        """Check a layer.

        :raises Unfit: it is not what its descriptor says, or is compressed
            with what the hosts cannot read
        """
        first = self._seen.get(found.digest)
        if first is None:
            start = self._start(found, compression.MAGIC_BYTES)
            self._check_compression(compression.detect(start), found)
        else:
            _check_size(first.size_bytes, found)

    def _start(self, found: manifest.Descriptor, count: int) -> bytes:
        """Compare the size, and give the first bytes, as many there are."""
        if found.digest not in self._seen:
            self._count()
        try:
            start = self._registry.start(self._repository, found.digest, count)
        except exception.RegistryNotFound as err:
            raise reason.Unfit(
                f'the blob {found.digest} is not in the repository; push it '
                f'before the manifest'
            ) from err
        _check_size(start.size_bytes, found)
        self._seen[found.digest] = found
        return start.content

    def _count(self) -> None:
        if len(self._seen) >= self._rules.most_blobs:
            raise reason.Unfit(
                f'there are more than {self._rules.most_blobs} blobs'
            )

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


def _check_size(size_bytes: int, found: manifest.Descriptor) -> None:
    if size_bytes != found.size_bytes:
        raise reason.Unfit(
            f'the blob {found.digest} has {size_bytes} bytes, and the '
            f'manifest says {found.size_bytes}'
        )
