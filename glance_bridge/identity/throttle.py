"""Slows down who guesses passwords, before Keystone locks the account.

What is counted are failures that Keystone saw, by account and by address, in
a sliding window, and by all processes together. An attempt counts as a
failure from its beginning, and is counted before it looks, so that a hundred
at once are not a hundred guesses.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import dataclasses
import hashlib
import ipaddress
import math
from typing import Protocol
import uuid

from glance_bridge import exception

_V6_SITE = 64


class _Rows(Protocol):
    def add_failure(
        self, attempt: str, counted: Sequence[str], at_ms: int
    ) -> None: ...

    def failures(self, counted: str, since_ms: int) -> list[int]: ...

    def remove_failure(self, attempt: str, forgiven: str = '') -> None: ...

    def remove_old_failures(self, until_ms: int) -> None: ...


@dataclasses.dataclass(frozen=True)
class Limits:
    """How many failures there may be in a window of so many seconds."""

    per_account: int
    per_address: int
    window_s: float


class Throttle:
    """Counts in rows that all processes share.

    :param clock: seconds that hosts agree upon
    """

    def __init__(
        self, limits: Limits, rows: _Rows, clock: Callable[[], float]
    ) -> None:
        self._limits = limits
        self._rows = rows
        self._clock = clock

    @contextlib.contextmanager
    def attempt(self, account: str, address: str) -> Iterator[None]:
        """Hold one attempt, which fails if it raises Unauthorized.

        :raises TooManyRequests: there were too many, and Keystone must not
            be asked
        """
        limits = {
            _counted('account', account): self._limits.per_account,
            _counted('address', site_of(address)): self._limits.per_address,
        }
        attempt = uuid.uuid4().hex
        now_ms = int(self._clock() * 1000)
        self._rows.remove_old_failures(self._start_ms(now_ms))
        self._rows.add_failure(attempt, tuple(limits), now_ms)
        try:
            self._check(limits, now_ms)
            yield
        except exception.Unauthorized:
            raise
        except BaseException:
            self._rows.remove_failure(attempt)
            raise
        # Keystone forgets the account's failures, too. Those of the address
        # stay: one's own account is no licence to try others.
        self._rows.remove_failure(attempt, _counted('account', account))

    def _check(self, limits: dict[str, int], now_ms: int) -> None:
        for counted, limit in limits.items():
            seen = self._rows.failures(counted, self._start_ms(now_ms))
            # The attempt itself is among them.
            if len(seen) > limit:
                raise self._refusal(seen[-limit - 1], now_ms)

    def _start_ms(self, now_ms: int) -> int:
        return now_ms - int(self._limits.window_s * 1000)

    def _refusal(self, oldest_ms: int, now_ms: int) -> Exception:
        left_ms = oldest_ms - self._start_ms(now_ms)
        wait_s = max(1, math.ceil(left_ms / 1000))
        return exception.TooManyRequests(
            'Too many logins failed: the next one is tried in '
            f'{wait_s} seconds.',
            headers=[('Retry-After', str(wait_s))],
        )


def site_of(address: str) -> str:
    """Give what one site has: an address, or a /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, _V6_SITE), strict=False))


def _counted(kind: str, text: str) -> str:
    """Name what is counted; users are called in any script."""
    return hashlib.sha256(f'{kind} {text}'.encode()).hexdigest()
