"""The store: brings an image of Glance into the engine, once.

It knows the order of things: look, fetch, inspect, load, look again; that the
registry is asked before Glance's stream; and when an image that nobody uses
has to go. Glance is reached through the function that the driver hands in.
"""

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import os
import pathlib
import re
import shutil
from typing import Any
from typing import Protocol

from cryptography import exceptions as crypto_exceptions
from oslo_concurrency import lockutils
from oslo_log import log as logging

from novadocker import exception
from novadocker import model
from novadocker.image import cache
from novadocker.image import inspection
from novadocker.image import known
from novadocker.image import pull
from novadocker.image import usage

LOG = logging.getLogger(__name__)

# Below Nova's instances_path.
FOLDER = 'docker-images'
_USAGE_FOLDER = 'used'
_LAYERS_FOLDER = 'layers'
# The servers were listed a moment ago: a boot may have found its image since.
_BOOT_S = 60
# Glance lets a user choose the id of an image and takes capitals in it, which
# no engine has in a name.
_IMAGE_ID = re.compile(
    r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
)

# Downloads an image: context, image id, path, trusted certificates. It is
# nova.virt.images.fetch, which also checks signatures.
Fetch = Callable[[Any, str, str, Any], object]


class Engine(cache.Engine, Protocol):
    """What of the engine's room the store uses."""

    def load(self, stream: Iterable[bytes], /) -> None: ...


