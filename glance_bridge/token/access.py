"""The words of a registry token: what it gives to whom, until when."""

from collections.abc import Mapping
import dataclasses
import datetime

REPOSITORY = 'repository'
REGISTRY = 'registry'

PULL = 'pull'
PUSH = 'push'
DELETE = 'delete'
# What clients ask for that know no name for a deletion.
EVERY = '*'


@dataclasses.dataclass(frozen=True)
class Access:
    """Actions on one resource, asked for or given.

    :ivar type: ``repository`` or ``registry``; others give nothing
    """

    type: str
    name: str
    actions: tuple[str, ...]

    def __str__(self) -> str:
        return f'{self.type}:{self.name}:{",".join(self.actions)}'


@dataclasses.dataclass(frozen=True)
class Token:
    """A token as a client gets it."""

    text: str
    expires_in_s: int
    issued_at: datetime.datetime


@dataclasses.dataclass(frozen=True)
class Claims:
    """What a verified token says.

    :ivar subject: id of the user
    :ivar is_service: whether it is a service of the cloud, as Glance is
    :ivar projects: whose the namespaces were in which it may change something
    """

    subject: str
    access: tuple[Access, ...]
    is_service: bool = False
    user_name: str = ''
    projects: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def allows(self, action: str, repository: str) -> bool:
        """Tell whether an action on a repository is among what it gives."""
        return any(
            each.type == REPOSITORY
            and each.name == repository
            and action in each.actions
            for each in self.access
        )
