"""Plans: the archive that a manifest of a registry makes, before it is read.

The archive is a docker-archive and an OCI layout at once. Its bytes follow
from those of the manifest, so its size is known without any blob, every
reading of it is the same, and any part of it can be read alone.
"""

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import dataclasses
import json

from ocikit import digest as oci_digest
from ocikit import document
from ocikit import exception
from ocikit import layout
from ocikit import manifest
from ocikit import media_type
from ocikit import platform as oci_platform
from ocikit import writer

_MARKER = b'{"imageLayoutVersion": "1.0.0"}'
# What a file system and Go's integers can hold.
_MOST_BYTES = 2**63 - 1


@dataclasses.dataclass(frozen=True)
class Part:
    """A run of an archive: bytes that are known, or all of a blob.

    :ivar digest: of the blob; empty where the content is known
    """

    size_bytes: int
    digest: str = ''
    content: bytes = b''


@dataclasses.dataclass(frozen=True)
class Plan:
    """An archive as the parts that it is written of."""

    parts: tuple[Part, ...]

    @property
    def size_bytes(self) -> int:
        return sum(part.size_bytes for part in self.parts)


@dataclasses.dataclass(frozen=True)
class Cut:
    """What of a blob is read.

    :ivar whole_bytes: the size that the blob has to have
    """

    digest: str
    whole_bytes: int
    offset: int
    size_bytes: int


Source = Callable[[Cut], contextlib.AbstractContextManager[Iterator[bytes]]]


def make(content: bytes) -> Plan:
    """Plan the archive of an image.

    :param content: a manifest, to the byte
    :raises ArchiveError: it is no manifest of an image
    """
    try:
        found = manifest.read_manifest(content, 'the manifest')
    except exception.InvalidDigest as err:
        raise exception.ArchiveMalformed(str(err)) from err
    blobs = _unique((found.config, *found.layers))
    parts = [_known(_documents(content, found))]
    for blob in blobs:
        parts.append(_known(writer.header(_name(blob), blob.size_bytes)))
        parts.append(Part(blob.size_bytes, blob.digest))
        parts.append(_known(writer.padding(blob.size_bytes)))
    parts.append(_known(writer.END))
    return Plan(tuple(_joined(parts)))


def size_bytes(content: bytes) -> int:
    """Tell the size of an image's archive from its manifest.

    :raises ArchiveError: it is no manifest of an image
    """
    return make(content).size_bytes


def choose(
    content: bytes, platform: oci_platform.Platform
) -> manifest.Descriptor:
    """Choose the manifest of an index that stands for the whole of it.

    :param content: an index, to the byte
    :param platform: chooses where there are images for several
    :raises ArchiveError: it is no index, or has no such image
    """
    try:
        entries = manifest.read_index(content, 'the index')
    except exception.InvalidDigest as err:
        raise exception.ArchiveMalformed(str(err)) from err
    images = [
        entry
        for entry in entries
        if entry.media_type in media_type.MANIFESTS
        and not entry.is_attestation
    ]
    if len(images) == 1:
        return images[0]
    for image in images:
        if image.platform == platform:
            return image
    others = sorted({str(image.platform) for image in images})
    raise exception.OtherPlatform(', '.join(others), str(platform))


def chunks(
    plan: Plan, source: Source, offset: int = 0, count: int | None = None
) -> Iterator[bytes]:
    """Write an archive, or a part of it, as its blobs come.

    :param source: opens a blob
    :param offset: of the first byte
    :param count: of bytes; all that follow where it is None
    :raises ArchiveMismatch: a blob is shorter or longer than its descriptor
        says; what came until then is worth nothing
    """
    left = plan.size_bytes if count is None else count
    for part in plan.parts:
        start = min(offset, part.size_bytes)
        size = min(part.size_bytes - start, left)
        offset -= start
        left -= size
        if not size:
            continue
        if part.digest:
            cut = Cut(part.digest, part.size_bytes, start, size)
            yield from _counted(cut, source)
        else:
            yield part.content[start : start + size]


def _counted(cut: Cut, source: Source) -> Iterator[bytes]:
    """Give what is read of a blob, and no byte more or less."""
    left = cut.size_bytes
    with source(cut) as pieces:
        for piece in pieces:
            left -= len(piece)
            if left < 0:
                break
            yield piece
    if left:
        raise exception.ArchiveMismatch(
            f'the blob {cut.digest} has not the {cut.whole_bytes} bytes '
            f'that its descriptor says'
        )


def _unique(
    blobs: tuple[manifest.Descriptor, ...],
) -> tuple[manifest.Descriptor, ...]:
    """Leave a blob out where it stands again."""
    found: dict[str, manifest.Descriptor] = {}
    for blob in blobs:
        first = found.setdefault(blob.digest, blob)
        if first.size_bytes != blob.size_bytes:
            raise exception.ArchiveMalformed(
                f'the manifest gives {blob.digest} two sizes'
            )
        if blob.size_bytes > _MOST_BYTES:
            raise exception.ArchiveTooLarge(
                f'the manifest gives {blob.digest} a size beyond any disk'
            )
    return tuple(found.values())


def _documents(content: bytes, found: manifest.Manifest) -> bytes:
    """Write the members that stand before the blobs."""
    whole = document.read_object(content, 'the manifest')
    image = manifest.Descriptor(
        document.text(whole, 'mediaType', media_type.OCI_MANIFEST),
        oci_digest.from_bytes(content),
        len(content),
    )
    index = {
        'schemaVersion': 2,
        'manifests': [
            {
                'mediaType': image.media_type,
                'digest': image.digest,
                'size': image.size_bytes,
            }
        ],
    }
    saved = {
        'Config': _name(found.config),
        # A name in the engine is for whoever loads the archive to give.
        'RepoTags': None,
        'Layers': [_name(layer) for layer in found.layers],
    }
    return b''.join(
        (
            writer.member(layout.MARKER, _MARKER),
            writer.member(layout.INDEX, json.dumps(index).encode()),
            writer.member(layout.SAVED_IMAGES, json.dumps([saved]).encode()),
            writer.member(_name(image), content),
        )
    )


def _name(found: manifest.Descriptor) -> str:
    return layout.BLOBS + oci_digest.encoded(found.digest)


def _known(content: bytes) -> Part:
    return Part(len(content), content=content)


def _joined(parts: list[Part]) -> Iterator[Part]:
    """Join known bytes that follow each other."""
    known = b''
    for part in parts:
        if part.digest:
            yield _known(known)
            yield part
            known = b''
        else:
            known += part.content
    yield _known(known)
