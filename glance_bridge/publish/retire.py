"""Retiring: images that their tag does not mean any more.

They are renamed and hidden and keep their data, because servers are rebuilt,
migrated and evacuated from them.
"""

import dataclasses
from typing import Protocol

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.publish import claim
from glance_bridge.publish import naming

LOG = logging.getLogger(__name__)

Publications = list[model.Publication]


class Catalogue(Protocol):
    def get(self, image_id: str) -> catalogue_image.Image | None: ...

    def named(self, owner: str, name: str) -> list[catalogue_image.Image]: ...

    def change(self, image_id: str, name: str, *, is_hidden: bool) -> None: ...


class Database(Protocol):
    def save_publication(self, publication: model.Publication) -> None: ...


class Waiter(Protocol):
    def until_free(
        self, found: catalogue_image.Image
    ) -> catalogue_image.Image: ...


@dataclasses.dataclass(frozen=True)
class Standing:
    """What stands for a tag.

    :ivar image: as Glance listed it; none where only a row speaks of it
    """

    publication: model.Publication
    image: catalogue_image.Image | None = None


class Retirer:
    """Finds what a tag used to mean, and retires it."""

    def __init__(
        self,
        catalogue: Catalogue,
        database: Database,
        waiter: Waiter,
        claimer: claim.Claimer,
    ) -> None:
        self._catalogue = catalogue
        self._database = database
        self._waiter = waiter
        self._claimer = claimer

    def superseded(
        self,
        repository: model.Repository,
        tag: str,
        owner: str | None,
        known: Publications,
    ) -> list[Standing]:
        """List what stands for a tag, as rows and Glance say.

        Glance is asked as well, since rows can be lost. An image of the name
        that stands for the same tag in another namespace of the owner is not
        ours: each would take the name from the other, at every sweep.

        :param owner: whose images may have the name; none asks the rows
        """
        found = {
            each.image_id: Standing(each)
            for each in known
            if each.state is model.State.ACTIVE
        }
        for image in self._named(repository, tag, owner):
            publication = self._claimer.recognize(image)
            for each in known:
                if each.image_id == image.id:
                    publication = each
            if publication is None or publication.repository != repository:
                _warn(image, repository)
            else:
                found[image.id] = Standing(publication, image)
        return list(found.values())

    def until_free(self, found: list[Standing]) -> None:
        """Wait until no task of Glance could show them again."""
        for each in found:
            image = each.image
            if image is None:
                image = self._catalogue.get(each.publication.image_id)
            if image is not None:
                self._waiter.until_free(image)

    def retire(self, publication: model.Publication) -> None:
        """Rename and hide an image; note where its user deleted it."""
        path = publication.repository.path
        name = naming.hidden_name_of(path, publication.digest)
        state = model.State.RETIRED
        try:
            self._catalogue.change(publication.image_id, name, is_hidden=True)
        except exception.ImageNotFound:
            state = model.State.DELETED
        self._database.save_publication(
            dataclasses.replace(publication, state=state, changed_at=None)
        )
        LOG.info(
            'Image %(image)s of %(repository)s:%(tag)s is %(state)s.',
            {
                'image': publication.image_id,
                'repository': publication.repository,
                'tag': publication.tag,
                'state': state.value,
            },
        )

    def _named(
        self, repository: model.Repository, tag: str, owner: str | None
    ) -> list[catalogue_image.Image]:
        if owner is None:
            return []
        name = naming.name_of(repository.path, tag)
        return self._catalogue.named(owner, name)


def _warn(image: catalogue_image.Image, repository: model.Repository) -> None:
    LOG.warning(
        'Image %(image)s has the name %(name)s and was not published from '
        '%(repository)s: clients that ask for the name may get either.',
        {
            'image': image.id,
            'name': image.name,
            'repository': repository,
        },
    )
