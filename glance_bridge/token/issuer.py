"""Signs registry tokens.

:source: distribution, docs/spec/auth/jwt; libtrust and go-jose for the keys
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import datetime
import time
import uuid

import jwt

from glance_bridge.token import access
from glance_bridge.token import key

# Of ours, beside the registered claims: the engine looks over them.
SERVICE_CLAIM = 'glance_bridge_service'
PROJECTS_CLAIM = 'glance_bridge_projects'


class Issuer:
    """Signs for one registry.

    :param name: what the engine has as ``issuer``
    :param audience: what the engine has as ``service``
    """

    def __init__(
        self,
        signing_key: key.SigningKey,
        name: str,
        audience: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.audience = audience
        self._key = signing_key
        self._clock = clock

    def issue(
        self,
        subject: str,
        granted: Iterable[access.Access],
        lifetime_s: int,
        *,
        user_name: str = '',
        is_service: bool = False,
        projects: Mapping[str, str] | None = None,
    ) -> access.Token:
        """Sign what a user may do.

        :param projects: whose the namespaces are, see access.Claims
        ``expires_in_s`` is counted to the very ``exp`` of the token. (The
        engine goes on for 60 s after it.)
        """
        now = int(self._clock())
        claims = {
            'iss': self.name,
            'sub': subject,
            'aud': self.audience,
            'exp': now + lifetime_s,
            'nbf': now,
            'iat': now,
            'jti': uuid.uuid4().hex,
            'name': user_name,
            SERVICE_CLAIM: is_service,
            PROJECTS_CLAIM: dict(projects or {}),
            'access': [
                {
                    'type': each.type,
                    'name': each.name,
                    'actions': list(each.actions),
                }
                for each in granted
            ],
        }
        text = jwt.encode(
            claims,
            self._key.private,
            algorithm=self._key.algorithm,
            headers={'x5c': list(self._key.x5c)},
        )
        issued_at = datetime.datetime.fromtimestamp(now, datetime.UTC)
        return access.Token(text, lifetime_s, issued_at)
