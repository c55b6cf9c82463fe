"""What is done about each kind of difference.

Every deed asks again, under its tag's lock, whether there is anything to do:
what was seen may be minutes old.
"""

from collections.abc import Callable
from collections.abc import Mapping
import contextlib
import dataclasses
from typing import Protocol

from glance_bridge import audit
from glance_bridge import exception
from glance_bridge import model
from glance_bridge import settle
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.reconcile import model as reconcile_model

Kind = reconcile_model.Kind
Finding = reconcile_model.Finding


class Registry(Protocol):
    def untag(self, repository: str, tag: str) -> None: ...


class Publisher(Protocol):
    def locked(
        self, repository: model.Repository, tag: str
    ) -> contextlib.AbstractContextManager[None]: ...

    def release(self, repository: model.Repository, image_id: str) -> None: ...


class Catalogue(Protocol):
    def get(self, image_id: str) -> catalogue_image.Image | None: ...

    def delete(self, image_id: str) -> None: ...


class Database(Protocol):
    def publication(self, image_id: str) -> model.Publication | None: ...

    def save_publication(self, publication: model.Publication) -> None: ...

    def remove_publication(self, image_id: str) -> None: ...


@dataclasses.dataclass(frozen=True)
class Rooms:
    """Who can do something about a difference."""

    settler: settle.Settler
    publisher: Publisher
    registry: Registry
    catalogue: Catalogue
    database: Database


class Mender:
    """Lead a finding to whoever can mend it."""

    def __init__(self, rooms: Rooms) -> None:
        self._to = rooms
        self._deeds: Mapping[Kind, Callable[[Finding], None]] = {
            Kind.UNPUBLISHED: self._settle,
            Kind.UNTAGGED: self._settle,
            Kind.SUPERSEDED: self._settle,
            Kind.DELETED: self._look,
            Kind.UNPINNED: self._look,
            Kind.ORPHANED: self._untag,
            Kind.BROKEN: self._untag,
            Kind.STUCK: self._remove,
            Kind.EXPIRED: self._remove,
        }

    def can(self, finding: Finding) -> bool:
        """Tell whether anything can be done without a person."""
        return finding.kind in self._deeds

    def mend(self, finding: Finding) -> None:
        """Do it.

        :raises BridgeError: it could not be done now
        """
        self._deeds[finding.kind](finding)

    def record(self, publication: model.Publication) -> None:
        """Write a lost row again."""
        self._to.database.save_publication(publication)

    def _settle(self, finding: Finding) -> None:
        self._to.settler.tag(finding.repository, finding.tag)

    def _look(self, finding: Finding) -> None:
        self._to.settler.image(finding.repository, finding.image_id)

    def _untag(self, finding: Finding) -> None:
        with contextlib.suppress(exception.RegistryNotFound):
            self._to.registry.untag(str(finding.repository), finding.tag)

    def _remove(self, finding: Finding) -> None:
        """Delete an image, and leave no tombstone.

        It is no user's wish: the tag stays, and what it says may be
        published again, as an image of the next generation.
        """
        to, image_id = self._to, finding.image_id
        with to.publisher.locked(finding.repository, finding.tag):
            if not self._is_to_go(finding):
                return
            to.catalogue.delete(image_id)
            to.database.remove_publication(image_id)
            to.publisher.release(finding.repository, image_id)
        audit.record(
            *(audit.DELETE, audit.DONE),
            repository=str(finding.repository),
            tag=finding.tag,
            image_id=image_id,
            reason=finding.kind.value,
        )

    def _is_to_go(self, finding: Finding) -> bool:
        """Look again: a tag may have come back to it, or its data come."""
        if finding.kind is Kind.STUCK:
            image = self._to.catalogue.get(finding.image_id)
            return image is not None and image.is_queued
        row = self._to.database.publication(finding.image_id)
        return row is not None and row.state is model.State.RETIRED
