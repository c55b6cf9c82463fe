"""How a room is made: once, when it is first asked for."""

from collections.abc import Callable
import threading
from typing import Any
from typing import Generic
from typing import Self
from typing import TypeVar
from typing import overload

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
    def __get__(self, rooms: 'House', owner: type) -> T: ...

    def __get__(self, rooms: 'House | None', owner: type) -> Self | T:
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


class House:
    """What all rooms stand in.

    :param conf: options as :func:`glance_bridge.conf.load` returns them
    """

    def __init__(self, conf: Any) -> None:
        self.conf = conf
        self.lock = threading.RLock()
        self.made: dict[str, Any] = {}
