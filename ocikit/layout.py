"""Layouts: where in an archive the parts of its one image lie.

Two layouts are read, manifest.json of ``docker save`` and the OCI image
layout. Newer engines write both into one archive; manifest.json goes first,
since it is what every engine loads.

:source: moby, image/tarexport; OCI image-spec, image-layout.md
"""

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses
import posixpath
from typing import BinaryIO

from ocikit import digest as oci_digest
from ocikit import document
from ocikit import exception
from ocikit import layer as oci_layer
from ocikit import limit
from ocikit import manifest
from ocikit import media_type
from ocikit import platform as oci_platform
from ocikit import section as oci_section
from ocikit import tar

SAVED_IMAGES = 'manifest.json'
INDEX = 'index.json'
MARKER = 'oci-layout'
BLOBS = f'blobs/{oci_digest.ALGORITHM}/'


@dataclasses.dataclass(frozen=True)
class Parts:
    """The config of an image and its layers as stored, lowest first."""

    config: bytes
    layers: tuple[oci_layer.Blob | oci_layer.Known, ...]


@dataclasses.dataclass(frozen=True)
class Archive:
    """A tar whose members are known by name."""

    file: BinaryIO
    members: Mapping[str, tar.Member]
    limits: limit.Limits

    def blob(self, name: str, digest: str | None = None) -> oci_layer.Blob:
        """Find a member's bytes; one below blobs/ is named by its digest."""
        clean = tar.clean_name(name)
        member = self.members.get(clean)
        if member is None:
            raise exception.ArchiveMalformed(
                f'the archive lacks its member {exception.shown(name)}'
            )
        if digest is None and clean.startswith(BLOBS):
            digest = oci_digest.from_hex(clean.removeprefix(BLOBS))
        return oci_layer.Blob(member.offset, member.size_bytes, digest)

    def described(self, found: manifest.Descriptor) -> oci_layer.Blob:
        """Find the bytes that a descriptor points to."""
        name = BLOBS + oci_digest.encoded(found.digest)
        blob = self.blob(name, found.digest)
        if blob.size_bytes != found.size_bytes:
            raise exception.ArchiveMismatch(
                f'{name} has {blob.size_bytes} bytes, its descriptor says '
                f'{found.size_bytes}'
            )
        return blob

    def read(self, blob: oci_layer.Blob, what: str) -> bytes:
        """Read a document and check its digest."""
        if blob.size_bytes > self.limits.document_bytes:
            raise exception.ArchiveTooLarge(
                f'{what} has more than {self.limits.document_bytes} bytes'
            )
        section = oci_section.Section(self.file, blob.offset, blob.size_bytes)
        content = section.read(blob.size_bytes)
        if blob.digest not in (None, oci_digest.from_bytes(content)):
            raise exception.ArchiveMismatch(
                f'the content of {what} is not what its digest says; the '
                f'archive is damaged, save and upload it again'
            )
        return content


def is_marker(name: str) -> bool:
    """Tell whether a member says that its archive holds images."""
    return tar.clean_name(name) in (SAVED_IMAGES, INDEX, MARKER)


def find_image(
    archive: Archive,
    platform: oci_platform.Platform,
    held: Collection[str] = (),
) -> Parts:
    """Find the one image of an archive.

    :param platform: chooses among the manifests of an index
    :param held: diff IDs that an archive written by writer.py may lack
    :raises ArchiveUnsupported: there is none, or more than one
    """
    if SAVED_IMAGES in archive.members:
        return _find_saved(archive, held)
    return _find_in_index(archive, platform)


