"""The values that cross the bridge's rooms.

They are frozen and know nothing of a database, of Glance or of a request.
"""

import dataclasses
import datetime
import enum
from typing import Self

from glance_bridge import exception
from ocikit import exception as oci_exception
from ocikit import reference


@dataclasses.dataclass(frozen=True, order=True)
class Repository:
    """A repository of the registry: a namespace and the path below it."""

    namespace: str
    path: str

    def __str__(self) -> str:
        return f'{self.namespace}/{self.path}'

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a repository's name as the distribution API spells it.

        :raises NameInvalid: it breaks the grammar, or has no namespace
        """
        namespace, slash, path = text.partition('/')
        if not slash:
            raise exception.NameInvalid(
                f'{text!r} names no project: push to PROJECT/NAME.'
            )
        try:
            # With a domain before it, a dot in the namespace is just a dot.
            found = reference.parse(f'localhost/{text}')
        except oci_exception.OciError as err:
            raise exception.NameInvalid(str(err)) from err
        if found.path != text:
            raise exception.NameInvalid(f'{text!r} is no repository name.')
        return cls(namespace, path)


@dataclasses.dataclass(frozen=True)
class Binding:
    """Whose namespace it is, since the first push into it.

    :param domain_id: of the project; empty where the row was lost, since
        images do not tell and nothing depends on it
    """

    namespace: str
    project_id: str
    domain_id: str


class State(enum.StrEnum):
    """What became of a publication."""

    ACTIVE = 'active'
    # Superseded or untagged: renamed and hidden, its data kept.
    RETIRED = 'retired'
    # A tombstone. Its user deleted the image: nothing brings it back.
    DELETED = 'deleted'


@dataclasses.dataclass(frozen=True)
class Publication:
    """One image of Glance that stands for a tag and a digest.

    :param generation: counts from 0; a tag and digest that were deleted and
        pushed again are the next one, since Glance gives no id out twice
    :param changed_at: when the state was last written, UTC; None before
    """

    image_id: str
    repository: Repository
    tag: str
    digest: str
    generation: int
    state: State
    changed_at: datetime.datetime | None = dataclasses.field(
        default=None, compare=False
    )


@dataclasses.dataclass(frozen=True)
class Actor:
    """Who asks, for the audit log."""

    user_id: str
    user_name: str
    address: str
