"""Making lost rows again from what Glance keeps.

Anybody may write an image's properties, so they only say which id to compute:
an image is ours if it has that id, which is keyed.
"""

from collections.abc import Callable
import dataclasses

from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.reconcile import model as reconcile_model

Recognize = Callable[[catalogue_image.Image], model.Publication | None]


def unrecorded(
    world: reconcile_model.World, recognize: Recognize
) -> dict[str, model.Publication]:
    """Give the row of every image of ours that has none, by its id.

    :param recognize: tells what an image was published for, if it was
    """
    known = {each.image_id for each in world.publications}
    found = {}
    for image_id, image in world.images.items():
        if image_id in known:
            continue
        publication = recognize(image)
        if publication is not None:
            tag = (publication.repository, publication.tag)
            is_meant = world.tags.get(tag) == publication.digest
            found[image_id] = dataclasses.replace(
                publication,
                state=model.State.ACTIVE
                if is_meant and not image.is_hidden
                else model.State.RETIRED,
            )
    return found


def owners(
    world: reconcile_model.World, rows: dict[str, model.Publication]
) -> dict[str, str]:
    """Say whose project a namespace without a binding was.

    It is the one that owns the images which were published from it.
    """
    found = {}
    for each in (*world.publications, *rows.values()):
        namespace = each.repository.namespace
        image = world.images.get(each.image_id)
        if image is not None and namespace not in world.namespaces:
            found[namespace] = image.owner
    return found
