"""Push: a snapshot reaches the registry as the layer that has changed.

The layers of the image that the server was booted from are there: they are
mounted. What the engine has committed on top is sent, and a config and a
manifest of ours, which make an image of both.
"""

from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import os
import pathlib
import tempfile
from typing import Any
from typing import Protocol

from novadocker import exception
from novadocker import model
from novadocker.image import remote
from ocikit import compression
from ocikit import config as oci_config
from ocikit import exception as oci_exception
from ocikit import limit
from ocikit import manifest as oci_manifest
from ocikit import media_type
from ocikit import picker
from ocikit import platform as oci_platform
from ocikit import rewriter
from ocikit import section

_PACKED_LAYER = f'{media_type.OCI_LAYER}+gzip'


class Bridge(remote.Bridge, Protocol):
    """What of the bridge's room is used to push."""

    def ask_to_push(
        self,
        context: Any,
        image_id: str,
        parent_id: str,
        platform: oci_platform.Platform,
        /,
    ) -> model.PushGrant: ...

    def mount(self, grant: model.PushGrant, digest: str, /) -> bool: ...

    def upload(
        self, grant: model.PushGrant, chunks: Iterable[bytes], /
    ) -> tuple[str, int]: ...

    def put_manifest(
        self, grant: model.PushGrant, content: bytes, kind: str, /
    ) -> str: ...

    def publish(
        self, context: Any, image_id: str, manifest_digest: str, /
    ) -> None: ...


@dataclasses.dataclass(frozen=True)
class Pushed:
    """An image that is in the registry, and what travelled for it."""

    manifest_digest: str
    sent_bytes: int


class Pusher:
    """Brings snapshots to the registry.

    :param folder: in which a folder of ours has space for one layer
    """

    def __init__(self, bridge: Bridge, folder: str) -> None:
        self._bridge = bridge
        self._folder = pathlib.Path(folder)

    def push(
        self,
        grant: model.PushGrant,
        snapshot: model.EngineImage,
        change: Callable[[bytes], bytes],
        chunks: Iterable[bytes],
    ) -> Pushed:
        """Push a snapshot; it blocks.

        :param change: gives the config in the place of the engine's
        :param chunks: the snapshot as the engine saves it
        :raises ImageBridgeError: the registry does not take it
        :raises OciError: the engine's archive is not what it is said to be
        """
        layers = self._mounted(grant, snapshot)
        saved = rewriter.Saved(snapshot.id, snapshot.diff_ids)
        limits = limit.Limits(unpacked_bytes=snapshot.size_bytes)
        missing = {*snapshot.diff_ids} - layers.keys()
        with tempfile.TemporaryFile(dir=os.fspath(self._folder)) as file:
            found = picker.pick(chunks, saved, missing, file, limits)
            sent = {
                diff_id: self._sent_layer(grant, part)
                for diff_id, part in found.layers.items()
            }
        digest, size_bytes = self._bridge.upload(grant, [change(found.config)])
        config = oci_manifest.Descriptor(
            media_type.OCI_CONFIG, digest, size_bytes
        )
        layers |= sent
        content = oci_manifest.write_manifest(
            oci_manifest.Manifest(
                config, tuple(layers[each] for each in snapshot.diff_ids)
            )
        )
        manifest_digest = self._bridge.put_manifest(
            grant, content, media_type.OCI_MANIFEST
        )
        blobs = (config, *sent.values())
        sent_bytes = len(content) + sum(each.size_bytes for each in blobs)
        return Pushed(manifest_digest, sent_bytes)

    def _mounted(
        self, grant: model.PushGrant, snapshot: model.EngineImage
    ) -> dict[str, oci_manifest.Descriptor]:
        """Mount what the snapshot begins with; give it by diff ID."""
        limits = limit.Limits(unpacked_bytes=snapshot.size_bytes)
        parent = grant.parent
        try:
            found = remote.read_manifest(self._bridge, parent, limits)
            config = oci_config.read(
                remote.read_config(self._bridge, parent, found, limits)
            )
        except oci_exception.OciError as err:
            # The snapshot has all its layers without it.
            raise exception.ImageBridgeError(
                action='give the parent of a snapshot', reason=str(err)
            ) from err
        count = remote.common_layers(config.diff_ids, snapshot.diff_ids)
        layers = dict(zip(config.diff_ids[:count], found.layers, strict=False))
        return {
            diff_id: dataclasses.replace(
                layer, media_type=media_type.oci_layer(layer.media_type)
            )
            for diff_id, layer in layers.items()
            if self._bridge.mount(grant, layer.digest)
        }

    def _sent_layer(
        self, grant: model.PushGrant, part: section.Section
    ) -> oci_manifest.Descriptor:
        packed = compression.gzipped(part.chunks())
        digest, size_bytes = self._bridge.upload(grant, packed)
        return oci_manifest.Descriptor(_PACKED_LAYER, digest, size_bytes)
