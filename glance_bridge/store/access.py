"""Access: whose word on where an image's data is gets believed."""

from collections.abc import Iterable
from typing import Protocol

# The bridge and Nova speak with role service; an admin may mend by hand.
_TRUSTED_ROLES = frozenset({'service', 'admin'})


class Context(Protocol):
    """What Glance knows of the sender of a request."""

    roles: Iterable[str]
    service_roles: Iterable[str]


def may_locate(context: Context | None) -> bool:
    """Tell whether a request may say where an image's data is.

    Glance asks a store for the size of whatever somebody makes the location
    of an image, and for nothing else. Whoever gets an answer can read the
    data, through the image that is their own, and have it deleted with that
    image; so no tenant gets one, not even for a location of their own:
    the store cannot tell whose it is.
    """
    if context is None:
        return False
    roles = {*(context.roles or ()), *(context.service_roles or ())}
    return not _TRUSTED_ROLES.isdisjoint(roles)