class ImageStore:
    """The images of Glance in one engine.

    :param folder: below it is a folder of ours for what is on its way
    :param architecture: of the host, as uname(2) or the engine say it
    :param accept_rootfs_tar: whether a bare root file system is an image
    :param ids_are_digests: false for an engine with the containerd image
        store, whose ids are not config digests
    :param bridge: the way to the registry, ``None`` where there is none
    """

    def __init__(
        self,
        engine: Engine,
        fetch: Fetch,
        folder: str,
        *,
        architecture: str,
        accept_rootfs_tar: bool = False,
        ids_are_digests: bool = True,
        bridge: pull.Bridge | None = None,
    ) -> None:
        self._engine = engine
        self._fetch = fetch
        self._folder = pathlib.Path(folder) / FOLDER
        self._usage = usage.Usage(self._folder / _USAGE_FOLDER)
        self._architecture = architecture
        self._accept_rootfs_tar = accept_rootfs_tar
        self._ids_are_digests = ids_are_digests
        self._layers = known.KnownLayers(self._folder / _LAYERS_FOLDER)
        # NOTE: an engine whose ids are no digests does not tell which layers
        # it has, and reads all of an archive.
        self._puller = (
            pull.Puller(bridge, engine, self._layers)
            if bridge is not None and ids_are_digests
            else None
        )

    def clean(self) -> None:
        """Remove what a crash has left. Nothing may be on its way."""
        for path in self._folder.glob('*'):
            if path.is_file():
                LOG.info('Removing %s, which an earlier run has left', path)
                path.unlink()

    def ensure(
        self,
        context: Any,
        image_id: str,
        *,
        max_bytes: int | None,
        trusted_certs: Any = None,
    ) -> model.LoadedImage:
        """Have an image in the engine; it blocks while it is loaded.

        :param max_bytes: what the image may unpack to; ``None`` leaves it at
            what is free on the disk below the store's folder
        :param trusted_certs: who may have signed the image; where there are
            any it is downloaded and verified even if the engine has it
        :raises ImageRejected: it is not one that we hand to the engine
        :raises ImageForOtherMachine: it is built for other hosts
        :raises EngineError: the engine could not load it
        """
        loaded, _ = self._ensure(context, image_id, max_bytes, trusted_certs)
        # Another flavor may have had room for what is here already.
        if max_bytes is not None and loaded.size_bytes > max_bytes:
            raise exception.ImageRejected(
                image_id=image_id,
                reason=(
                    f'it takes {loaded.size_bytes} bytes unpacked, the '
                    f'flavor has {max_bytes}; choose one with more disk.'
                ),
            )
        return loaded

    def cache(self, context: Any, image_id: str) -> bool:
        """Have an image in the engine before anybody boots it.

        :returns: whether it had to be brought
        :raises: as ``ensure``
        """
        _, is_new = self._ensure(context, image_id, None, None)
        return is_new

    def remove_unused(
        self, used: Collection[str], *, now_s: float, min_age_s: float
    ) -> None:
        """Remove what no server has used for a while.

        :param used: ids of the images of the servers on this host
        :param now_s: what the system's clock says
        :param min_age_s: how long ago the last use must be; counts as a
            minute at least
        """
        before_s = now_s - max(min_age_s, _BOOT_S)
        held = cache.image_ids(self._engine)
        for image_id in sorted(held - set(used)):
            with self._locked(image_id):
                if self._usage.last_s(image_id) < before_s:
                    self._remove(image_id)
        for image_id in held & set(used):
            self._usage.touch(image_id)
        for image_id in self._usage.known() - held:
            self._usage.forget(image_id)
        self._layers.forget_all_but(cache.diff_ids(self._engine))

    def _remove(self, image_id: str) -> None:
        loaded = self._find(image_id)
        if loaded is None:
            return  # somebody else removed it meanwhile
        try:
            self._engine.remove_image(loaded.reference)
        except exception.EngineImageNotFound:
            LOG.debug('Image %s is gone already', image_id)
        except exception.ContainerConflict:
            # A server that was unshelved, a rescue, a resize that waits to be
            # confirmed, a stranger.
            LOG.info('Image %s is kept: a container is made from it', image_id)
            self._usage.touch(image_id)
            return
        self._usage.forget(image_id)
        LOG.info('Image %s was not used and is removed', image_id)

    def _ensure(
        self,
        context: Any,
        image_id: str,
        max_bytes: int | None,
        trusted_certs: Any,
    ) -> tuple[model.LoadedImage, bool]:
        """Have an image, and tell whether it had to be brought."""
        if not _IMAGE_ID.fullmatch(image_id):
            raise exception.ImageRejected(
                image_id=image_id,
                reason='its id is no UUID in small letters.',
            )
        with self._locked(image_id):
            # NOTE: what the engine holds was verified for nobody, or for
            # somebody who trusts others, or with a certificate that has been
            # revoked since.
            found = None if trusted_certs else self._find(image_id)
            loaded = found or self._load(
                context, image_id, self._rules(max_bytes), trusted_certs
            )
            self._usage.touch(image_id)
        return loaded, found is None

    @staticmethod
    def _locked(image_id: str) -> contextlib.AbstractContextManager[Any]:
        lock: contextlib.AbstractContextManager[Any] = lockutils.lock(
            f'nova-docker-image-{image_id}'
        )
        return lock

    def _find(
        self, image_id: str, reference: str = ''
    ) -> model.LoadedImage | None:
        return cache.find(
            self._engine,
            image_id,
            reference=reference,
            ids_are_digests=self._ids_are_digests,
        )

    def _rules(self, max_bytes: int | None) -> inspection.Rules:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if max_bytes is None:
            max_bytes = shutil.disk_usage(self._folder).free
        return inspection.Rules(
            self._architecture, max_bytes, self._accept_rootfs_tar
        )

    def _load(
        self,
        context: Any,
        image_id: str,
        rules: inspection.Rules,
        trusted_certs: Any,
    ) -> model.LoadedImage:
        # NOTE: a signature is over the bytes that Glance streams.
        if self._puller is not None and not trusted_certs:
            try:
                with self._puller.pulled(
                    context, image_id, self._folder, rules
                ) as found:
                    return self._give(image_id, found)
            except exception.ImageNotBridged as err:
                LOG.info('%s It comes from Glance.', err)
            except (exception.ImageBridgeError, exception.EngineError) as err:
                LOG.warning(
                    'Image %(image_id)s cannot be pulled, it comes from '
                    'Glance whole: %(error)s',
                    {'image_id': image_id, 'error': err},
                )
        with self._streamed(context, image_id, rules, trusted_certs) as found:
            return self._give(image_id, found)

    @contextlib.contextmanager
    def _streamed(
        self,
        context: Any,
        image_id: str,
        rules: inspection.Rules,
        trusted_certs: Any,
    ) -> Iterator[inspection.Inspected]:
        """Fetch an image from Glance, and look into it."""
        path = self._folder / image_id
        with contextlib.ExitStack() as stack:
            stack.callback(path.unlink, missing_ok=True)
            self._download(context, image_id, path, trusted_certs)
            file = stack.enter_context(path.open('rb'))
            yield stack.enter_context(
                inspection.inspected(
                    image_id, file, os.fspath(self._folder), rules
                )
            )

    def _give(
        self, image_id: str, found: inspection.Inspected
    ) -> model.LoadedImage:
        """Load what was found sound, unless the engine has just that."""
        held = self._find(image_id, found.reference)
        # What has the digest for its id is what was just looked into; a name
        # alone is no proof of that.
        if held is not None and self._ids_are_digests:
            return held
        with self._removed_on_failure(found.reference):
            self._engine.load(found.stream())
            loaded = self._find(image_id, found.reference)
            if loaded is None:
                raise exception.EngineError(
                    action=f'load image {image_id}',
                    reason=f'it does not hold {found.reference}',
                )
        self._layers.remember(found.image.layers)
        LOG.info(
            'Image %(image_id)s is loaded as %(reference)s',
            {'image_id': image_id, 'reference': loaded.reference},
        )
        return loaded

    def _download(
        self,
        context: Any,
        image_id: str,
        path: pathlib.Path,
        trusted_certs: Any,
    ) -> None:
        try:
            self._fetch(context, image_id, os.fspath(path), trusted_certs)
        except crypto_exceptions.InvalidSignature as err:
            # It has no words, and Nova would try the next host.
            raise exception.ImageRejected(
                image_id=image_id,
                reason='its signature is not that of its data.',
            ) from err

    @contextlib.contextmanager
    def _removed_on_failure(self, reference: str) -> Iterator[None]:
        """Leave no image behind that was loaded in part."""
        try:
            yield
        except BaseException:
            try:
                self._engine.remove_image(reference)
            except exception.EngineImageNotFound:
                LOG.debug('The engine kept nothing of %s', reference)
            except Exception:  # undoing: the first error is the one to tell
                LOG.exception('Image %s may be left over', reference)
            raise
