"""Pull: an image of Glance that the registry has, layer by layer.

The bridge says where it is and lets us fetch it, if Glance lets the user see
it. What the engine has already does not travel; what travels is looked into
as an archive from Glance is, and is handed to the engine the same way.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import contextlib
import os
import pathlib
import tempfile
import time
from typing import Any
from typing import BinaryIO
from typing import Protocol

from nova.compute import utils as compute_utils
from oslo_log import log as logging

from novadocker import identity
from novadocker import model
from novadocker.image import cache
from novadocker.image import inspection
from novadocker.image import known
from novadocker.image import remote
from ocikit import archive
from ocikit import config as oci_config
from ocikit import exception as oci_exception
from ocikit import layer as oci_layer
from ocikit import layout
from ocikit import limit
from ocikit import manifest as oci_manifest
from ocikit import platform as oci_platform

LOG = logging.getLogger(__name__)


class Bridge(remote.Bridge, Protocol):
    """What of the bridge's room is used to pull."""

    def ask_to_pull(
        self, context: Any, image_id: str, platform: oci_platform.Platform, /
    ) -> model.PullGrant: ...

    def fetch(
        self,
        grant: model.PullGrant,
        blob: oci_manifest.Descriptor,
        target: BinaryIO,
        /,
    ) -> None: ...


class Puller:
    """Brings images from the registry to the store.

    :param layers: what was checked on this host before
    :param clock: the monotonic one
    """

    def __init__(
        self,
        bridge: Bridge,
        engine: cache.Engine,
        layers: known.KnownLayers,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bridge = bridge
        self._engine = engine
        self._layers = layers
        self._clock = clock

    @contextlib.contextmanager
    def pulled(
        self,
        context: Any,
        image_id: str,
        folder: pathlib.Path,
        rules: inspection.Rules,
    ) -> Iterator[inspection.Inspected]:
        """Fetch what the engine lacks of an image, and look into it.

        :param folder: where it takes its space; nothing is left in it
        :raises ImageBridgeError: it is not to be had this way
        :raises ImageRejected: it is, and is not one that we hand on
        :raises ImageForOtherMachine: it is one for other hosts
        """

        def ask() -> model.PullGrant:
            return self._bridge.ask_to_pull(context, image_id, rules.platform)

        grant = ask()
        with contextlib.ExitStack() as stack:
            with (
                inspection.translated(image_id),
                compute_utils.disk_ops_semaphore,
            ):
                file = stack.enter_context(
                    tempfile.TemporaryFile(dir=os.fspath(folder))
                )
                found = self._fetch(grant, ask, rules, file)
                sound = inspection.named(image_id, found, file)
            LOG.info(
                'Image %(image_id)s: fetched %(bytes)s bytes of '
                '%(repository)s@%(digest)s',
                {
                    'image_id': image_id,
                    'bytes': os.fstat(file.fileno()).st_size,
                    'repository': grant.repository,
                    'digest': grant.manifest_digest,
                },
            )
            yield sound

    def _fetch(
        self,
        grant: model.PullGrant,
        ask: Callable[[], model.PullGrant],
        rules: inspection.Rules,
        file: BinaryIO,
    ) -> archive.Image:
        """Fetch an image; all that can be refused before it travels is.

        :param ask: for another grant, where the layers take their time
        """
        found = remote.read_manifest(self._bridge, grant, rules.limits)
        content = remote.read_config(self._bridge, grant, found, rules.limits)
        config = oci_config.read(content)
        archive.check_platform(config, rules.platform)
        archive.check_layer_count(config, len(found.layers), rules.limits)
        held = self._held(config, found.layers)
        missing = {
            layer.digest: layer
            for layer in found.layers
            if layer.digest not in held
        }
        _check_size(missing, rules.limits)
        blobs: dict[str, oci_layer.Blob | oci_layer.Known] = {}
        for digest, layer in missing.items():
            blobs[digest] = oci_layer.Blob(
                file.tell(), layer.size_bytes, digest
            )
            if self._clock() > grant.renew_at_s:
                grant = ask()
            self._bridge.fetch(grant, layer, file)
        file.flush()
        have = held | blobs
        parts = layout.Parts(
            content, tuple(have[layer.digest] for layer in found.layers)
        )
        return archive.assemble(file, parts, rules.platform, rules.limits)

    def _held(
        self,
        config: oci_config.Config,
        layers: Sequence[oci_manifest.Descriptor],
    ) -> dict[str, oci_layer.Blob | oci_layer.Known]:
        """Find the layers that need not travel, by their stored digest.

        The engine knows a layer by all that lie below it: it has those that
        are the beginning of an image of ours. One that stands above them once
        more has to be in the archive.
        """
        diff_ids = config.diff_ids
        count = max(
            (
                remote.common_layers(image.diff_ids, diff_ids)
                for image in self._engine.find_images(
                    identity.image_repository('*')
                )
            ),
            default=0,
        )
        above = {*diff_ids[count:]}
        held: dict[str, oci_layer.Blob | oci_layer.Known] = {}
        for layer, diff_id in zip(layers[:count], diff_ids, strict=False):
            found = self._layers.find(layer.digest)
            is_it = found is not None and found.diff_id == diff_id
            if found is not None and is_it and diff_id not in above:
                held[layer.digest] = found
        return held


def _check_size(
    missing: Mapping[str, oci_manifest.Descriptor], limits: limit.Limits
) -> None:
    """Refuse what cannot fit before it takes any room."""
    size_bytes = sum(layer.size_bytes for layer in missing.values())
    if size_bytes > limits.archive_bytes:
        raise oci_exception.ArchiveTooLarge(
            f'its layers have {size_bytes} bytes packed, which is more than '
            f'is allowed unpacked; give it a larger disk'
        )
