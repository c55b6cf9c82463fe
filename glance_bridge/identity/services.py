"""Tells the services of the cloud from its users."""

import dataclasses

from glance_bridge.identity import directory as directories
from glance_bridge.identity import model


@dataclasses.dataclass(frozen=True)
class ServiceProject:
    """The project that the users of the services work in.

    :ivar name: or its id
    """

    name: str
    domain_id: str

    def is_it(self, project: model.Project) -> bool:
        return project.id == self.name or (
            project.name == self.name and project.domain_id == self.domain_id
        )


class Services:
    """Who is a service.

    A role of the same name on another project makes nobody one.
    """

    def __init__(
        self, directory: directories.Directory, project: ServiceProject
    ) -> None:
        self._directory = directory
        self._project = project

    def roles(self, caller: model.Caller) -> tuple[str, ...]:
        """List a caller's roles among the services; none for a user."""
        for project in self._directory.projects(caller):
            if self._project.is_it(project):
                found = self._directory.membership(caller, project.id)
                return found.roles if found else ()
        return ()
