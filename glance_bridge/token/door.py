"""``/token``: a login of Keystone's for a token of the registry.

GET is what docker speaks, with Basic authentication (distribution
specification, "Token Authentication"); POST is what containerd and BuildKit
try first (the same, "OAuth2 Token Authentication"), of which the password
grant alone. No refresh token is given out: it would be a password that
nobody can take back. An application credential is what a client should keep.
"""

import base64
import binascii
from collections.abc import Sequence
import dataclasses
import json
from typing import Any
from typing import Protocol

from oslo_log import log as logging
import webob

from glance_bridge import audit
from glance_bridge import exception
from glance_bridge import model
from glance_bridge.identity import model as identity_model
from glance_bridge.token import access
from glance_bridge.token import grant as grants
from glance_bridge.token import issuer as issuers
from glance_bridge.token import peer
from glance_bridge.token import scope

LOG = logging.getLogger(__name__)

_MAX_BODY_BYTES = 64 * 1024
_FORM = 'application/x-www-form-urlencoded'
_CHALLENGE = ('WWW-Authenticate', 'Basic realm="glance-bridge"')


@dataclasses.dataclass(frozen=True)
class Rules:
    """What the operator says of tokens and of who may ask.

    :ivar proxies: whose word of the client's address is believed
    :ivar cleartext: from where a password may come without TLS
    """

    push_lifetime_s: int
    pull_lifetime_s: int
    proxies: tuple[peer.Network, ...]
    cleartext: tuple[peer.Network, ...]


@dataclasses.dataclass(frozen=True)
class _Login:
    user: str
    secret: str = dataclasses.field(repr=False)


class _Directory(Protocol):
    def caller(
        self, user: str, secret: str, address: str
    ) -> identity_model.Caller: ...


class _Services(Protocol):
    def roles(self, caller: identity_model.Caller) -> tuple[str, ...]: ...


class Door:
    """Gives tokens to whoever logs in."""

    def __init__(
        self,
        directory: _Directory,
        services: _Services,
        decide: grants.Grants,
        issuer: issuers.Issuer,
        rules: Rules,
    ) -> None:
        self._directory = directory
        self._services = services
        self._grants = decide
        self._issuer = issuer
        self._rules = rules

    def get(self, request: webob.Request) -> webob.Response:
        """Answer what docker asks."""
        self._check_service(request.GET.getall('service'))
        where = self._private_peer(request)
        login = _basic(request)
        token, _ = self._issue(login, where, request.GET.getall('scope'))
        return _answer({'token': token.text, **_told(token)})

    def post(self, request: webob.Request) -> webob.Response:
        """Answer what containerd and BuildKit ask first."""
        where = self._private_peer(request)
        form = _form(request)
        if form.get('grant_type') != 'password':
            raise exception.RequestInvalid(
                'Only the grant_type "password" is known here.'
            )
        self._check_service(form.getall('service'))
        login = _Login(form.get('username', ''), form.get('password', ''))
        token, granted = self._issue(login, where, form.getall('scope'))
        return _answer(
            {
                'token_type': 'Bearer',
                'scope': scope.write(granted.access),
                **_told(token),
            }
        )

    def _issue(
        self, login: _Login, where: peer.Peer, scopes: Sequence[str]
    ) -> tuple[access.Token, grants.Grant]:
        asked = scope.parse(scopes)
        caller = self._caller(login, where)
        granted = self._grant(caller, where, asked)
        token = self._issuer.issue(
            caller.user_id,
            granted.access,
            self._rules.push_lifetime_s
            if granted.changes
            else self._rules.pull_lifetime_s,
            user_name=caller.user_name,
            is_service=granted.is_service,
            projects=granted.projects,
        )
        return token, granted

    def _caller(
        self, login: _Login, where: peer.Peer
    ) -> identity_model.Caller:
        try:
            return self._directory.caller(
                login.user, login.secret, where.address
            )
        except (exception.Unauthorized, exception.TooManyRequests) as err:
            actor = model.Actor('', login.user, where.address)
            audit.record(
                audit.LOGIN, audit.DENIED, actor=actor, reason=err.message
            )
            if isinstance(err, exception.Unauthorized):
                raise _challenge(err.message) from err
            raise

    def _grant(
        self,
        caller: identity_model.Caller,
        where: peer.Peer,
        asked: tuple[access.Access, ...],
    ) -> grants.Grant:
        actor = model.Actor(caller.user_id, caller.user_name, where.address)
        try:
            granted = grants.Grant(())
            if asked:
                roles = self._services.roles(caller)
                granted = self._grants.decide(caller, roles, asked)
        except exception.Denied as err:
            audit.record(
                audit.LOGIN,
                audit.DENIED,
                actor=actor,
                scope=scope.write(asked),
                reason=err.message,
            )
            raise
        audit.record(
            audit.LOGIN,
            audit.DONE,
            actor=actor,
            scope=scope.write(granted.access),
        )
        return granted

    def _private_peer(self, request: webob.Request) -> peer.Peer:
        """Tell from where it comes, unless others can read it.

        :raises Denied: they can
        """
        where = peer.read(
            request.environ, self._rules.proxies, self._rules.cleartext
        )
        if not where.address:
            LOG.warning(
                'A proxy of [token] trusted_proxies sets no X-Forwarded-For: '
                'nobody can log in without TLS.'
            )
        if not where.is_private:
            raise exception.Denied(
                'Passwords are taken over TLS only. Reach this registry by '
                'https, or from its own host at 127.0.0.1.'
            )
        return where

    def _check_service(self, named: Sequence[str]) -> None:
        if any(each != self._issuer.audience for each in named):
            raise exception.RequestInvalid(
                f'There are no tokens for {named[-1]!r} here, only for '
                f'{self._issuer.audience!r}.'
            )


def _basic(request: webob.Request) -> _Login:
    """Read user and password as RFC 7617 has them."""
    kind, _, encoded = request.headers.get('Authorization', '').partition(' ')
    if kind.lower() != 'basic':
        raise _challenge('Log in first, with "docker login".')
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as err:
        raise _challenge('The Authorization header cannot be read.') from err
    user, _, secret = text.partition(':')
    return _Login(user, secret)


def _form(request: webob.Request) -> Any:
    if (request.content_length or 0) > _MAX_BODY_BYTES:
        raise exception.RequestInvalid('The form is too large.')
    if request.content_type != _FORM:
        raise exception.RequestInvalid(f'POST wants {_FORM}.')
    return request.POST


def _challenge(sentence: str) -> exception.Unauthorized:
    return exception.Unauthorized(sentence, headers=[_CHALLENGE])


def _told(token: access.Token) -> dict[str, Any]:
    return {
        'access_token': token.text,
        'expires_in': token.expires_in_s,
        'issued_at': token.issued_at.isoformat().replace('+00:00', 'Z'),
    }


def _answer(body: dict[str, Any]) -> webob.Response:
    return webob.Response(
        content_type='application/json',
        charset='utf-8',
        text=json.dumps(body),
        cache_control='no-store',
    )
