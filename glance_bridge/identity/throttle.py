"""Slows down who guesses passwords, before Keystone locks the account.

What is counted are failures that Keystone saw, by account and by address, in
a sliding window. An attempt counts as a failure from its beginning, so that
a hundred at once are not a hundred guesses.
"""

from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterator
import contextlib
import dataclasses
import ipaddress
import math
import threading

from glance_bridge import exception

_V6_SITE = 64


@dataclasses.dataclass(frozen=True)
class Limits:
    """How many failures there may be in a window of so many seconds."""

    per_account: int
    per_address: int
    window_s: float


class Throttle:
    """Counts for one process.

    :param clock: seconds that only go up
    """

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[Hashable, list[float]] = {}

    @contextlib.contextmanager
    def attempt(self, account: str, address: str) -> Iterator[None]:
        """Hold one attempt, which fails if it raises Unauthorized.

        :raises TooManyRequests: there were too many, and Keystone must not
            be asked
        """
        limited = (
            (('account', account), self._limits.per_account),
            (('address', site_of(address)), self._limits.per_address),
        )
        at = self._begin(limited)
        try:
            yield
        except exception.Unauthorized:
            raise
        except BaseException:
            self._forget(at, limited)
            raise
        # Keystone forgets the account's failures, too. Those of the address
        # stay: one's own account is no licence to try others.
        self._forget(at, limited)
        with self._lock:
            self._failures.pop(limited[0][0], None)

    def _begin(self, limited: tuple[tuple[Hashable, int], ...]) -> float:
        with self._lock:
            now = self._clock()
            self._drop_old(now)
            for key, limit in limited:
                seen = self._failures.get(key, [])
                if len(seen) >= limit:
                    raise self._refusal(seen[-limit], now)
            for key, _ in limited:
                self._failures.setdefault(key, []).append(now)
            return now

    def _refusal(self, oldest: float, now: float) -> Exception:
        wait_s = max(1, math.ceil(oldest + self._limits.window_s - now))
        return exception.TooManyRequests(
            'Too many logins failed: the next one is tried in '
            f'{wait_s} seconds.',
            headers=[('Retry-After', str(wait_s))],
        )

    def _forget(
        self, at: float, limited: tuple[tuple[Hashable, int], ...]
    ) -> None:
        with self._lock:
            for key, _ in limited:
                with contextlib.suppress(KeyError, ValueError):
                    self._failures[key].remove(at)

    def _drop_old(self, now: float) -> None:
        start = now - self._limits.window_s
        for key, seen in list(self._failures.items()):
            kept = [at for at in seen if at > start]
            if kept:
                self._failures[key] = kept
            else:
                del self._failures[key]


def site_of(address: str) -> str:
    """Give what one site has: an address, or a /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, _V6_SITE), strict=False))
