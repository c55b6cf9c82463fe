"""Pins that keep what no image of Glance uses.

An upload or a snapshot sets its pin first and gets its image's data later,
and an engine does not say how old a tag is. So a pin is an orphan only after
this process has seen it without a use for a while. The pins of what was
published are compared by plan alone: they go with their image's tombstone,
and stay where Glance has lost most of its images.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from concurrent import futures
import time
from typing import Protocol

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.reconcile import model as reconcile_model
from glance_bridge.reconcile import use

LOG = logging.getLogger(__name__)

Finding = reconcile_model.Finding
Kind = reconcile_model.Kind
Tag = reconcile_model.Tag
World = reconcile_model.World


class Catalogue(use.Catalogue, Protocol):
    def get(self, image_id: str) -> catalogue_image.Image | None: ...


class Orphans:
    """Remember which pins are used, and since when others are not.

    :ivar young: at the last look, the pins whose time was not over
    :param grace_s: how long they may be of no use
    :param threads: how many images are asked for at once
    """

    def __init__(
        self,
        catalogue: Catalogue,
        grace_s: float,
        clock: Callable[[], float] = time.monotonic,
        *,
        threads: int = 1,
    ) -> None:
        self._catalogue = catalogue
        self._grace_s = grace_s
        self._clock = clock
        self._threads = threads
        self._since: dict[Tag, float] = {}
        # An image's data stays where it is, so that is asked for once.
        self._used: dict[Tag, str] = {}
        self._due: dict[Tag, str] = {}
        self.young: list[Finding] = []

    def find(self, world: World) -> list[Finding]:
        """List the pins whose time is over, and those that are missed."""
        now = self._clock()
        lost = [*self._lost(world)]
        published = {each.image_id for each in world.publications}
        with futures.ThreadPoolExecutor(self._threads) as pool:
            answers = pool.map(
                lambda each: self._is_lonely(world, published, *each),
                world.pins.items(),
            )
            lonely = {
                pin: image_id
                for (pin, image_id), is_lonely in zip(
                    world.pins.items(), answers, strict=True
                )
                if is_lonely
            }
        self._since = {pin: self._since.get(pin, now) for pin in lonely}
        self._due = {
            pin: image_id
            for pin, image_id in lonely.items()
            if now - self._since[pin] >= self._grace_s
        }
        self.young = _findings(
            {pin: lonely[pin] for pin in lonely.keys() - self._due.keys()}
        )
        return lost + _findings(self._due)

    def _lost(self, world: World) -> Iterator[Finding]:
        """List what has lost its pin since the last time.

        It may have been dropped in the very moment in which an image got
        its data: nobody can lock what Glance's store does.
        """
        for pin, image_id in {**self._used, **self._due}.items():
            if pin in world.pins:
                continue
            self._used.pop(pin, None)
            if image_id in world.image_ids and self._is_used(pin, image_id):
                yield Finding(Kind.UNPINNED, *pin, image_id=image_id)

    def _is_lonely(
        self, world: World, published: set[str], pin: Tag, image_id: str
    ) -> bool:
        if image_id in published:
            return False
        if (
            image_id not in world.image_ids
            # Glance may list an image of another format otherwise.
            and self._catalogue.get(image_id) is None
        ):
            return True
        return not self._is_used(pin, image_id)

    def _is_used(self, pin: Tag, image_id: str) -> bool:
        if pin in self._used:
            return True
        try:
            is_used = use.is_used(self._catalogue, pin[0], image_id)
        except exception.CatalogueRefused as err:
            LOG.debug('%s is taken for used: %s', image_id, err)
            return True
        if is_used:
            self._used[pin] = image_id
        return is_used


def _findings(pins: Mapping[Tag, str]) -> list[Finding]:
    return [
        Finding(Kind.ORPHANED, *pin, image_id=image_id)
        for pin, image_id in pins.items()
    ]
