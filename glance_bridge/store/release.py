"""Release: an image that Glance deletes no longer holds its manifest.

A manifest is never deleted here. Other images and tags may point to it, and
Glance asks for the same when it takes a location back that it just added.
"""

import contextlib
from typing import Protocol

from glance_bridge import exception
from glance_bridge import location

# What an engine answers that deletes by digest only (distribution 2.8: 400).
_NOT_BY_TAG = frozenset({400, 405})


class Registry(Protocol):
    """What releasing needs of the registry."""

    def tags(self, repository: str) -> list[str]: ...

    def untag(self, repository: str, tag: str) -> None: ...


def release(
    registry: Registry, engine: Registry, repository: str, image_id: str
) -> None:
    """Drop the pins of an image.

    :param registry: asked to delete a tag, which the bridge can do and which
        tells it that there is something to look after
    :param engine: the same one, asked in the way that every engine knows
    :raises RegistryNotFound: there are none
    """
    pins = [
        tag
        for tag in registry.tags(repository)
        if location.image_of_pin(tag) == image_id
    ]
    if not pins:
        raise exception.RegistryNotFound(f'pin of {image_id}')
    # Those of an index's children go before the index's own, by which one
    # that failed midway is found again.
    for tag in sorted(pins, key=len, reverse=True):
        with contextlib.suppress(exception.RegistryNotFound):
            _untag(registry, engine, repository, tag)


def _untag(
    registry: Registry, engine: Registry, repository: str, tag: str
) -> None:
    try:
        registry.untag(repository, tag)
    except exception.RegistryRefused as err:
        if err.status not in _NOT_BY_TAG:
            raise
        engine.untag(repository, tag)
