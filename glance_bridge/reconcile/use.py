"""Whether an image of Glance uses what a repository keeps for it."""

import contextlib
from typing import Protocol

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model


class Catalogue(Protocol):
    def locations(self, image_id: str) -> list[str]: ...


def is_used(
    catalogue: Catalogue, repository: model.Repository, image_id: str
) -> bool:
    """Tell whether an image has its data there.

    That there is an image of this id says little: an upload or an import may
    have failed after the registry had the data, and the image have been
    filled from somewhere else since.

    :raises CatalogueRefused: Glance does not say
    """
    try:
        urls = catalogue.locations(image_id)
    except exception.ImageNotFound:
        return False
    found = []
    for url in urls:
        with contextlib.suppress(location.LocationInvalid):
            found.append(location.parse(url))
    return any(
        (each.repository, each.image_id) == (str(repository), image_id)
        for each in found
    )
