"""Indexes: one image of Glance for several platforms, or for one.

What buildx adds as attestations is no image, and is kept with the index.
"""

import dataclasses

from glance_bridge import exception
from glance_bridge.verdict import blob
from glance_bridge.verdict import image
from glance_bridge.verdict import model
from glance_bridge.verdict import reason
from ocikit import exception as oci_exception
from ocikit import manifest
from ocikit import media_type
from ocikit import plan


@dataclasses.dataclass(frozen=True)
class Index:
    """The images of an index.

    :ivar chosen: whose archive Glance gives out
    :ivar images: each platform's
    :ivar children: digests of all manifests, also of attestations
    """

    chosen: image.Image
    images: tuple[image.Image, ...]
    children: tuple[str, ...]


class Reader:
    """Reads the indexes of one repository."""

    def __init__(
        self, registry: blob.Registry, repository: str, rules: model.Rules
    ) -> None:
        self._registry = registry
        self._repository = repository
        self._rules = rules

    def read(self, content: bytes, blobs: blob.Blobs) -> Index:
        """Read an index, its images, and all that they point to.

        :raises NoImage: there is no image for our machines in it
        :raises Unfit: there is one that no docker host could boot
        """
        try:
            entries = manifest.read_index(content, 'the index')
        except oci_exception.OciError as err:
            raise reason.Unfit(str(err)) from err
        if any(each.media_type in media_type.INDEXES for each in entries):
            raise reason.NoImage('it is an index of indexes')
        images = self._read_images(entries, blobs)
        chosen = self._choose(content, images)
        return Index(chosen, tuple(images.values()), self._children(entries))

    def _children(self, entries: list[manifest.Descriptor]) -> tuple[str, ...]:
        """List the manifests, each of which gets a tag of its own."""
        children = dict.fromkeys(
            each.digest
            for each in entries
            if each.media_type in media_type.MANIFESTS
        )
        if len(children) > self._rules.most_manifests:
            raise reason.Unfit(
                f'there are {len(children)} manifests in the index, at most '
                f'{self._rules.most_manifests} are kept'
            )
        return tuple(children)

    def _read_images(
        self, entries: list[manifest.Descriptor], blobs: blob.Blobs
    ) -> dict[str, image.Image]:
        """Read the images by digest; artifacts among them are left out."""
        wanted = [each for each in entries if _is_image(each)]
        if len(wanted) > self._rules.most_images:
            raise reason.Unfit(
                f'there are {len(wanted)} images in the index, at most '
                f'{self._rules.most_images} are read'
            )
        images: dict[str, image.Image] = {}
        others = []
        for entry in wanted:
            blobs.count_document(entry)
            try:
                found = image.read(self._child(entry), blobs, self._rules)
            except reason.NoImage as err:
                others.append(str(err))
                continue
            _check_platform(entry, found)
            images[entry.digest] = found
        if not images:
            raise reason.NoImage('; '.join(others) or 'it holds no image')
        return images

    def _child(self, entry: manifest.Descriptor) -> bytes:
        """Fetch a manifest that the index points to."""
        try:
            found = self._registry.manifest(self._repository, entry.digest)
        except exception.RegistryNotFound as err:
            raise reason.Unfit(
                f'the manifest {entry.digest} is not in the repository; push '
                f'it before the index'
            ) from err
        if len(found.content) != entry.size_bytes:
            raise reason.Unfit(
                f'the manifest {entry.digest} has {len(found.content)} bytes, '
                f'and the index says {entry.size_bytes}'
            )
        return found.content

    def _choose(
        self, content: bytes, images: dict[str, image.Image]
    ) -> image.Image:
        """Choose as the store does, which writes the archive."""
        try:
            chosen = plan.choose(content, self._rules.platform)
        except oci_exception.ArchiveError as err:
            raise reason.Unfit(
                f'it has no image for {self._rules.platform}: {err}'
            ) from err
        if chosen.digest not in images:
            raise reason.Unfit(
                f'what it has for {self._rules.platform} is no image'
            )
        return images[chosen.digest]


def _is_image(entry: manifest.Descriptor) -> bool:
    return (
        entry.media_type in media_type.MANIFESTS and not entry.is_attestation
    )


def _check_platform(entry: manifest.Descriptor, found: image.Image) -> None:
    """Compare what an engine chooses by with what it would get."""
    if entry.platform not in (None, found.platform):
        named = oci_exception.shown(str(entry.platform))
        raise reason.Unfit(
            f'the index calls {entry.digest} an image for {named}, and it is '
            f'built for {oci_exception.shown(str(found.platform))}'
        )
