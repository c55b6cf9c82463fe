"""Pins of images that Glance does not have.

An upload or a snapshot sets its pin first and gets its image's data later,
and an engine does not say how old a tag is. So a pin is an orphan only after
this process has seen it without an image for a while.
"""

from collections.abc import Callable
import time
from typing import Protocol

from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.reconcile import model as reconcile_model


class Catalogue(Protocol):
    def get(self, image_id: str) -> catalogue_image.Image | None: ...


class Orphans:
    """Remember since when pins have had no image.

    :param grace_s: how long they may
    """

    def __init__(
        self,
        catalogue: Catalogue,
        grace_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalogue = catalogue
        self._grace_s = grace_s
        self._clock = clock
        self._since: dict[reconcile_model.Tag, float] = {}

    def find(
        self, world: reconcile_model.World
    ) -> list[reconcile_model.Finding]:
        """List the pins whose time is over."""
        now = self._clock()
        lonely = {
            pin: image_id
            for pin, image_id in world.pins.items()
            if image_id not in world.image_ids
            # Glance may list an image of another format otherwise.
            and self._catalogue.get(image_id) is None
        }
        self._since = {pin: self._since.get(pin, now) for pin in lonely}
        return [
            reconcile_model.Finding(
                *(reconcile_model.Kind.ORPHANED, *pin),
                image_id=image_id,
            )
            for pin, image_id in lonely.items()
            if now - self._since[pin] >= self._grace_s
        ]
