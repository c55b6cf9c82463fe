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
from glance_bridge.reconcile import use

Kind = reconcile_model.Kind
Finding = reconcile_model.Finding


class Registry(Protocol):
    def digest_of(self, repository: str, reference: str) -> str | None: ...

    def untag(self, repository: str, tag: str) -> None: ...


class Publisher(Protocol):
    def locked(
        self, repository: model.Repository, tag: str
    ) -> contextlib.AbstractContextManager[None]: ...

    def publish(
        self, repository: model.Repository, tag: str, *, is_push: bool = False
    ) -> model.Publication | None: ...

    def release(self, repository: model.Repository, image_id: str) -> None: ...


class Catalogue(use.Catalogue, Protocol):
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
            Kind.ORPHANED: self._drop,
            Kind.BROKEN: self._untag_again,
            Kind.STUCK: self._replace,
            Kind.EXPIRED: self._expire,
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

    def _drop(self, finding: Finding) -> None:
        """Drop a pin, unless its image has come to use it."""
        if self._is_used(finding):
            return
        self._untag(finding)
        # Whoever brought the data between both questions gets it back.
        if self._is_used(finding):
            self._look(finding)

    def _is_used(self, finding: Finding) -> bool:
        return use.is_used(
            self._to.catalogue, finding.repository, finding.image_id
        )

    def _untag(self, finding: Finding) -> None:
        with contextlib.suppress(exception.RegistryNotFound):
            self._to.registry.untag(str(finding.repository), finding.tag)

    def _untag_again(self, finding: Finding) -> None:
        """End an untagging, unless the tag was pushed since it was seen."""
        to = self._to
        with to.publisher.locked(finding.repository, finding.tag):
            name = str(finding.repository)
            if to.registry.digest_of(name, finding.tag) is None:
                self._untag(finding)

    def _expire(self, finding: Finding) -> None:
        """Delete an image of the past, unless its tag came back to it."""
        to = self._to
        with to.publisher.locked(finding.repository, finding.tag):
            row = to.database.publication(finding.image_id)
            if row is None or row.state is not model.State.RETIRED:
                return
            if self._is_meant(finding):
                return
            to.catalogue.delete(finding.image_id)
            # With its tombstone a later push brings it back, as for images
            # that users delete.
            to.publisher.release(finding.repository, finding.image_id)
        _record(finding)

    def _replace(self, finding: Finding) -> None:
        """Delete an image that waits in vain, and begin another one."""
        to = self._to
        with to.publisher.locked(finding.repository, finding.tag):
            image = to.catalogue.get(finding.image_id)
            if image is None or not image.is_queued:
                return
            to.catalogue.delete(finding.image_id)
            # No tombstone: it was no user's wish, and the tag stays.
            to.database.remove_publication(finding.image_id)
            to.publisher.release(finding.repository, finding.image_id)
            if self._is_meant(finding):
                # Glance gives no id out twice, and publishing would take
                # the one that is gone for a user's deletion otherwise.
                to.publisher.publish(
                    finding.repository, finding.tag, is_push=True
                )
        _record(finding)

    def _is_meant(self, finding: Finding) -> bool:
        """Ask the registry whether a tag points there now."""
        name = str(finding.repository)
        return self._to.registry.digest_of(name, finding.tag) == finding.digest


def _record(finding: Finding) -> None:
    audit.record(
        *(audit.DELETE, audit.DONE),
        repository=str(finding.repository),
        tag=finding.tag,
        image_id=finding.image_id,
        reason=finding.kind.value,
    )
