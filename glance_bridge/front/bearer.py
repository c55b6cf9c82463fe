"""Bearers: who asks, and what the token allows.

:source: distribution, spec/auth/token.md; RFC 6750, section 3
"""

from typing import Protocol

import webob

from glance_bridge import exception
from glance_bridge.token import access


class Verifier(Protocol):
    def verify(self, text: str) -> access.Claims: ...


class Gate:
    """Lets those pass who have a token for what they want to do.

    :param realm: where clients get one
    :param service: what they say that it is for
    """

    def __init__(self, verifier: Verifier, realm: str, service: str) -> None:
        self._verifier = verifier
        self._realm = realm
        self._service = service

    def claims(
        self, request: webob.Request, repository: str, action: str
    ) -> access.Claims:
        """Give what the token of a request says.

        :raises Unauthorized: there is none, or it does not allow the action;
            the client is told which one to get
        """
        kind, _, text = request.headers.get('Authorization', '').partition(' ')
        if kind.lower() != 'bearer':
            raise self.challenge('Log in first.', repository, action)
        try:
            claims = self._verifier.verify(text.strip())
        except exception.Unauthorized as err:
            raise self.challenge(
                err.message, repository, action, 'invalid_token'
            ) from err
        if not claims.allows(action, repository):
            raise self.challenge(
                f'The registry token does not allow to {action}.',
                repository,
                action,
                'insufficient_scope',
            )
        return claims

    def challenge(
        self, sentence: str, repository: str, action: str, error: str = ''
    ) -> exception.Unauthorized:
        """Make the error that sends a client for a token."""
        pushes = action == access.PUSH
        actions = f'{access.PULL},{access.PUSH}' if pushes else action
        words = {
            'realm': self._realm,
            'service': self._service,
            'scope': f'{access.REPOSITORY}:{repository}:{actions}',
            'error': error,
        }
        told = ','.join(f'{word}="{words[word]}"' for word in words)
        challenge = told.removesuffix(',error=""')
        return exception.Unauthorized(
            sentence, headers=[('WWW-Authenticate', f'Bearer {challenge}')]
        )
