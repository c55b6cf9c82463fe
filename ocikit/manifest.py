"""Manifests and indexes: which config and which layers make an image.

Only what is needed to find one image is read or written; nothing is fetched.

:source: OCI image-spec, manifest.md and image-index.md; moby,
    image/tarexport for manifest.json of ``docker save``
"""

from collections.abc import Mapping
import dataclasses
import json

from ocikit import digest as oci_digest
from ocikit import document
from ocikit import exception
from ocikit import media_type
from ocikit import platform as oci_platform

# What buildx calls the manifests of its attestations.
_ATTESTATION_ANNOTATION = 'vnd.docker.reference.type'
_UNKNOWN = oci_platform.Platform('unknown', 'unknown')


@dataclasses.dataclass(frozen=True)
class Descriptor:
    """A pointer to content, with what the content has to be.

    :ivar has_urls: whether the content is to be fetched from other addresses
    """

    media_type: str
    digest: str
    size_bytes: int
    platform: oci_platform.Platform | None = None
    is_attestation: bool = False
    has_urls: bool = False


@dataclasses.dataclass(frozen=True)
class Manifest:
    """One image: its config and its layers, lowest first.

    :ivar artifact_type: what it is instead, if anything
    """

    config: Descriptor
    layers: tuple[Descriptor, ...]
    artifact_type: str = ''


@dataclasses.dataclass(frozen=True)
class SavedImage:
    """One entry of the manifest.json of ``docker save``: member names."""

    config: str
    layers: tuple[str, ...]


def read_saved_images(content: bytes) -> list[SavedImage]:
    """Read manifest.json; its tags are the sender's and stay unread."""
    return [
        SavedImage(
            document.text(entry, 'Config'), document.texts(entry, 'Layers')
        )
        for entry in document.read_objects(content, 'manifest.json')
    ]


def read_index(content: bytes, what: str) -> list[Descriptor]:
    """Read the manifests that an index lists."""
    found = _read(content, what, not_beside=('config', 'layers'))
    return [
        _read_descriptor(entry)
        for entry in document.children(found, 'manifests')
    ]


def read_manifest(content: bytes, what: str) -> Manifest:
    """Read a manifest of an image.

    :raises ArchiveUnsupported: it is an artifact, or its layers are to be
        fetched from somewhere else
    """
    found = read_any(content, what)
    if found.config.media_type not in media_type.CONFIGS:
        raise exception.ArchiveUnsupported(
            f'the archive holds an artifact of type '
            f'{exception.shown(found.config.media_type)} and no container '
            f'image'
        )
    for layer in found.layers:
        if layer.has_urls or layer.media_type not in media_type.LAYERS:
            raise exception.ArchiveUnsupported(
                f'a layer is of type {exception.shown(layer.media_type)}, or '
                f'its content is somewhere else; save the image with all its '
                f'layers as tar or tar+gzip'
            )
    return found


def read_any(content: bytes, what: str) -> Manifest:
    """Read a manifest of an image or of an artifact in the same form."""
    found = _read(content, what, not_beside=('manifests',))
    entries = document.children(found, 'layers')
    return Manifest(
        _read_descriptor(document.child(found, 'config')),
        tuple(_read_descriptor(entry) for entry in entries),
        document.text(found, 'artifactType', ''),
    )


def write_manifest(found: Manifest) -> bytes:
    """Write the manifest of an image, in the words of the OCI.

    The same descriptors give the same bytes, and so the same digest.
    """
    content = {
        'schemaVersion': 2,
        'mediaType': media_type.OCI_MANIFEST,
        'config': _written(found.config),
        'layers': [_written(layer) for layer in found.layers],
    }
    return json.dumps(content).encode()


def _written(found: Descriptor) -> dict[str, object]:
    return {
        'mediaType': found.media_type,
        'digest': found.digest,
        'size': found.size_bytes,
    }


def _read(
    content: bytes, what: str, not_beside: tuple[str, ...]
) -> document.Object:
    """Read a document, unless it could be taken for one of another kind.

    :source: CVE-2021-41190
    """
    found = document.read_object(content, what)
    if document.number(found, 'schemaVersion') != 2:
        raise exception.ArchiveMalformed(f'{what} has not schemaVersion 2')
    for name in not_beside:
        if document.field(found, name, None) is not None:
            raise exception.ArchiveMalformed(
                f'{what} is a manifest and an index at once'
            )
    return found


def _read_descriptor(entry: document.Object) -> Descriptor:
    annotations = document.child(entry, 'annotations')
    platform = _read_platform(document.child(entry, 'platform'))
    return Descriptor(
        media_type=document.text(entry, 'mediaType'),
        digest=oci_digest.parse(document.text(entry, 'digest')),
        size_bytes=document.number(entry, 'size'),
        platform=platform,
        is_attestation=(
            _ATTESTATION_ANNOTATION in annotations or platform == _UNKNOWN
        ),
        has_urls=bool(document.texts(entry, 'urls')),
    )


def _read_platform(
    entry: Mapping[str, object],
) -> oci_platform.Platform | None:
    if not entry:
        return None
    return oci_platform.Platform(
        document.text(entry, 'os'), document.text(entry, 'architecture')
    )
