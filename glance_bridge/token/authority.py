"""Registry tokens for ourselves, as a registry client asks for them.

Each gives a function from scopes to a bearer, which is used again until its
time is nearly over. The bridge signs its own; Glance's store is a client of
the token server like any other.
"""

from collections.abc import Callable
import datetime
import threading
import time

import requests

from glance_bridge import exception
from glance_bridge.token import access
from glance_bridge.token import issuer as issuers
from glance_bridge.token import scope

Authorize = Callable[[tuple[str, ...]], str]
_Ask = Callable[[tuple[str, ...]], access.Token]

OWN_SUBJECT = 'glance-bridge'
OWN_LIFETIME_S = 900
# A blob that is being sent must not outlive its token: a new one is asked for
# when less than this part of its time is left.
_SPENT_RATIO = 0.5
_MAX_KEPT = 1024
_TIMEOUT_S = 30.0
# A token server that speaks of no time means this (distribution, spec/auth).
_DEFAULT_LIFETIME_S = 60


class _Kept:
    """Tokens that are still good for a while, by their scopes."""

    def __init__(self, ask: _Ask, clock: Callable[[], float]) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, ...], tuple[float, str]] = {}

    def __call__(self, scopes: tuple[str, ...]) -> str:
        now = self._clock()
        with self._lock:
            until, text = self._tokens.get(scopes, (0.0, ''))
        if now < until:
            return text
        # Not under the lock: it may take a while, and twice does no harm.
        token = self._ask(scopes)
        with self._lock:
            self._forget(now)
            until = now + token.expires_in_s * _SPENT_RATIO
            self._tokens[scopes] = (until, token.text)
        return token.text

    def _forget(self, now: float) -> None:
        """Drop what is over, and all if that is not enough."""
        if len(self._tokens) < _MAX_KEPT:
            return
        self._tokens = {
            scopes: kept
            for scopes, kept in self._tokens.items()
            if now < kept[0]
        }
        if len(self._tokens) >= _MAX_KEPT:
            self._tokens.clear()


def own(
    issuer: issuers.Issuer, *, clock: Callable[[], float] = time.monotonic
) -> Authorize:
    """Sign for the bridge itself, which may do everything."""

    def ask(scopes: tuple[str, ...]) -> access.Token:
        return issuer.issue(
            OWN_SUBJECT,
            scope.parse(scopes),
            OWN_LIFETIME_S,
            user_name=OWN_SUBJECT,
            is_service=True,
        )

    return _Kept(ask, clock)


def remote(
    realm: str,
    service: str,
    user: str,
    password: str,
    *,
    ca_file: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Authorize:
    """Ask a token server, as the user of a service.

    :param realm: address of the token server
    :param service: what the registry calls itself
    """
    session = requests.Session()
    session.verify = ca_file or True
    session.auth = (user, password)

    def ask(scopes: tuple[str, ...]) -> access.Token:
        try:
            reply = session.get(
                realm,
                params={'service': service, 'scope': list(scopes)},
                timeout=_TIMEOUT_S,
                # A password goes to the configured address and no other.
                allow_redirects=False,
            )
        except requests.RequestException as err:
            raise exception.ServiceUnavailable(
                f'The token server {realm} does not answer: {err}'
            ) from err
        return _token(realm, user, reply)

    return _Kept(ask, clock)


def _token(realm: str, user: str, reply: requests.Response) -> access.Token:
    """Read a token server's answer."""
    if reply.status_code >= 500 or reply.status_code == 429:
        raise exception.ServiceUnavailable(
            f'The token server {realm} answers {reply.status_code}.'
        )
    if reply.status_code != 200:
        raise exception.Denied(
            f'The token server {realm} refuses user {user}: '
            f'{reply.status_code} {reply.text[:200]}'
        )
    try:
        body = reply.json()
        text = body.get('token') or body['access_token']
        lifetime_s = int(body.get('expires_in') or _DEFAULT_LIFETIME_S)
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        raise exception.ServiceUnavailable(
            f'The token server {realm} answers with no token.'
        ) from err
    now = datetime.datetime.now(datetime.UTC)
    return access.Token(str(text), lifetime_s, now)
