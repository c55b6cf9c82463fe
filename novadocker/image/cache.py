"""The cache: images of Glance that the engine holds under our names.

The engine is the only record. What it holds under another name is a
stranger's and is not seen here.
"""

from collections.abc import Iterator
from typing import Protocol

from novadocker import identity
from novadocker import model
from ocikit import digest as oci_digest


class Engine(Protocol):
    """What of the engine's room this room uses."""

    def find_images(self, repository: str, /) -> list[model.EngineImage]: ...

    def remove_image(self, reference: str, /) -> None: ...


def find(
    engine: Engine,
    image_id: str,
    *,
    reference: str = '',
    ids_are_digests: bool = True,
) -> model.LoadedImage | None:
    """Find an image of Glance in the engine.

    :param reference: the one name that will do; any of the image's if empty
    :param ids_are_digests: whether the engine's id of an image is its config
        digest; then a tag that says otherwise is not believed
    """
    repository = identity.image_repository(image_id)
    for held in engine.find_images(repository):
        for loaded in _read(held, image_id, ids_are_digests=ids_are_digests):
            if reference in ('', loaded.reference):
                return loaded
    return None


def image_ids(engine: Engine) -> set[str]:
    """List the ids of all images of Glance that the engine holds."""
    return {
        image_id
        for held in engine.find_images(identity.image_repository('*'))
        for reference in held.tags
        if (image_id := identity.image_id_of(reference)) is not None
    }


def diff_ids(engine: Engine) -> set[str]:
    """List the layers of all images of Glance that the engine holds."""
    return {
        diff_id
        for held in engine.find_images(identity.image_repository('*'))
        for diff_id in held.diff_ids
    }


def _read(
    held: model.EngineImage, image_id: str, *, ids_are_digests: bool
) -> Iterator[model.LoadedImage]:
    repository = identity.image_repository(image_id)
    for reference in held.tags:
        name, _, tag = reference.rpartition(':')
        if name != repository or not oci_digest.is_encoded(tag):
            continue
        config_digest = oci_digest.from_hex(tag)
        if held.id == config_digest or not ids_are_digests:
            yield model.LoadedImage(
                image_id=image_id,
                reference=reference,
                config_digest=config_digest,
                size_bytes=held.size_bytes,
                has_command=bool(held.command or held.entrypoint),
            )
