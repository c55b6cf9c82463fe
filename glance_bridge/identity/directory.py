"""Who somebody is, asked of Keystone no more often than it has to be.

One ``docker push`` is up to seven requests for a token, and each would be two
or three of Keystone's slowest. So answers are kept for a minute, refusals for
less; what is asked many times at once is asked once. Answers are kept under a
keyed hash of the login, never under the password.
"""

from collections.abc import Callable
import contextlib
import dataclasses
import hashlib
import hmac
import secrets
from typing import Protocol

from glance_bridge import exception
from glance_bridge.identity import cache
from glance_bridge.identity import credential as credentials
from glance_bridge.identity import model
from glance_bridge.identity import throttle as throttles

_MAX_KEPT = 10_000
# For so long a login that was right once is no guess.
_PROVEN_S = 86_400


class _Keystone(Protocol):
    def authenticate(
        self, credential: credentials.Credential, key: bytes
    ) -> model.Caller: ...

    def projects(self, caller: model.Caller) -> tuple[model.Project, ...]: ...

    def membership(
        self, caller: model.Caller, project_id: str
    ) -> model.Membership | None: ...


@dataclasses.dataclass(frozen=True)
class Lifetimes:
    """How long answers are used.

    :ivar kept_s: who somebody is, and what they are in a project
    :ivar refused_s: that a password is wrong, or that they are nothing there
    """

    kept_s: float
    refused_s: float


class Directory:
    """Keystone behind a cache and a throttle.

    :param default_domain: name of the domain of users who name none
    """

    def __init__(
        self,
        keystone: _Keystone,
        throttle: throttles.Throttle,
        lifetimes: Lifetimes,
        default_domain: str,
        clock: Callable[[], float],
    ) -> None:
        self._keystone = keystone
        self._throttle = throttle
        self._lifetimes = lifetimes
        self._default_domain = default_domain
        self._salt = secrets.token_bytes(32)
        self._gates = cache.Gates()
        self._callers = cache.Cache[model.Caller | str](clock, _MAX_KEPT)
        self._proven = cache.Cache[bool](clock, _MAX_KEPT)
        self._projects = cache.Cache[tuple[model.Project, ...]](
            clock, _MAX_KEPT
        )
        self._memberships = cache.Cache[model.Membership | str](
            clock, _MAX_KEPT
        )

    def caller(self, user: str, secret: str, address: str) -> model.Caller:
        """Log somebody in.

        :param address: from where, for the throttle
        :raises Unauthorized: Keystone does not take it
        :raises TooManyRequests: after too many of those
        :raises ServiceUnavailable: Keystone does not answer
        """
        credential = credentials.read(user, secret, self._default_domain)
        key = self._key(user, secret)
        with self._gates.of(key):
            found = self._callers.get(key)
            if found is None:
                found = self._log_in(credential, key, address)
            if isinstance(found, str):
                raise exception.Unauthorized(found)
            return found

    def projects(self, caller: model.Caller) -> tuple[model.Project, ...]:
        """List the projects on which a caller has a role."""
        with self._gates.of((caller.key, 'projects')):
            found = self._projects.get(caller.key)
            if found is None:
                found = self._keystone.projects(caller)
                kept_s = self._kept_s(bool(found))
                self._projects.put(caller.key, found, kept_s)
            return found

    def membership(
        self, caller: model.Caller, project_id: str
    ) -> model.Membership | None:
        """Tell what a caller is in a project; None is nothing at all."""
        key = (caller.key, project_id)
        with self._gates.of(key):
            found = self._memberships.get(key)
            if found is None:
                found = self._keystone.membership(caller, project_id) or ''
                self._memberships.put(key, found, self._kept_s(bool(found)))
            return None if isinstance(found, str) else found

    def _log_in(
        self, credential: credentials.Credential, key: bytes, address: str
    ) -> model.Caller | str:
        """Ask Keystone, and keep a refusal as its sentence."""
        found: model.Caller | str
        try:
            with self._attempt(credential, key, address):
                found = self._keystone.authenticate(credential, key)
        except exception.Unauthorized as err:
            found = err.message
        is_known = isinstance(found, model.Caller)
        self._callers.put(key, found, self._kept_s(is_known))
        # Those that were never right take no room here.
        if is_known or self._proven.get(key):
            self._proven.put(key, is_known, _PROVEN_S)
        return found

    def _attempt(
        self, credential: credentials.Credential, key: bytes, address: str
    ) -> contextlib.AbstractContextManager[None]:
        """Count a login, unless the very same one was right before.

        Anybody can fail in somebody's name: that must keep neither a user
        nor Glance's store, whose name is known, from what they are doing.
        """
        if self._proven.get(key):
            return contextlib.nullcontext()
        return self._throttle.attempt(credential.account, address)

    def _kept_s(self, is_positive: bool) -> float:
        if is_positive:
            return self._lifetimes.kept_s
        return self._lifetimes.refused_s

    def _key(self, user: str, secret: str) -> bytes:
        # NOTE: read() refuses a NUL, so no two logins make one text.
        text = f'{user}\0{secret}'
        return hmac.digest(self._salt, text.encode(), hashlib.sha256)
