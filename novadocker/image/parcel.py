"""Parcels: what a server has beyond its image, for another engine or flavor.

A parcel is the archive of an image that lacks the layers which its receiver
has: those of the server's image in Glance, or all of them if it never leaves
its engine. It is looked into where it is packed, while the server can still
stay where it is, and again where it is opened.
"""

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import dataclasses
import os
import pathlib
import shutil
import tempfile
from typing import BinaryIO
from typing import Protocol

from nova.compute import utils as compute_utils

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.image import inspection
from novadocker.image import layer
from novadocker.image import process
from novadocker.image import remote
from novadocker.image import store
from ocikit import archive
from ocikit import config as oci_config
from ocikit import exception as oci_exception
from ocikit import layer as oci_layer
from ocikit import layout
from ocikit import limit
from ocikit import platform as oci_platform


class Engine(layer.Engine, Protocol):
    """What of the engine's room this room uses."""

    def image(self, name: str, /) -> model.EngineImage: ...

    def load(self, stream: Iterable[bytes], /) -> None: ...


@dataclasses.dataclass(frozen=True)
class Content:
    """What is to be packed.

    :ivar reference: names in the engine what was committed of the server
    :ivar committed: the same
    :ivar parent: the image that the server's container was made from
    :ivar held: diff IDs of the layers that the receiver has, lowest first
    """

    reference: str
    committed: model.EngineImage
    parent: model.EngineImage
    held: tuple[str, ...]


class Parcels:
    """Packs and opens parcels.

    :param folder: below it is the folder for what is on its way
    :param architecture: of the host, as uname(2) or the engine say it
    :param layers: gets at single layers
    """

    def __init__(
        self,
        engine: Engine,
        folder: str,
        *,
        architecture: str,
        layers: layer.Layers,
    ) -> None:
        self._engine = engine
        self._layers = layers
        self._folder = pathlib.Path(folder) / store.FOLDER
        self._platform = oci_platform.from_machine(architecture)

    @property
    def folder(self) -> pathlib.Path:
        """Where there is space for a parcel; a start clears it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder

    @contextlib.contextmanager
    def packed(
        self, instance_uuid: str, content: Content
    ) -> Iterator[inspection.Inspected]:
        """Pack what the receiver lacks; it takes its space on the disk.

        :raises MoveRefused: no engine of ours would take it
        """
        with tempfile.TemporaryFile(dir=os.fspath(self.folder)) as file:
            with _translated(), compute_utils.disk_ops_semaphore:
                parts = self._parts(content, file)
                found = archive.assemble(
                    file, parts, self._platform, self._limits()
                )
            yield _named(instance_uuid, found, file)

    @contextlib.contextmanager
    def opened(
        self, instance_uuid: str, path: pathlib.Path, held: Collection[str]
    ) -> Iterator[inspection.Inspected]:
        """Look into a parcel that has come.

        :param held: diff IDs that the engine has of the server's image
        :raises MoveRefused: it is not what was sent
        """
        with path.open('rb') as file:
            with _translated():
                found = archive.inspect(
                    file, self._platform, self._limits(), held=held
                )
            yield _named(instance_uuid, found, file)

    def load(self, found: inspection.Inspected) -> None:
        """Give a parcel to the engine, which has the rest of the layers."""
        self._engine.load(found.stream())

    def loaded(self, image_id: str, reference: str) -> model.LoadedImage:
        """Look at a parcel that was given to the engine.

        :param image_id: of the server's image in Glance
        :raises EngineImageNotFound: the engine has not got it
        """
        found = self._engine.image(reference)
        return model.LoadedImage(
            image_id=image_id,
            reference=reference,
            config_digest=found.id,
            size_bytes=found.size_bytes,
            has_command=bool(found.command or found.entrypoint),
        )

    def _parts(self, content: Content, file: BinaryIO) -> layout.Parts:
        diff_ids = content.committed.diff_ids
        count = remote.common_layers(content.held, diff_ids)
        # One that stands above the others once more has to be in it.
        wanted = {*diff_ids[count:]}
        picked = self._picked(content, wanted, file) if wanted else {}
        layers = tuple(
            picked.get(diff_id) or oci_layer.Known(diff_id, 0, 0)
            for diff_id in diff_ids
        )
        bare = oci_config.write(self._platform, diff_ids)
        inherited = process.inherited(content.parent)
        return layout.Parts(oci_config.with_process(bare, inherited), layers)

    def _picked(
        self, content: Content, wanted: Collection[str], file: BinaryIO
    ) -> dict[str, oci_layer.Blob]:
        found = self._layers.pick(
            content.reference, content.committed, wanted, file, self._limits()
        )
        return {
            diff_id: oci_layer.Blob(part.offset, part.size_bytes)
            for diff_id, part in found.items()
        }

    def _limits(self) -> limit.Limits:
        # What a server may have, its flavor and the engine say.
        free_bytes = shutil.disk_usage(self.folder).free
        return limit.Limits(unpacked_bytes=free_bytes)


def _named(
    instance_uuid: str, found: archive.Image, file: BinaryIO
) -> inspection.Inspected:
    reference = identity.moved_reference(instance_uuid, found.config.digest)
    return inspection.Inspected(reference, found, file)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn the errors of ocikit into the driver's."""
    try:
        yield
    except oci_exception.OciError as err:
        raise exception.MoveRefused(
            reason=f'Its files cannot travel: {err}.'
        ) from err
