"""Answers that are used again for a while, by many threads."""

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Hashable
import threading
from typing import Generic
from typing import TypeVar

V = TypeVar('V')


class Cache(Generic[V]):
    """Keeps so many values for so long; the oldest goes first.

    :param clock: seconds that only go up
    """

    def __init__(self, clock: Callable[[], float], max_kept: int) -> None:
        self._clock = clock
        self._max_kept = max_kept
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, V]] = OrderedDict()

    def get(self, key: Hashable) -> V | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            until, value = found
            if until <= self._clock():
                del self._kept[key]
                return None
            return value

    def put(self, key: Hashable, value: V, lifetime_s: float) -> None:
        with self._lock:
            self._kept[key] = (self._clock() + lifetime_s, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._max_kept:
                self._kept.popitem(last=False)


class Gates:
    """Locks by key, so that what many ask for at once is asked once."""

    def __init__(self, count: int = 64) -> None:
        self._locks = tuple(threading.Lock() for _ in range(count))

    def of(self, key: Hashable) -> threading.Lock:
        return self._locks[hash(key) % len(self._locks)]
