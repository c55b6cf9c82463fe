"""The composition root: who gets what, and the only reader of options.

Each room is made when it is first asked for, once per process and also with
many threads, so that a command which needs the database alone opens nothing
else, and nothing is open when a WSGI server forks.
"""

from collections.abc import Callable
import pathlib
import threading
from typing import Any
from typing import Generic
from typing import Self
from typing import TypeVar
from typing import overload

from glance_bridge import exception
from glance_bridge import health
from glance_bridge.db import api as db_api
from glance_bridge.token import authority
from glance_bridge.token import issuer
from glance_bridge.token import key
from glance_bridge.token import verifier

T = TypeVar('T')


class room(Generic[T]):  # noqa: N801 - it is used like property
    """A property that is made once, under its owner's lock."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, rooms: None, owner: type) -> Self: ...

    @overload
    def __get__(self, rooms: 'Rooms', owner: type) -> T: ...

    def __get__(self, rooms: 'Rooms | None', owner: type) -> Self | T:
        if rooms is None:
            return self
        made = rooms.made
        # Whatever is made stays: reading it needs no lock.
        if self._name not in made:
            with rooms.lock:
                if self._name not in made:
                    made[self._name] = self._make(rooms)
        found: T = made[self._name]
        return found


class Rooms:
    """Everything that the doors and commands of one process share.

    :param conf: options as :func:`glance_bridge.conf.load` returns them
    """

    def __init__(self, conf: Any) -> None:
        self.conf = conf
        self.lock = threading.RLock()
        self.made: dict[str, Any] = {}

    @room
    def database(self) -> db_api.Database:
        return db_api.Database(dict(self.conf.database.items()))

    @room
    def signing_key(self) -> key.SigningKey:
        options = self.conf.token
        try:
            return key.load(
                pathlib.Path(options.key_file).read_bytes(),
                pathlib.Path(options.certificate_file).read_bytes(),
            )
        except OSError as err:
            raise exception.ConfigurationInvalid(
                f'The signing key cannot be read ({err}). Make one with '
                '"glance-bridge-manage key".'
            ) from err

    @room
    def issuer(self) -> issuer.Issuer:
        options = self.conf.token
        return issuer.Issuer(self.signing_key, options.issuer, options.service)

    @room
    def verifier(self) -> verifier.Verifier:
        options = self.conf.token
        return verifier.Verifier(
            self.signing_key, options.issuer, options.service
        )

    @room
    def authorize(self) -> authority.Authorize:
        """Give what signs for the bridge's own use of the registry."""
        return authority.own(self.issuer)

    @room
    def health(self) -> health.Door:
        return health.Door(self.conf, self.database)
