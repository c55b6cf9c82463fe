"""Who asks, as Keystone tells."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Project:
    """A project.

    :ivar domain_name: known of a project in which one is asked after
    """

    id: str
    name: str
    domain_id: str
    domain_name: str = ''


@dataclasses.dataclass(frozen=True)
class Membership:
    """What somebody is in one project."""

    project: Project
    roles: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Caller:
    """Somebody whose password Keystone has taken.

    :ivar token: their token of Keystone's; unscoped, unless...
    :ivar membership: ...an application credential is for one project only
    :ivar key: under which answers about them are kept
    """

    user_id: str
    user_name: str
    token: str = dataclasses.field(repr=False)
    membership: Membership | None = None
    key: bytes = dataclasses.field(default=b'', repr=False)
