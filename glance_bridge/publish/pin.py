"""Pins: tags of the bridge's own, which keep what Glance needs.

The registry's garbage collection may take a manifest that no tag names, and
the manifests of an index besides (distribution 2.8). So every image has its
tags, for as long as it is in Glance.
"""

from collections.abc import Iterable
import contextlib
from typing import Protocol

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge.registry import client


class Registry(Protocol):
    def manifest(self, repository: str, reference: str) -> client.Manifest: ...

    def put_manifest(
        self, repository: str, reference: str, content: bytes, media_type: str
    ) -> str: ...

    def tags(self, repository: str) -> list[str]: ...

    def untag(self, repository: str, tag: str) -> None: ...


class Pins:
    """Sets and drops the pins of images."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def set(
        self,
        repository: model.Repository,
        image_id: str,
        manifest: client.Manifest,
        children: Iterable[str],
    ) -> None:
        """Pin a manifest, and what an index lists before it."""
        for position, digest in enumerate(children):
            child = self._registry.manifest(str(repository), digest)
            pin = location.child_pin_of(image_id, position)
            self._put(repository, pin, child)
        self._put(repository, location.pin_of(image_id), manifest)

    def drop(self, repository: model.Repository, image_id: str) -> None:
        """Take an image's pins away, as many as there are."""
        try:
            tags = self._registry.tags(str(repository))
        except exception.RegistryNotFound:
            return
        for tag in tags:
            if location.image_of_pin(tag) == image_id:
                self.untag(repository, tag)

    def untag(self, repository: model.Repository, tag: str) -> None:
        """Take a tag away; one that is not there is fine."""
        with contextlib.suppress(exception.RegistryNotFound):
            self._registry.untag(str(repository), tag)

    def _put(
        self,
        repository: model.Repository,
        pin: str,
        manifest: client.Manifest,
    ) -> None:
        self._registry.put_manifest(
            str(repository), pin, manifest.content, manifest.media_type
        )
