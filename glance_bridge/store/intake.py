"""Intake: an archive that somebody uploads becomes an image of the registry.

It is looked at whole before the registry hears of it, so of one that is
refused nothing is left anywhere.
"""

from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import dataclasses
import tempfile
from typing import BinaryIO
from typing import Protocol

from ocikit import archive
from ocikit import compression
from ocikit import exception as oci_exception
from ocikit import layer as oci_layer
from ocikit import limit
from ocikit import manifest
from ocikit import media_type
from ocikit import plan as oci_plan
from ocikit import platform as oci_platform
from ocikit import section as oci_section

_LAYER_TYPES = {
    media_type.Compression.NONE: media_type.OCI_LAYER,
    media_type.Compression.GZIP: f'{media_type.OCI_LAYER}+gzip',
}


@dataclasses.dataclass(frozen=True)
class Spool:
    """Where uploads lie while they are looked at, and how much of them.

    :ivar folder: None is the system's
    :ivar max_bytes: of one upload
    """

    folder: str | None
    max_bytes: int
    limits: limit.Limits


class Readable(Protocol):
    """What an upload comes from."""

    def read(self, count: int, /) -> bytes: ...


class Registry(Protocol):
    """What storing needs of the registry."""

    def blob_size(self, repository: str, digest: str) -> int | None: ...

    def upload_blob(
        self, repository: str, digest: str, chunks: Iterable[bytes]
    ) -> None: ...

    def put_manifest(
        self, repository: str, reference: str, content: bytes, media_type: str
    ) -> str: ...


class Upload:
    """An image that lies in the spool, as it will be in the registry."""

    def __init__(self, file: BinaryIO, image: archive.Image) -> None:
        self._file = file
        self._image = image
        # What was inspected whole knows of no layer that lies elsewhere.
        layers = [
            each for each in image.layers if isinstance(each, oci_layer.Layer)
        ]
        self._layers = {layer.layer_digest: layer for layer in layers}
        self.manifest = manifest.write_manifest(_described(image, layers))

    def chunks(self) -> Iterator[bytes]:
        """Write the archive that Glance will give out."""
        return oci_plan.chunks(oci_plan.make(self.manifest), self._opened)

    def push(self, registry: Registry, repository: str, tag: str) -> str:
        """Put the image into the registry and give its manifest's digest.

        The manifest comes last: until then there are blobs that no one has a
        use for, and the registry's engine collects them.
        """
        config = self._image.config
        self._push_blob(
            registry, repository, config.digest, [self._image.config_content]
        )
        for digest, layer in self._layers.items():
            section = oci_section.Section(
                self._file, layer.offset, layer.size_bytes
            )
            self._push_blob(registry, repository, digest, section.chunks())
        return registry.put_manifest(
            repository, tag, self.manifest, media_type.OCI_MANIFEST
        )

    @staticmethod
    def _push_blob(
        registry: Registry,
        repository: str,
        digest: str,
        chunks: Iterable[bytes],
    ) -> None:
        if registry.blob_size(repository, digest) is None:
            registry.upload_blob(repository, digest, chunks)

    @contextlib.contextmanager
    def _opened(self, cut: oci_plan.Cut) -> Iterator[Iterator[bytes]]:
        """Open a blob; here they are only ever read whole."""
        if cut.digest == self._image.config.digest:
            yield iter([self._image.config_content])
        else:
            offset = self._layers[cut.digest].offset
            yield oci_section.Section(
                self._file, offset, cut.size_bytes
            ).chunks()


@contextlib.contextmanager
def received(
    source: Readable, platform: oci_platform.Platform, spool: Spool
) -> Iterator[Upload]:
    """Take an upload in and look at it; it is gone at the end.

    :param platform: what the image has to be built for
    :raises ArchiveError: what it is refused for
    :raises OSError: the spool is full, or the sender is gone
    """
    folder = spool.folder or tempfile.gettempdir()
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile(dir=folder))
        _copy(source, file, spool.max_bytes)
        plain = stack.enter_context(
            compression.opened_plain(file, folder, spool.limits.archive_bytes)
        )
        yield Upload(plain, archive.inspect(plain, platform, spool.limits))


def _copy(source: Readable, file: BinaryIO, max_bytes: int) -> None:
    left = max_bytes
    while chunk := source.read(limit.CHUNK_BYTES):
        left -= len(chunk)
        if left < 0:
            raise oci_exception.ArchiveTooLarge(
                f'the file has more than the {max_bytes // 1024**3} GiB that '
                f'an upload may have; push the image instead'
            )
        file.write(chunk)
    file.flush()


def _described(
    image: archive.Image, layers: Iterable[oci_layer.Layer]
) -> manifest.Manifest:
    """Describe an image as it is stored, nothing compressed anew."""
    return manifest.Manifest(
        manifest.Descriptor(
            media_type.OCI_CONFIG,
            image.config.digest,
            len(image.config_content),
        ),
        tuple(
            manifest.Descriptor(
                _LAYER_TYPES[layer.compression],
                layer.layer_digest,
                layer.size_bytes,
            )
            for layer in layers
        ),
    )
