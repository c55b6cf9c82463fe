"""Which project a namespace is bound to.

Names of projects change, and a name that is free again goes to somebody
else. So the first push into a namespace binds it to the project's id, and it
stays with it, whatever becomes of the name, until an admin releases it.
"""

from collections.abc import Iterable
from typing import Protocol

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.identity import model as identity_model
from glance_bridge.namespace import name

LOG = logging.getLogger(__name__)


class _Database(Protocol):
    def bindings(self) -> list[model.Binding]: ...

    def binding(self, namespace: str) -> model.Binding | None: ...

    def add_binding(self, binding: model.Binding) -> model.Binding: ...

    def remove_binding(self, namespace: str) -> None: ...


class Namespaces:
    """Whose namespaces are.

    :param default_domain_id: whose projects need not name their domain
    """

    def __init__(self, database: _Database, default_domain_id: str) -> None:
        self._database = database
        self._default_domain_id = default_domain_id

    def find(self, namespace: str) -> model.Binding | None:
        """Say whose a namespace is; None is nobody's yet."""
        return self._database.binding(namespace)

    def listed(self) -> list[model.Binding]:
        """List all bindings, by name."""
        found = self._database.bindings()
        return sorted(found, key=lambda each: each.namespace)

    def candidates(
        self, namespace: str, projects: Iterable[identity_model.Project]
    ) -> list[identity_model.Project]:
        """Pick the projects that a namespace could be of.

        Those of other domains stay among them: the name of a domain is not
        known here. :meth:`is_name_of` tells when it is.
        """
        return [each for each in projects if name.may_be_of(namespace, each)]

    def is_name_of(
        self, namespace: str, project: identity_model.Project
    ) -> bool:
        """Tell whether a project may be called so."""
        names = name.names(project, self._default_domain_id)
        return namespace == project.id or namespace in names

    def bind(
        self, namespace: str, project: identity_model.Project
    ) -> model.Binding:
        """Bind a namespace to a project, if it is nobody's, and say whose.

        :returns: the binding that holds, which may be of another project
        """
        wanted = model.Binding(namespace, project.id, project.domain_id)
        found = self._database.add_binding(wanted)
        if found == wanted:
            LOG.info(
                'Namespace %(namespace)s belongs to project %(project)s.',
                {'namespace': namespace, 'project': project.id},
            )
        return found

    def release(self, namespace: str) -> model.Binding:
        """Let a namespace go to whoever pushes into it next.

        :raises NameUnknown: it is not bound
        """
        found = self._database.binding(namespace)
        if found is None:
            raise exception.NameUnknown(
                f'The namespace {namespace} belongs to no project.'
            )
        self._database.remove_binding(namespace)
        return found
