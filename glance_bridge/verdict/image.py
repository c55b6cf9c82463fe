"""Images: whether the manifest of one platform makes one.

:source: OCI image-spec 1.1, manifest.md, "Guidelines for Artifact Usage"
"""

import dataclasses

from glance_bridge.verdict import blob
from glance_bridge.verdict import model
from glance_bridge.verdict import reason
from ocikit import config as oci_config
from ocikit import digest as oci_digest
from ocikit import exception as oci_exception
from ocikit import manifest
from ocikit import media_type
from ocikit import plan
from ocikit import platform as oci_platform

_OS = 'linux'


@dataclasses.dataclass(frozen=True)
class Image:
    """An image of one platform.

    :ivar digest: of its manifest
    :ivar config: as the manifest points to it, to the byte
    :ivar size_bytes: of its archive
    """

    digest: str
    platform: oci_platform.Platform
    config_digest: str
    config: bytes
    size_bytes: int


def read(content: bytes, blobs: blob.Blobs, rules: model.Rules) -> Image:
    """Read a manifest and check all that it points to.

    :raises NoImage: it is an artifact, or for other machines than ours
    :raises Unfit: no docker host could boot it
    """
    try:
        found = manifest.read_any(content, 'the manifest')
        _check_kind(found)
        _check_layers(found, rules)
        config_content = blobs.check_config(found.config)
        config = oci_config.read(config_content)
        size_bytes = plan.size_bytes(content)
    except oci_exception.OciError as err:
        raise reason.Unfit(str(err)) from err
    if len(config.diff_ids) != len(found.layers):
        raise reason.Unfit(
            f'the manifest has {len(found.layers)} layers, its config lists '
            f'{len(config.diff_ids)}'
        )
    if config.platform.os != _OS:
        platform = oci_exception.shown(str(config.platform))
        raise reason.NoImage(f'it is built for {platform}, not for {_OS}')
    for layer in found.layers:
        blobs.check_layer(layer)
    return Image(
        digest=oci_digest.from_bytes(content),
        platform=config.platform,
        config_digest=found.config.digest,
        config=config_content,
        size_bytes=size_bytes,
    )


def _check_kind(found: manifest.Manifest) -> None:
    """Tell images from all else that registries keep.

    Signatures of cosign have the config of an image, and what is no file
    system in the place of layers.
    """
    if found.artifact_type:
        shown = oci_exception.shown(found.artifact_type)
        raise reason.NoImage(f'it is an artifact of type {shown}')
    if found.config.media_type not in media_type.CONFIGS:
        shown = oci_exception.shown(found.config.media_type)
        raise reason.NoImage(f'its config is of type {shown}')
    known = media_type.LAYERS.keys() | media_type.FOREIGN_LAYERS
    for layer in found.layers:
        if layer.media_type not in known:
            shown = oci_exception.shown(layer.media_type)
            raise reason.NoImage(f'it holds content of type {shown}')


def _check_layers(found: manifest.Manifest, rules: model.Rules) -> None:
    if not found.layers:
        raise reason.Unfit('the image has no layers')
    if len(found.layers) > rules.most_layers:
        raise reason.Unfit(
            f'the image has {len(found.layers)} layers, an engine mounts at '
            f'most {rules.most_layers}'
        )
    for layer in (found.config, *found.layers):
        if layer.has_urls or layer.media_type in media_type.FOREIGN_LAYERS:
            raise reason.Unfit(
                f'the content of {layer.digest} is kept somewhere else, and '
                f'nothing is fetched from there; push the image with all its '
                f'layers'
            )
