"""Agreement: the one visible image of a tag, and the others hidden.

The order keeps at most one visible image of a name at every moment: the new
one is made hidden, under another name, gets its data, the old one is hidden,
the new one shown.
"""

import dataclasses

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.publish import claim
from glance_bridge.publish import naming
from glance_bridge.publish import neighbour
from glance_bridge.publish import pin
from glance_bridge.publish import retire
from glance_bridge.registry import client

LOG = logging.getLogger(__name__)

Image = catalogue_image.Image
Publications = list[model.Publication]
State = model.State


@dataclasses.dataclass(frozen=True)
class Means:
    """The steps that agreements are made of."""

    claimer: claim.Claimer
    retirer: retire.Retirer
    pins: pin.Pins


class Agreement:
    """Brings one tag and Glance together; its lock is held meanwhile."""

    def __init__(
        self,
        neighbours: neighbour.Neighbours,
        means: Means,
        wanted: claim.Wanted,
        manifest: client.Manifest,
    ) -> None:
        self._to = neighbours
        self._means = means
        self._wanted = wanted
        self._manifest = manifest

    def reach(
        self, known: Publications, is_push: bool
    ) -> model.Publication | None:
        """Have one image for the tag, and retire all others.

        :param known: the rows of the tag
        :param is_push: whether an image that was deleted is to come back
        """
        claimed = self._claim(known, is_push)
        if claimed.image is None:
            self._retire(self._others(known, claimed))
            self._save(claimed, State.DELETED)
            return None
        is_held = self._fill(claimed)
        # Glance is at work meanwhile.
        others = self._others(known, claimed)
        claimed, image = self._awaited(claimed, is_held)
        is_shown = self._is_shown(image)
        if not is_shown:
            self._to.waiter.until_free(image)
        self._retire(others)
        if not is_shown:
            self._show(image)
        return self._save(claimed, State.ACTIVE)

    def _claim(self, known: Publications, is_push: bool) -> claim.Claim:
        """Find the image by its row, or else by its id."""
        same = [each for each in known if each.digest == self._wanted.digest]
        if not same:
            return self._means.claimer.claim(self._wanted, 0, is_push)
        last = max(same, key=lambda each: each.generation)
        following = last.generation + 1
        if last.state is not State.DELETED:
            image = self._to.catalogue.get(last.image_id)
            if image is not None and image.owner == self._wanted.owner:
                return claim.Claim(last.image_id, last.generation, image)
            if image is not None:
                # The namespace has got another owner since.
                return self._means.claimer.claim(
                    self._wanted, following, is_push
                )
        if is_push:
            return self._means.claimer.claim(self._wanted, following, is_push)
        return claim.Claim(last.image_id, last.generation, None)

    def _fill(self, claimed: claim.Claim) -> bool:
        """Have Glance take the data of an image that has none.

        :returns: whether it is held by a task that somebody else began
        """
        if claimed.image is None or not claimed.image.is_queued:
            return False
        wanted, image_id = self._wanted, claimed.image_id
        self._means.pins.set(
            wanted.repository,
            image_id,
            self._manifest,
            wanted.verdict.children,
        )
        url = self._means.claimer.url(wanted, image_id)
        try:
            self._to.catalogue.add_location(image_id, url)
        except exception.ImageConflict:
            return True
        return False

    def _awaited(
        self, claimed: claim.Claim, is_held: bool
    ) -> tuple[claim.Claim, Image]:
        """Wait for the image to be active.

        A Glance that was killed at work leaves an image that nobody can give
        a location for an hour. Then the next generation is made: this one is
        hidden, and never was more.
        """
        try:
            image = self._with_data(claimed)
        except exception.CatalogueUnavailable:
            if not is_held:
                raise
            LOG.warning('Glance left image %s behind.', claimed.image_id)
            claimed = self._means.claimer.claim(
                self._wanted, claimed.generation + 1, is_push=True
            )
            self._fill(claimed)
            image = self._with_data(claimed)
        return claimed, image

    def _with_data(self, claimed: claim.Claim) -> Image:
        if claimed.image is not None and not claimed.image.is_queued:
            return claimed.image
        return self._to.waiter.until_active(claimed.image_id)

    def _others(
        self, known: Publications, claimed: claim.Claim
    ) -> Publications:
        """List what else stands for the tag, free to be hidden."""
        found = self._means.retirer.superseded(
            self._wanted.repository,
            self._wanted.tag,
            self._wanted.owner,
            known,
        )
        others = [
            each
            for each in found
            if each.publication.image_id != claimed.image_id
        ]
        self._means.retirer.until_free(others)
        return [each.publication for each in others]

    def _retire(self, publications: Publications) -> None:
        for each in publications:
            self._means.retirer.retire(each)

    def _name(self) -> str:
        return naming.name_of(self._wanted.repository.path, self._wanted.tag)

    def _is_shown(self, image: Image) -> bool:
        return image.name == self._name() and not image.is_hidden

    def _show(self, image: Image) -> None:
        self._to.catalogue.change(image.id, self._name(), is_hidden=False)
        LOG.info(
            'Image %(image)s is %(repository)s:%(tag)s.',
            {
                'image': image.id,
                'repository': self._wanted.repository,
                'tag': self._wanted.tag,
            },
        )

    def _save(
        self, claimed: claim.Claim, state: model.State
    ) -> model.Publication:
        found = model.Publication(
            image_id=claimed.image_id,
            repository=self._wanted.repository,
            tag=self._wanted.tag,
            digest=self._wanted.digest,
            generation=claimed.generation,
            state=state,
        )
        self._to.database.save_publication(found)
        return found