def _find_saved(archive: Archive, held: Collection[str]) -> Parts:
    content = archive.read(archive.blob(SAVED_IMAGES), SAVED_IMAGES)
    entries = manifest.read_saved_images(content)
    _check_single(len(entries))
    entry = entries[0]
    blob = archive.blob(entry.config)
    stem = posixpath.basename(entry.config).removesuffix('.json')
    if oci_digest.is_encoded(stem):
        # Docker names a config by its digest, below blobs/ and above.
        blob = dataclasses.replace(blob, digest=oci_digest.from_hex(stem))
    return Parts(
        config=archive.read(blob, "the image's config"),
        layers=tuple(
            _saved_layer(archive, name, held) for name in entry.layers
        ),
    )


def _saved_layer(
    archive: Archive, name: str, held: Collection[str]
) -> oci_layer.Blob | oci_layer.Known:
    encoded = name.removesuffix('.tar')
    if name not in archive.members and oci_digest.is_encoded(encoded):
        diff_id = oci_digest.from_hex(encoded)
        if diff_id in held:
            return oci_layer.Known(diff_id, unpacked_bytes=0, members=0)
    return archive.blob(name)


def _find_in_index(archive: Archive, platform: oci_platform.Platform) -> Parts:
    marker = document.read_object(
        archive.read(archive.blob(MARKER), MARKER), MARKER
    )
    version = document.text(marker, 'imageLayoutVersion')
    if version != '1.0.0':
        raise exception.ArchiveUnsupported(
            f'the OCI layout has version {exception.shown(version)}, known '
            f'is 1.0.0'
        )
    chosen = _choose(archive, platform)
    content = archive.read(archive.described(chosen), 'the manifest')
    found = manifest.read_manifest(content, 'the manifest')
    config = archive.described(found.config)
    return Parts(
        config=archive.read(config, "the image's config"),
        layers=tuple(archive.described(layer) for layer in found.layers),
    )


def _choose(
    archive: Archive, platform: oci_platform.Platform
) -> manifest.Descriptor:
    """Choose the one manifest that is for our platform or for no one's."""
    everything = list(_walk_index(archive))
    chosen = {
        found.digest: found
        for found in everything
        if found.platform in (None, platform)
    }
    if everything and not chosen:
        others = {str(found.platform) for found in everything}
        raise exception.OtherPlatform(', '.join(sorted(others)), str(platform))
    _check_single(len(chosen))
    return next(iter(chosen.values()))


def _walk_index(archive: Archive) -> Iterator[manifest.Descriptor]:
    """Give the manifests of images of all indexes, each index once."""
    limits = archive.limits
    content = archive.read(archive.blob(INDEX), INDEX)
    level = manifest.read_index(content, INDEX)
    seen: set[str] = set()
    count = 0
    for _ in range(limits.index_depth):
        nested: list[manifest.Descriptor] = []
        for found in level:
            if found.media_type in media_type.INDEXES:
                if found.digest not in seen:
                    nested.append(found)
                seen.add(found.digest)
            elif _is_image(found):
                yield found
        count += len(level)
        level = _read_nested(archive, nested, limits.index_entries - count)
    if level:
        raise exception.ArchiveTooLarge(
            f'indexes are nested more than {limits.index_depth} deep'
        )


def _read_nested(
    archive: Archive, nested: list[manifest.Descriptor], left: int
) -> list[manifest.Descriptor]:
    """Read what indexes list, one after the other.

    :param left: so many entries there may be
    """
    found: list[manifest.Descriptor] = []
    for each in nested:
        content = archive.read(archive.described(each), 'an index')
        found += manifest.read_index(content, 'an index')
        if len(found) > left:
            raise exception.ArchiveTooLarge(
                f'the indexes of the archive have more than '
                f'{archive.limits.index_entries} entries'
            )
    return found


def _is_image(found: manifest.Descriptor) -> bool:
    return (
        found.media_type in media_type.MANIFESTS and not found.is_attestation
    )


def _check_single(count: int) -> None:
    if count == 0:
        raise exception.ArchiveUnsupported('the archive holds no image')
    if count > 1:
        raise exception.ArchiveUnsupported(
            f'the archive holds {count} images; save a single one '
            f'(docker save NAME:TAG)'
        )
