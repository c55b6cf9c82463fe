"""Whose a token of Keystone's is that somebody brought."""

import dataclasses
from typing import Any

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import session as keystone_session

from glance_bridge import exception
from glance_bridge.identity import keystone
from glance_bridge.identity import model


@dataclasses.dataclass(frozen=True)
class Holder:
    """Who has a token, and what they are in its project."""

    user_id: str
    user_name: str
    project: model.Project
    roles: tuple[str, ...]


class Tokens:
    """Asks Keystone about tokens, in the bridge's own name.

    :param auth_url: with or without ``/v3``
    """

    def __init__(
        self, session: keystone_session.Session, auth_url: str
    ) -> None:
        self._session = session
        stem = auth_url.rstrip('/').removesuffix('/v3')
        self._url = f'{stem}/v3/auth/tokens'

    def holder(self, token: str, *, may_be_expired: bool = False) -> Holder:
        """Tell whose a token is.

        :param may_be_expired: as of a user, for whom a service goes on with
            what was begun in time
        :raises Unauthorized: it is none, or of no project
        :raises ServiceUnavailable: Keystone does not answer
        """
        query = 'nocatalog' + ('&allow_expired=1' if may_be_expired else '')
        try:
            reply = self._session.get(
                f'{self._url}?{query}',
                headers={'X-Subject-Token': token},
                log=False,
            )
        except keystone_exceptions.NotFound as err:
            raise exception.Unauthorized(
                'Keystone does not know the token.'
            ) from err
        except keystone_exceptions.ClientException as err:
            raise exception.ServiceUnavailable(
                'Keystone does not answer.',
                retry_after_s=keystone.RETRY_AFTER_S,
            ) from err
        return _holder(reply)


def _holder(reply: Any) -> Holder:
    try:
        found = reply.json()['token']
        user = found['user']
        project = found.get('project')
        if project is None:
            raise exception.Unauthorized('The token is for no project.')
        return Holder(
            user_id=user['id'],
            user_name=user['name'],
            project=model.Project(
                project['id'], project['name'], project['domain']['id']
            ),
            roles=tuple(each['name'] for each in found['roles']),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        raise exception.ServiceUnavailable(
            'Keystone answers with something that is no token.',
            retry_after_s=keystone.RETRY_AFTER_S,
        ) from err
