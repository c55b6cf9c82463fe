"""What goes wrong with a zone; each error is a sentence for a person.

::

    ZoneError
    ├── WishInvalid      the zone file cannot be meant so
    ├── NotFound         no such image, flavor or host
    ├── CloudRefused     an API said no
    ├── CloudUnclear     an API failed or did not answer
    ├── Interrupted      a plan stopped in the middle
    └── RecordInvalid    the record is of another cloud, or unreadable

They are not Nova's: an administrator's machine has no Nova.
"""


class ZoneError(Exception):
    """Anything of this room."""


class WishInvalid(ZoneError):
    """The zone file cannot be meant so."""


class NotFound(ZoneError):
    """The cloud has no such thing, or several."""


class CloudRefused(ZoneError):
    """An API said no: what was asked for is not done."""


class CloudUnclear(ZoneError):
    """An API failed or did not answer: what was asked for may be done."""


class Interrupted(ZoneError):
    """A plan stopped in the middle; what was done is in the record."""


class RecordInvalid(ZoneError):
    """The record is of another cloud, or cannot be read."""
