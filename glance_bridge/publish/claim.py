"""Claiming: the one image of Glance that a tag and a digest have.

Ids are computed, so whoever comes later comes to the same image. An id can
be of no use all the same: Glance gives none out twice, and members may
choose the ids of theirs. Then the next generation has its turn.
"""

import dataclasses
from typing import Protocol

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.publish import naming
from glance_bridge.publish import properties
from glance_bridge.verdict import model as verdict_model

LOG = logging.getLogger(__name__)

# So many images of one tag and digest somebody may have deleted, or taken
# the ids of, before the bridge's lost rows cannot be found again.
_MOST = 16
# What Glance answers of an image that has no data to come back to.
_GONE = frozenset({'killed', 'deleted', 'pending_delete'})

Image = catalogue_image.Image


class Catalogue(Protocol):
    def get(self, image_id: str) -> Image | None: ...

    def create(self, draft: catalogue_image.Draft) -> Image: ...

    def locations(self, image_id: str) -> list[str]: ...


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What an image is wanted for."""

    repository: model.Repository
    tag: str
    owner: str
    verdict: verdict_model.Verdict

    @property
    def digest(self) -> str:
        return self.verdict.manifest_digest


@dataclasses.dataclass(frozen=True)
class Claim:
    """An image, or none where its user deleted it and it stays deleted."""

    image_id: str
    generation: int
    image: Image | None


class Claimer:
    """Finds images or creates them.

    :param key: what ids are computed from
    :param store: the registry's name among Glance's backends
    """

    def __init__(self, catalogue: Catalogue, key: bytes, store: str) -> None:
        self._catalogue = catalogue
        self._key = key
        self._store = store

    def image_id(
        self, repository: model.Repository, tag: str, digest: str, number: int
    ) -> str:
        """Compute the id of a generation."""
        return naming.image_id_of(
            self._key, str(repository), tag, digest, number
        )

    def url(self, wanted: Wanted, image_id: str) -> str:
        """Write the location of an image."""
        return location.location_of(
            str(wanted.repository), wanted.digest, image_id, self._store
        )

    def recognize(self, image: Image) -> model.Publication | None:
        """Say what an image was published for, by nothing but its id.

        What it says of itself, its owner may have written: it is believed
        as far as the id confirms it.
        """
        hints = image.properties
        tag = hints.get(catalogue_image.TAG, '')
        digest = hints.get(catalogue_image.MANIFEST_DIGEST, '')
        try:
            repository = model.Repository.parse(
                hints.get(catalogue_image.REPOSITORY, '')
            )
        except exception.NameInvalid:
            return None
        for number in range(_MOST):
            if image.id == self.image_id(repository, tag, digest, number):
                return model.Publication(
                    image_id=image.id,
                    repository=repository,
                    tag=tag,
                    digest=digest,
                    generation=number,
                    state=_state_of(image),
                )
        return None

    def claim(self, wanted: Wanted, first: int, is_push: bool) -> Claim:
        """Find the image, or create it.

        :param first: the generation to begin with
        :param is_push: whether a deleted image is wanted again
        :raises CatalogueRefused: no id could be had
        """
        deleted: Claim | None = None
        for number in range(first, first + _MOST):
            image_id = self.image_id(
                wanted.repository, wanted.tag, wanted.digest, number
            )
            may_create = is_push or deleted is None
            image = self._create(wanted, image_id) if may_create else None
            if image is not None:
                return Claim(image_id, number, image)
            image = self._catalogue.get(image_id)
            if image is None or image.status in _GONE:
                deleted = deleted or Claim(image_id, number, None)
            elif self._is_ours(image, wanted):
                return Claim(image_id, number, image)
            else:
                LOG.warning('Somebody has taken image id %s.', image_id)
        if deleted is None or is_push:
            raise exception.CatalogueRefused('it has no id for the image.')
        return deleted

    def _create(self, wanted: Wanted, image_id: str) -> Image | None:
        """Create an image under its hidden name; none if the id is taken."""
        path = wanted.repository.path
        draft = catalogue_image.Draft(
            id=image_id,
            name=naming.hidden_name_of(path, wanted.digest),
            owner=wanted.owner,
            min_ram_mb=wanted.verdict.min_ram_mb,
            properties=properties.properties_of(
                wanted.repository, wanted.tag, wanted.verdict
            ),
        )
        try:
            return self._catalogue.create(draft)
        except exception.ImageConflict:
            return None

    def _is_ours(self, image: Image, wanted: Wanted) -> bool:
        """Tell an image that the bridge began from one of a member."""
        if image.owner != wanted.owner:
            return False
        urls = self._catalogue.locations(image.id)
        return urls == (
            [] if image.is_queued else [self.url(wanted, image.id)]
        )


def _state_of(image: Image) -> model.State:
    return model.State.RETIRED if image.is_hidden else model.State.ACTIVE
