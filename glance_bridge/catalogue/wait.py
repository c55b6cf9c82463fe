"""Waiting for what Glance does after it has answered.

Its task takes most of the time that publishing takes, and tells nobody when
it is done. To ask takes from Glance what the task needs, so nobody asks
before it can be done, as far as the last ones tell: then often at first, and
less and less.
"""

from collections.abc import Callable
import time

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge.catalogue import glance
from glance_bridge.catalogue import image as catalogue_image

LOG = logging.getLogger(__name__)

_FIRST_S = 0.01
_LONGEST_S = 0.25
_GROWTH = 1.3
# What was done at the first look may have been done before it.
_EARLIER = 0.9
# A task that fails may leave its mark on the image. Its own word is asked
# for as often as this, which is more than any good task takes.
_DOUBT_S = 2.0


class Waiter:
    """Waits for images to be active.

    :param active_timeout_s: how long Glance may take to use a location
    :param hash_timeout_s: how long it may go on to hold the image: with
        ``do_secure_hash`` it reads all the data, and then writes the name
        and the hidden flag back as they were before
    """

    def __init__(
        self,
        catalogue: glance.Catalogue,
        *,
        active_timeout_s: float = 60,
        hash_timeout_s: float = 300,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._catalogue = catalogue
        self._active_timeout_s = active_timeout_s
        self._hash_timeout_s = hash_timeout_s
        self._clock = clock
        self._sleep = sleep
        # Of the last task; which thread says it last does not matter.
        self._usual_s = _FIRST_S

    def until_active(self, image_id: str) -> catalogue_image.Image:
        """Wait until an image can be booted.

        :raises LocationFailed: Glance could not use its location
        :raises CatalogueUnavailable: it did not do so in time
        :raises ImageNotFound: somebody deleted it meanwhile
        """
        found, early_s = self._poll(
            image_id, self._active_timeout_s, _is_done, self._usual_s
        )
        if found.is_queued and not found.is_busy:
            raise exception.LocationFailed(
                self._catalogue.failure(image_id) or 'it does not say why'
            )
        if found.is_queued:
            raise exception.CatalogueUnavailable(
                f'image {image_id} did not become active within '
                f'{self._active_timeout_s:g} s.'
            )
        self._learn(early_s)
        return found

    def until_free(
        self, found: catalogue_image.Image
    ) -> catalogue_image.Image:
        """Wait until Glance lets an active image go, or for long enough."""
        if not found.is_busy:
            return found
        now, early_s = self._poll(
            found.id, self._hash_timeout_s, lambda each: not each.is_busy
        )
        if early_s:
            self._learn(self._usual_s + early_s)
        if now.is_busy:
            LOG.warning(
                'Glance still holds image %s, and may undo a new name. Set '
                'do_secure_hash = false in glance-api.conf.',
                found.id,
            )
        return now

    def _learn(self, early_s: float) -> None:
        """Note when the last look at a task was too early.

        A Glance that many wait for is slow for a while: that is no reason to
        keep anybody waiting for long afterwards.
        """
        usual_s = early_s or self._usual_s * _EARLIER
        self._usual_s = min(max(usual_s, _FIRST_S), _LONGEST_S)

    def _poll(
        self,
        image_id: str,
        timeout_s: float,
        is_done: Callable[[catalogue_image.Image], bool],
        first_s: float = _FIRST_S,
    ) -> tuple[catalogue_image.Image, float]:
        """Ask for an image until it is as wanted, or time is up.

        :returns: the image, and after how long it was not as wanted yet; 0
            where it was at the first look
        """
        start = asked = self._clock()
        early_s = 0.0
        self._sleep(first_s)
        pause_s = _FIRST_S
        while True:
            before = self._clock()
            found = self._catalogue.get(image_id)
            if found is None:
                raise exception.ImageNotFound(f'{image_id} was deleted.')
            now = self._clock()
            if is_done(found) or now - start >= timeout_s:
                return found, early_s
            early_s = before - start
            if now - asked >= _DOUBT_S:
                self._doubt(found)
                asked = now
            self._sleep(pause_s)
            pause_s = min(pause_s * _GROWTH, _LONGEST_S)

    def _doubt(self, found: catalogue_image.Image) -> None:
        """Notice a task that failed and left its mark behind."""
        if not found.is_queued:
            return
        reason = self._catalogue.failure(found.id)
        if reason is not None:
            raise exception.LocationFailed(reason)


def _is_done(found: catalogue_image.Image) -> bool:
    """Tell that the task has used the location, or given it up."""
    is_given_up = found.is_queued and not found.is_busy
    return is_given_up or found.status not in ('queued', 'importing')
