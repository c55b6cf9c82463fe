"""Whom publishing speaks to, and what it asks of them."""

from collections.abc import Callable
import dataclasses
from typing import Protocol

from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.publish import claim
from glance_bridge.publish import lock
from glance_bridge.publish import pin
from glance_bridge.publish import retire
from glance_bridge.verdict import model as verdict_model

Image = catalogue_image.Image
Publication = model.Publication
Verdict = verdict_model.Verdict


class Catalogue(claim.Catalogue, retire.Catalogue, Protocol):
    def add_location(self, image_id: str, url: str) -> None: ...


class Registry(pin.Registry, Protocol):
    def digest_of(self, repository: str, reference: str) -> str | None: ...


class Database(retire.Database, Protocol):
    def publication(self, image_id: str) -> Publication | None: ...

    def publications(
        self, repository: model.Repository, tag: str
    ) -> list[Publication]: ...


class Waiter(retire.Waiter, Protocol):
    def until_active(self, image_id: str) -> Image: ...


class Judge(Protocol):
    def judge(
        self, repository: str, content: bytes, media_type: str
    ) -> Verdict: ...


@dataclasses.dataclass(frozen=True)
class Neighbours:
    """They outlive every publication.

    :ivar owner_of: says whose a namespace is
    """

    catalogue: Catalogue
    waiter: Waiter
    registry: Registry
    database: Database
    judge: Judge
    locks: lock.Locks
    owner_of: Callable[[str], model.Binding | None]
