"""What was seen on both sides, and what differs."""

from collections.abc import Mapping
import dataclasses
import datetime
import enum

from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image

Tag = tuple[model.Repository, str]


class Kind(enum.StrEnum):
    """What can differ, and what is done about it."""

    # A tag without its image: published.
    UNPUBLISHED = 'unpublished'
    # An image without its tag: renamed and hidden.
    UNTAGGED = 'untagged'
    # A tag whose older images still stand beside the one it means.
    SUPERSEDED = 'superseded'
    # An image that its user deleted: its pins and its tag go.
    DELETED = 'deleted'
    # An image whose data nothing keeps from collection: pinned again.
    UNPINNED = 'unpinned'
    # A pin whose image is gone, or has its data elsewhere: dropped.
    ORPHANED = 'orphaned'
    # An image that never got its data: deleted.
    STUCK = 'stuck'
    # An image of ours that the database does not know: recorded.
    UNRECORDED = 'unrecorded'
    # A tag with nothing behind it, which an untagging left: removed.
    BROKEN = 'broken'
    # A retired image beyond what is kept: deleted.
    EXPIRED = 'expired'
    # A tag in a namespace that is nobody's: for an operator to decide.
    UNBOUND = 'unbound'


@dataclasses.dataclass(frozen=True, order=True)
class Finding:
    """One difference; equal ones are the same difference."""

    kind: Kind
    repository: model.Repository
    tag: str = ''
    digest: str = ''
    image_id: str = ''

    def __str__(self) -> str:
        image = f' (image {self.image_id})' if self.image_id else ''
        return f'{self.kind} {self.repository}:{self.tag}{image}'


@dataclasses.dataclass(frozen=True)
class World:
    """Both sides, as they were read one after the other.

    :param tags: what each tag of a tenant points to; None is nothing
    :param pins: the bridge's own tags, with the image each is for
    :param images: all of Glance that say they came from the registry
    :param image_ids: these and all others whose data may be there
    :param namespaces: those that belong to a project

    A repository that could not be read is in none of them.
    """

    tags: Mapping[Tag, str | None]
    pins: Mapping[Tag, str]
    images: Mapping[str, catalogue_image.Image]
    image_ids: frozenset[str]
    publications: tuple[model.Publication, ...]
    namespaces: frozenset[str]


@dataclasses.dataclass(frozen=True)
class Rules:
    """What is kept for how long.

    :param retired_images: of each tag, beside the one it means; None is all
    :param retired_for: however many they are; None is for ever
    :param stuck_after: how long an image may wait for its data
    """

    retired_images: int | None
    retired_for: datetime.timedelta | None
    stuck_after: datetime.timedelta


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one sweep found, and which of it could not be mended."""

    findings: tuple[Finding, ...]
    failed: tuple[Finding, ...] = ()
