"""Asks Keystone, and says what went wrong in the bridge's own words."""

from collections.abc import Iterator
import contextlib
from typing import Any

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import session as keystone_session
from keystoneauth1.identity import v3

from glance_bridge import exception
from glance_bridge.identity import credential as credentials
from glance_bridge.identity import model

RETRY_AFTER_S = 10

_REFUSED = (
    keystone_exceptions.Unauthorized,
    keystone_exceptions.Forbidden,
    keystone_exceptions.NotFound,
    keystone_exceptions.BadRequest,
)


class Keystone:
    """Keystone's API, version 3, as its users use it.

    :param auth_url: with or without ``/v3``
    """

    def __init__(
        self, session: keystone_session.Session, auth_url: str
    ) -> None:
        self._session = session
        stem = auth_url.rstrip('/')
        self._url = stem if stem.endswith('/v3') else f'{stem}/v3'

    def authenticate(
        self, credential: credentials.Credential, key: bytes
    ) -> model.Caller:
        """Log somebody in.

        :raises Unauthorized: Keystone does not take it
        :raises ServiceUnavailable: Keystone does not answer
        """
        with _answered():
            try:
                access = self._plugin(credential).get_access(self._session)
            except keystone_exceptions.MissingAuthMethods as err:
                raise exception.Unauthorized(
                    'This user has to log in with more than a password: use '
                    'an application credential.'
                ) from err
            except _REFUSED as err:
                raise exception.Unauthorized(_why(credential)) from err
        membership = None
        if isinstance(credential, credentials.ApplicationCredential):
            # NOTE: such rules allow single requests to single services, and
            # there is none that speaks of a registry's.
            if access.application_credential_access_rules:
                raise exception.Unauthorized(
                    'This application credential has access rules, and they '
                    'do not allow the registry: make one without.'
                )
            membership = _membership(access)
        return model.Caller(
            access.user_id,
            access.username,
            access.auth_token,
            membership,
            key,
        )

    def projects(self, caller: model.Caller) -> tuple[model.Project, ...]:
        """List the projects on which a caller has any role."""
        if caller.membership:
            return (caller.membership.project,)
        with _answered():
            try:
                reply = self._session.get(
                    f'{self._url}/auth/projects',
                    headers={'X-Auth-Token': caller.token},
                    authenticated=False,
                )
            except _REFUSED:
                # Logged out since: they have no project any more.
                return ()
            return tuple(
                model.Project(each['id'], each['name'], each['domain_id'])
                for each in reply.json()['projects']
                if each.get('enabled', True)
            )

    def membership(
        self, caller: model.Caller, project_id: str
    ) -> model.Membership | None:
        """Tell what a caller is in a project; None is nothing at all.

        None is as well the answer where there is no such project.
        """
        if caller.membership:
            is_there = caller.membership.project.id == project_id
            return caller.membership if is_there else None
        plugin = v3.Token(
            self._url,
            caller.token,
            project_id=project_id,
            include_catalog=False,
        )
        with _answered():
            try:
                return _membership(plugin.get_access(self._session))
            except _REFUSED:
                return None

    def _plugin(self, credential: credentials.Credential) -> Any:
        if isinstance(credential, credentials.ApplicationCredential):
            return v3.ApplicationCredential(
                self._url,
                application_credential_id=credential.id,
                application_credential_secret=credential.secret,
                include_catalog=False,
            )
        # NOTE: unscoped also where the user has a default project: which one
        # counts is a matter of the repository.
        return v3.Password(
            self._url,
            username=credential.user,
            password=credential.secret,
            user_domain_name=credential.domain,
            unscoped=True,
            include_catalog=False,
        )


def _membership(access: Any) -> model.Membership:
    return model.Membership(
        model.Project(
            access.project_id,
            access.project_name,
            access.project_domain_id,
            access.project_domain_name,
        ),
        tuple(access.role_names),
    )


def _why(credential: credentials.Credential) -> str:
    """Say what Keystone refused. It does not tell why, on purpose."""
    if isinstance(credential, credentials.ApplicationCredential):
        return (
            'Keystone does not take this application credential: it is '
            'wrong, expired or deleted.'
        )
    return (
        f'Keystone does not take this password for user {credential.user!r} '
        f'of domain {credential.domain!r}: it is wrong or expired, or the '
        'user is disabled. (Users of other domains log in as DOMAIN/USER.)'
    )


@contextlib.contextmanager
def _answered() -> Iterator[None]:
    """Turn whatever else Keystone does into 503."""
    try:
        yield
    except (
        keystone_exceptions.ClientException,
        # An answer that is not what the API promises.
        ValueError,
        KeyError,
        TypeError,
    ) as err:
        raise exception.ServiceUnavailable(
            'Keystone does not answer, so that nobody can log in: try again '
            'in a moment. What was logged in goes on working.',
            retry_after_s=RETRY_AFTER_S,
        ) from err
