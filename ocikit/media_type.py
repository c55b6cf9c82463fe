"""Media types: what kind of document or layer a descriptor points to.

:source: OCI image-spec, media-types.md; Docker image manifest V2, schema 2
"""

import enum

OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json'

INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG})


class Compression(enum.StrEnum):
    """How the bytes of a layer are packed."""

    NONE = 'none'
    GZIP = 'gzip'
    ZSTD = 'zstd'
    BZIP2 = 'bzip2'
    XZ = 'xz'


OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar'
LAYERS = {
    OCI_LAYER: Compression.NONE,
    f'{OCI_LAYER}+gzip': Compression.GZIP,
    f'{OCI_LAYER}+zstd': Compression.ZSTD,
    'application/vnd.docker.image.rootfs.diff.tar': Compression.NONE,
    'application/vnd.docker.image.rootfs.diff.tar.gzip': Compression.GZIP,
    'application/vnd.docker.image.rootfs.diff.tar.zstd': Compression.ZSTD,
}
# Layers whose content is at an address that the manifest gives, if anywhere.
FOREIGN_LAYERS = frozenset(
    {'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'}
    | {
        f'application/vnd.oci.image.layer.nondistributable.v1.tar{packing}'
        for packing in ('', '+gzip', '+zstd')
    }
)


def oci_layer(media_type: str) -> str:
    """Give OCI's type of a layer that may have Docker's.

    :raises KeyError: it is the type of no layer
    """
    packing = LAYERS[media_type]
    is_plain = packing is Compression.NONE
    return OCI_LAYER if is_plain else f'{OCI_LAYER}+{packing}'
