"""Who knocks: a service of the cloud, on behalf of one of its users.

The service's token opens the door; what is behind it the user's token has to
open. Of the user's token nothing is decided here.
"""

import dataclasses
from typing import Protocol

import webob

from glance_bridge import exception
from glance_bridge.identity import services
from glance_bridge.identity import tokens as identity_tokens
from glance_bridge.policies import enforcer as policies
from glance_bridge.policies import repository as rules


class Tokens(Protocol):
    def holder(
        self, token: str, *, may_be_expired: bool = False
    ) -> identity_tokens.Holder: ...


class Enforcer(Protocol):
    def allows(
        self,
        rule: str,
        credentials: policies.Credentials,
        target: dict[str, str],
        /,
    ) -> bool: ...


@dataclasses.dataclass(frozen=True)
class Caller:
    """A service that was let in.

    :ivar user_token: of whom it speaks for; nobody has looked at it
    """

    service: identity_tokens.Holder
    service_token: str = dataclasses.field(repr=False)
    user_token: str = dataclasses.field(repr=False)


class Gate:
    """Lets services in, and tells whom they speak for."""

    def __init__(
        self,
        tokens: Tokens,
        project: services.ServiceProject,
        enforcer: Enforcer,
    ) -> None:
        self._tokens = tokens
        self._project = project
        self._enforcer = enforcer

    def admit(self, request: webob.Request) -> Caller:
        """Let a service in.

        :raises Unauthorized: a token is missing, or that of the service is
            none of Keystone's
        :raises Denied: it is not that of a service
        """
        user_token = request.headers.get('X-Auth-Token')
        service_token = request.headers.get('X-Service-Token')
        if not user_token or not service_token:
            raise exception.Unauthorized(
                'A user token and a service token are wanted: set [service_'
                'user] send_service_user_token in nova.conf.'
            )
        holder = self._tokens.holder(service_token)
        is_there = self._project.is_it(holder.project)
        credentials = policies.Credentials(
            holder.user_id, service_roles=holder.roles if is_there else ()
        )
        if not self._enforcer.allows(rules.SERVICE, credentials, {}):
            raise exception.Denied(
                f'User {holder.user_name} is no service of this cloud.'
            )
        return Caller(holder, service_token, user_token)

    def user(self, caller: Caller) -> identity_tokens.Holder:
        """Tell whom a service speaks for.

        It may go on with a token that has expired since it began.

        :raises Unauthorized: it is none of Keystone's
        """
        return self._tokens.holder(caller.user_token, may_be_expired=True)

    def may_push(
        self, user: identity_tokens.Holder, project_id: str, repository: str
    ) -> bool:
        """Tell whether a user may push to a repository of a project."""
        return self._enforcer.allows(
            rules.PUSH,
            policies.Credentials(user.user_id, user.project.id, user.roles),
            {
                'project_id': project_id,
                'namespace': repository.partition('/')[0],
                'repository': repository,
            },
        )
