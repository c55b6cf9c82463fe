"""Removal: tags go, and what images of Glance need stays.

An engine that is asked to delete a digest takes every tag of it along, also
the pins that keep the data of images. So it is never asked while there are
any: the tags go one by one.
"""

import contextlib
from typing import Protocol

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge.front import immutable
from glance_bridge.front import request as front_request

Target = front_request.Target


class Registry(Protocol):
    def digest_of(self, repository: str, reference: str) -> str | None: ...

    def tags(self, repository: str) -> list[str]: ...

    def untag(self, repository: str, tag: str) -> None: ...

    def delete_manifest(self, repository: str, digest: str) -> None: ...


class Publisher(Protocol):
    def locked(
        self, repository: model.Repository, tag: str
    ) -> contextlib.AbstractContextManager[None]: ...

    def withdraw(self, repository: model.Repository, tag: str) -> None: ...


class Hints(Protocol):
    def look_at_image(
        self, repository: model.Repository, image_id: str
    ) -> bool: ...


class Remover:
    """Takes deletions; for any number of threads."""

    def __init__(
        self,
        registry: Registry,
        publisher: Publisher,
        hints: Hints,
        immutable_tags: immutable.Rules,
    ) -> None:
        self._registry = registry
        self._publisher = publisher
        self._hints = hints
        self._immutable = immutable_tags

    def remove_pin(self, target: Target, image_id: str) -> None:
        """Drop a pin for Glance's store, and see later what it was for.

        The store does so before Glance deletes an image, and also where a
        location could not be used and the image stays.

        :raises RegistryNotFound: it is not there
        """
        self._registry.untag(str(target.repository), target.reference)
        self._hints.look_at_image(target.repository, image_id)

    def remove_tag(self, target: Target, project_id: str | None) -> None:
        """Delete a tag and hide its image.

        :raises Denied: the tag is immutable
        :raises RegistryNotFound: it is not there
        """
        repository, tag = target.repository, target.reference
        self._immutable.check(repository, tag, project_id)
        with self._publisher.locked(repository, tag):
            self._registry.untag(str(repository), tag)
            self._publisher.withdraw(repository, tag)

    def remove_digest(self, target: Target, project_id: str | None) -> None:
        """Delete a manifest with its tags; one that is pinned stays.

        :raises Denied: one of the tags is immutable
        :raises ManifestUnknown: it is not there
        """
        repository, digest = target.repository, target.reference
        if self._registry.digest_of(str(repository), digest) is None:
            raise exception.ManifestUnknown(f'There is no {target}.')
        tags = self._tags(repository, digest)
        visible = [tag for tag in tags if not location.is_pin(tag)]
        for tag in visible:
            self._immutable.check(repository, tag, project_id)
        for tag in visible:
            self._untag(repository, tag, digest)
        # Asked again: what was published meanwhile has a pin now.
        if not self._tags(repository, digest):
            with contextlib.suppress(exception.RegistryNotFound):
                self._registry.delete_manifest(str(repository), digest)

    def _tags(self, repository: model.Repository, digest: str) -> list[str]:
        name = str(repository)
        return [
            tag
            for tag in self._registry.tags(name)
            if self._registry.digest_of(name, tag) == digest
        ]

    def _untag(
        self, repository: model.Repository, tag: str, digest: str
    ) -> None:
        """Delete a tag, unless it was moved meanwhile."""
        with self._publisher.locked(repository, tag):
            if self._registry.digest_of(str(repository), tag) == digest:
                self._registry.untag(str(repository), tag)
                self._publisher.withdraw(repository, tag)
