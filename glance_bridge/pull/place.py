"""Where the registry has an image of Glance.

Its properties are not asked: their owner writes them. What was published
stands in the bridge's rows, what was uploaded lies where its owner and its id
say; both only count if the pin of the image, which tenants cannot set, stands
there, too, and if that is where Glance takes its data from: an image is a
member's to fill until the bridge has done so, and a host must not run
anything else than what Glance gives out and has the hash of.
"""

import contextlib
import dataclasses
from typing import Protocol

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model

LOG = logging.getLogger(__name__)


class Database(Protocol):
    def publication(self, image_id: str, /) -> model.Publication | None: ...


class Registry(Protocol):
    def digest_of(self, repository: str, reference: str, /) -> str | None: ...


class Catalogue(Protocol):
    def locations(self, image_id: str, /) -> list[str]: ...


@dataclasses.dataclass(frozen=True)
class Place:
    """A manifest, or an index, in the registry."""

    repository: str
    digest: str


def upload_repository(project_id: str, image_id: str) -> str:
    """Name the repository of an image that did not come by a push.

    :raises NameInvalid: no registry could have it
    """
    name = f'{project_id}/uploads/{image_id}'
    return str(model.Repository.parse(name))


class Places:
    """Finds images."""

    def __init__(
        self, database: Database, registry: Registry, catalogue: Catalogue
    ) -> None:
        self._database = database
        self._registry = registry
        self._catalogue = catalogue

    def find(self, image_id: str, owner: str) -> Place | None:
        """Find the manifest of an image; none where it is not in there.

        :param owner: the project that Glance says owns the image
        """
        row = self._database.publication(image_id)
        if row is not None and row.state is model.State.DELETED:
            return None
        try:
            repository = (
                upload_repository(owner, image_id)
                if row is None
                else str(row.repository)
            )
        except exception.NameInvalid:
            return None
        digest = self._registry.digest_of(
            repository, location.pin_of(image_id)
        )
        if digest is None:
            return None
        if row is not None and row.digest != digest:
            LOG.warning(
                'Image %(image_id)s is pinned at %(pinned)s in %(repository)s,'
                ' but was published as %(digest)s: nothing is given of it',
                {
                    'image_id': image_id,
                    'pinned': digest,
                    'repository': repository,
                    'digest': row.digest,
                },
            )
            return None
        place = Place(repository, digest)
        if not self._is_data(place, image_id):
            LOG.warning(
                'Image %(image_id)s is pinned at %(repository)s@%(digest)s, '
                'but Glance has its data from elsewhere: nothing is given of '
                'it',
                {
                    'image_id': image_id,
                    'repository': repository,
                    'digest': digest,
                },
            )
            return None
        return place

    def _is_data(self, place: Place, image_id: str) -> bool:
        """Tell whether Glance takes an image's data from a place."""
        wanted = (place.repository, place.digest, image_id)
        for url in self._catalogue.locations(image_id):
            with contextlib.suppress(location.LocationInvalid):
                found = location.parse(url)
                has = (found.repository, found.manifest_digest, found.image_id)
                if has == wanted:
                    return True
        return False
