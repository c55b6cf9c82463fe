"""What a caller is in the project that owns a namespace."""

import dataclasses
from typing import Protocol

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.identity import model as identity_model
from glance_bridge.namespace import binding as bindings
from glance_bridge.namespace import name


class _Directory(Protocol):
    def projects(
        self, caller: identity_model.Caller
    ) -> tuple[identity_model.Project, ...]: ...

    def membership(
        self, caller: identity_model.Caller, project_id: str
    ) -> identity_model.Membership | None: ...


@dataclasses.dataclass(frozen=True)
class Ownership:
    """A caller's place in the project of a namespace.

    :ivar is_bound: false where nothing was pushed yet
    :ivar is_certain: whether it can be no other project's: it is bound, or
        named by the id
    """

    membership: identity_model.Membership
    is_bound: bool
    is_certain: bool


class Owners:
    """Finds it, with no more right than the caller's own."""

    def __init__(
        self, directory: _Directory, namespaces: bindings.Namespaces
    ) -> None:
        self._directory = directory
        self._namespaces = namespaces

    def find(
        self, caller: identity_model.Caller, namespace: str
    ) -> Ownership | None:
        """Find a caller's place; None if there is none."""
        binding = self._namespaces.find(namespace)
        if project_id := _certain(namespace, binding):
            found = self._directory.membership(caller, project_id)
            return Ownership(found, bool(binding), True) if found else None
        for project in self._named(caller, namespace):
            found = self._directory.membership(caller, project.id)
            # The names of domains are known only here.
            if found and self._namespaces.is_name_of(namespace, found.project):
                return Ownership(found, False, False)
        return None

    def project_id(self, namespace: str) -> str | None:
        """Say whose a namespace is now, whoever asks; None is nobody's."""
        return _certain(namespace, self._namespaces.find(namespace))

    def bind(self, namespace: str, project: identity_model.Project) -> None:
        """Bind a namespace for a push.

        :raises Denied: another project was faster
        """
        found = self._namespaces.bind(namespace, project)
        if found.project_id != project.id:
            raise exception.Denied(_reused(namespace, project))

    def reason(self, caller: identity_model.Caller, namespace: str) -> str:
        """Say why a caller has no place there.

        A project that is not theirs and one that is not there are the same.
        """
        binding = self._namespaces.find(namespace)
        project_id = _certain(namespace, binding)
        for project in self._named(caller, namespace):
            if project_id not in (None, project.id):
                return _reused(namespace, project)
        return (
            f'User {caller.user_name} has no role on a project that '
            f'{namespace!r} is the name or the id of, or there is none.'
        )

    def _named(
        self, caller: identity_model.Caller, namespace: str
    ) -> list[identity_model.Project]:
        projects = self._directory.projects(caller)
        return self._namespaces.candidates(namespace, projects)


def _certain(namespace: str, binding: model.Binding | None) -> str | None:
    """Give the id of the project that it is bound to, or named by."""
    if name.is_id(namespace):
        return namespace
    return binding.project_id if binding else None


def _reused(namespace: str, project: identity_model.Project) -> str:
    return (
        f'The namespace {namespace!r} belongs to another project, which had '
        f'the name first. Push to {project.id}/NAME, or ask an admin to '
        'release the namespace.'
    )
