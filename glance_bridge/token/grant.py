"""Decides what of the asked a caller gets, and says why not the rest.

The rights come from the roles on the project that owns the namespace, by the
rules of policies/. A client asks for more than it needs: ``docker push`` names
the repositories that it would like to mount layers from. So a part is left
out in silence where the rest is worth something, and the whole is refused,
with a sentence that the client prints, where it is not.
"""

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
from typing import Protocol

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.identity import model as identity_model
from glance_bridge.namespace import owner as owners
from glance_bridge.policies import enforcer
from glance_bridge.policies import repository as rules
from glance_bridge.token import access

# In the order in which an answer names them.
_RULES = {
    access.PULL: rules.PULL,
    access.PUSH: rules.PUSH,
    access.DELETE: rules.DELETE,
}
_VERBS = {
    access.PULL: 'pull from',
    access.PUSH: 'push to',
    access.DELETE: 'delete from',
}
_CATALOG = 'catalog'


class _Policy(Protocol):
    def allows(
        self,
        rule: str,
        credentials: enforcer.Credentials,
        target: Mapping[str, str],
    ) -> bool: ...


@dataclasses.dataclass(frozen=True)
class Grant:
    """What a caller gets.

    :ivar projects: whose the namespaces are in which something may change
    """

    access: tuple[access.Access, ...]
    is_service: bool = False
    projects: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether more than reading is in it."""
        return any(_changes(each) for each in self.access)


class Grants:
    """Decides, for whoever has logged in."""

    def __init__(self, owner: owners.Owners, policy: _Policy) -> None:
        self._owners = owner
        self._policy = policy

    def decide(
        self,
        caller: identity_model.Caller,
        service_roles: tuple[str, ...],
        asked: tuple[access.Access, ...],
    ) -> Grant:
        """Give what a caller may do of what is asked for.

        :param service_roles: theirs on the project of the cloud's services
        :raises Denied: what the request is about is not among it
        """
        seen = enforcer.Credentials(
            caller.user_id, service_roles=service_roles
        )
        given: list[access.Access] = []
        projects: dict[str, str] = {}
        refusals: list[exception.Denied] = []
        principal = [each for each in asked if _changes(each)] or asked
        for each in asked:
            try:
                given.append(self._give(caller, seen, each, projects))
            except exception.Denied as refusal:
                if each in principal:
                    refusals.append(refusal)
        if refusals and len(refusals) == len(principal):
            raise refusals[0]
        is_service = self._policy.allows(rules.SERVICE, seen, {})
        return Grant(tuple(given), is_service, projects)

    def _give(
        self,
        caller: identity_model.Caller,
        seen: enforcer.Credentials,
        asked: access.Access,
        projects: dict[str, str],
    ) -> access.Access:
        """Give the part of one resource.

        :param projects: takes down whose namespaces are
        :raises Denied: there is none
        """
        if asked.type == access.REPOSITORY:
            return self._give_repository(caller, seen, asked, projects)
        if (asked.type, asked.name) == (
            access.REGISTRY,
            _CATALOG,
        ) and self._policy.allows(rules.CATALOG, seen, {}):
            return asked
        raise exception.Denied(
            f'User {caller.user_name} may not use {asked.type}:{asked.name}.'
        )

    def _give_repository(
        self,
        caller: identity_model.Caller,
        seen: enforcer.Credentials,
        asked: access.Access,
        projects: dict[str, str],
    ) -> access.Access:
        repository = _parsed(asked.name)
        owner = self._owners.find(caller, repository.namespace)
        if owner:
            seen = dataclasses.replace(
                seen,
                project_id=owner.membership.project.id,
                roles=owner.membership.roles,
            )
        actions = self._allowed(seen, repository, asked)
        missing = [
            action
            for action in asked.actions
            if action in _RULES and action not in actions
        ]
        if not actions or missing:
            raise exception.Denied(
                self._why(caller, owner, repository, missing)
            )
        if owner and not owner.is_bound:
            self._look_first(owner, repository, actions)
        given = access.Access(asked.type, asked.name, actions)
        if _changes(given) and (whose := self._whose(owner, repository)):
            projects[repository.namespace] = whose
        return given

    def _whose(
        self, owner: owners.Ownership | None, repository: model.Repository
    ) -> str | None:
        """Say whose the namespace is that the rights are good for."""
        if owner:
            return owner.membership.project.id
        # Theirs who have no place there are the same wherever they are used.
        return self._owners.project_id(repository.namespace)

    def _allowed(
        self,
        seen: enforcer.Credentials,
        repository: model.Repository,
        asked: access.Access,
    ) -> tuple[str, ...]:
        target = {
            'project_id': seen.project_id,
            'namespace': repository.namespace,
            'repository': str(repository),
        }
        return tuple(
            action
            for action, rule in _RULES.items()
            if {action, access.EVERY} & set(asked.actions)
            and self._policy.allows(rule, seen, target)
        )

    def _look_first(
        self,
        owner: owners.Ownership,
        repository: model.Repository,
        actions: tuple[str, ...],
    ) -> None:
        """Bind a namespace that nothing was pushed to, if this is a push.

        :raises Denied: it is none, or another project was faster
        """
        namespace = repository.namespace
        if access.PUSH in actions:
            self._owners.bind(namespace, owner.membership.project)
        # NOTE: what may lie there already is of whoever the namespace was
        # released from.
        elif not owner.is_certain:
            raise exception.Denied(
                f'Nothing was pushed to the namespace {namespace!r} yet.'
            )

    def _why(
        self,
        caller: identity_model.Caller,
        owner: owners.Ownership | None,
        repository: model.Repository,
        missing: Iterable[str],
    ) -> str:
        if owner is None:
            return self._owners.reason(caller, repository.namespace)
        verbs = [_VERBS[each] for each in missing]
        project = owner.membership.project
        roles = ', '.join(sorted(owner.membership.roles))
        return (
            f'User {caller.user_name} may not '
            f'{verbs[0] if verbs else "use"} {repository}: the roles on '
            f'project {project.name or project.id} do not allow it ({roles}).'
        )


def _changes(each: access.Access) -> bool:
    return bool(set(each.actions) - {access.PULL})


def _parsed(name: str) -> model.Repository:
    try:
        return model.Repository.parse(name)
    except exception.NameInvalid as err:
        raise exception.Denied(err.message) from err
