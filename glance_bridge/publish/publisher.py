"""Publishing: making Glance agree with what a tag says now.

Every story is told under the lock of its tag, looks before it does anything,
and can be told again from the start wherever it stopped.
"""

import contextlib
import dataclasses

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.publish import agreement
from glance_bridge.publish import claim
from glance_bridge.publish import naming
from glance_bridge.publish import neighbour
from glance_bridge.publish import pin
from glance_bridge.publish import retire
from glance_bridge.registry import client
from glance_bridge.verdict import model as verdict_model

LOG = logging.getLogger(__name__)

Image = catalogue_image.Image
Publication = model.Publication
State = model.State
Verdict = verdict_model.Verdict


class Publisher:
    """Publishes and withdraws tags; for any number of threads.

    :param key: what the ids of images are computed from
    :param store: the registry's name among Glance's backends
    """

    def __init__(
        self,
        neighbours: neighbour.Neighbours,
        key: bytes,
        store: str = location.STORE,
    ) -> None:
        self._to = neighbours
        self._pins = pin.Pins(neighbours.registry)
        self._claimer = claim.Claimer(neighbours.catalogue, key, store)
        self._retirer = retire.Retirer(
            neighbours.catalogue,
            neighbours.database,
            neighbours.waiter,
            self._claimer,
        )
        self._means = agreement.Means(self._claimer, self._retirer, self._pins)

    def locked(
        self, repository: model.Repository, tag: str
    ) -> contextlib.AbstractContextManager[None]:
        """Keep everybody else from changing or publishing a tag.

        :raises Locked: others did so for too long
        """
        return self._to.locks.held(f'{repository}:{tag}')

    def publish(
        self,
        repository: model.Repository,
        tag: str,
        *,
        is_push: bool = False,
        verdict: Verdict | None = None,
    ) -> Publication | None:
        """Make Glance agree with what a tag says now.

        :param is_push: somebody just pushed it: an image that was deleted in
            Glance comes back, which it does for nothing else
        :param verdict: on the manifest, where it is known already
        :returns: the image that can be booted; None where the tag is none,
            or where its image was deleted and stays so
        :raises ServiceUnavailable: nobody can say now; do it again
        :raises CatalogueRefused: Glance would not
        """
        if location.is_pin(tag):
            return None
        with self.locked(repository, tag):
            known = self._to.database.publications(repository, tag)
            binding = self._to.owner_of(repository.namespace)
            owner = binding.project_id if binding else None
            manifest = self._manifest(repository, tag)
            if manifest is None or owner is None:
                self._retire_all(repository, tag, owner, known)
                return None
            settled = self._settled(repository, tag, owner, manifest, known)
            if settled is not None:
                return settled
            verdict = self._judged(repository, manifest, verdict)
            if not _is_publishable(verdict, repository, tag):
                self._retire_all(repository, tag, owner, known)
                return None
            wanted = claim.Wanted(repository, tag, owner, verdict)
            agreed = agreement.Agreement(
                self._to, self._means, wanted, manifest
            )
            return agreed.reach(known, is_push)

    def withdraw(self, repository: model.Repository, tag: str) -> None:
        """Hide the image of a tag that is gone; of one that is not, agree."""
        self.publish(repository, tag)

    def release(self, repository: model.Repository, image_id: str) -> None:
        """Look whether an image is still in Glance, and pin or let go.

        Glance's store drops the pin before it is known whether the image
        goes: a location whose task failed is dropped the same way.
        """
        image = self._to.catalogue.get(image_id)
        if image is None:
            publication = self._to.database.publication(image_id)
            if publication is not None:
                self._bury(publication)
            self._pins.drop(repository, image_id)
        elif image.is_active:
            self._pin_again(repository, image_id)

    def recognize(self, image: Image) -> Publication | None:
        """Say what an image was published for, where its row was lost."""
        return self._claimer.recognize(image)

    def _manifest(
        self, repository: model.Repository, tag: str
    ) -> client.Manifest | None:
        try:
            return self._to.registry.manifest(str(repository), tag)
        except exception.RegistryNotFound:
            return None

    def _judged(
        self,
        repository: model.Repository,
        manifest: client.Manifest,
        verdict: Verdict | None,
    ) -> Verdict:
        if verdict and verdict.manifest_digest == manifest.digest:
            return verdict
        return self._to.judge.judge(
            str(repository), manifest.content, manifest.media_type
        )

    def _settled(
        self,
        repository: model.Repository,
        tag: str,
        owner: str,
        manifest: client.Manifest,
        known: list[Publication],
    ) -> Publication | None:
        """Find what is published as it should be, and nothing beside it."""
        active = [each for each in known if each.state is State.ACTIVE]
        if len(active) != 1 or active[0].digest != manifest.digest:
            return None
        name = naming.name_of(repository.path, tag)
        images = self._to.catalogue.named(owner, name)
        is_it = [
            each.id == active[0].image_id and each.is_active for each in images
        ]
        return active[0] if is_it == [True] else None

    def _retire_all(
        self,
        repository: model.Repository,
        tag: str,
        owner: str | None,
        known: list[Publication],
    ) -> None:
        """Leave a tag without an image."""
        found = self._retirer.superseded(repository, tag, owner, known)
        self._retirer.until_free(found)
        for each in found:
            self._retirer.retire(each.publication)

    def _bury(self, publication: Publication) -> None:
        """Note that a user deleted an image, and take its tag away."""
        repository, tag = publication.repository, publication.tag
        with self.locked(repository, tag):
            self._to.database.save_publication(
                dataclasses.replace(
                    publication, state=State.DELETED, changed_at=None
                )
            )
            known = self._to.database.publications(repository, tag)
            # One that was pushed again since has an image of its own.
            if any(each.state is State.ACTIVE for each in known):
                return
            now = self._to.registry.digest_of(str(repository), tag)
            if now == publication.digest:
                self._pins.untag(repository, tag)

    def _pin_again(self, repository: model.Repository, image_id: str) -> None:
        """Set the pins of an image whose data is in this repository."""
        found = None
        for url in self._to.catalogue.locations(image_id):
            with contextlib.suppress(location.LocationInvalid):
                found = location.parse(url)
        if found is None or found.repository != str(repository):
            return
        manifest = self._to.registry.manifest(
            found.repository, found.manifest_digest
        )
        verdict = self._judged(repository, manifest, None)
        self._pins.set(repository, image_id, manifest, verdict.children)


def _is_publishable(
    verdict: Verdict, repository: model.Repository, tag: str
) -> bool:
    reason = verdict.reason
    is_image = verdict.kind is verdict_model.Kind.IMAGE
    if is_image and not naming.fits(repository.path, tag):
        is_image, reason = False, 'its name is too long for Glance'
    if not is_image:
        LOG.info(
            '%(repository)s:%(tag)s is not published: %(reason)s',
            {'repository': repository, 'tag': tag, 'reason': reason},
        )
    return is_image
