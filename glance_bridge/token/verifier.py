"""Believes or refuses a registry token, without asking anybody.

So tokens go on working while Keystone does not. Only our own certificate is
believed: what a token carries in ``x5c`` is not looked at.
"""

from collections.abc import Callable
import time
from typing import Any

import jwt

from glance_bridge import exception
from glance_bridge.token import access
from glance_bridge.token import issuer
from glance_bridge.token import key

# As much as the engine allows between its clock and ours.
LEEWAY_S = 60
_CLAIMS = ('iss', 'sub', 'aud', 'exp', 'nbf')


class Verifier:
    """Reads the tokens of one issuer for one registry."""

    def __init__(
        self,
        signing_key: key.SigningKey,
        name: str,
        audience: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key = signing_key
        self._name = name
        self._audience = audience
        self._clock = clock

    def verify(self, text: str) -> access.Claims:
        """Give what a token says.

        :raises Unauthorized: it is none of ours, or its time is over
        """
        try:
            claims = self._decode(text)
            return access.Claims(
                str(claims['sub']),
                tuple(_access(each) for each in claims.get('access') or ()),
                is_service=claims.get(issuer.SERVICE_CLAIM) is True,
                user_name=str(claims.get('name', '')),
                projects=dict(claims.get(issuer.PROJECTS_CLAIM) or {}),
            )
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as err:
            raise exception.Unauthorized(
                'The registry token is not valid, or its time is over.'
            ) from err

    def _decode(self, text: str) -> dict[str, Any]:
        """Check the signature, the names and the time.

        The times are ours to compare: PyJWT reads the system's clock.
        """
        claims: dict[str, Any] = jwt.decode(
            text,
            self._key.public,
            algorithms=[self._key.algorithm],
            audience=self._audience,
            issuer=self._name,
            options={
                'require': list(_CLAIMS),
                'verify_exp': False,
                'verify_nbf': False,
                'verify_iat': False,
            },
        )
        now = self._clock()
        if claims['exp'] + LEEWAY_S <= now or now < claims['nbf'] - LEEWAY_S:
            raise jwt.InvalidTokenError('not now')
        return claims


def _access(claim: dict[str, Any]) -> access.Access:
    return access.Access(
        str(claim['type']),
        str(claim['name']),
        tuple(str(each) for each in claim['actions']),
    )
