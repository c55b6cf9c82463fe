"""The tags that events have named, until somebody has looked at them.

A tag waits once, however often it is named. Nothing here is kept over a
restart, and what does not fit is dropped: the reconciler finds it.
"""

from collections.abc import Callable
import dataclasses
import datetime
import heapq
import itertools
import threading
import time

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge import metrics
from glance_bridge import model
from glance_bridge import settle

LOG = logging.getLogger(__name__)

ATTEMPTS = 4


@dataclasses.dataclass(frozen=True)
class Work:
    """A tag, or an image, to look at; it is one only once."""

    repository: model.Repository
    tag: str = ''
    image_id: str = ''

    def __str__(self) -> str:
        what = f'image {self.image_id}' if self.image_id else self.tag
        return f'{self.repository}:{what}'


@dataclasses.dataclass
class _Waiting:
    told_at: datetime.datetime
    attempt: int = 0


class Hints:
    """A bounded queue and the thread that works on it.

    The thread starts with the first hint, so that it is in the process that
    a WSGI server forked. Nothing here blocks or raises for whoever hints.
    """

    def __init__(
        self,
        settler: settle.Settler,
        delay_s: float,
        size: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settler = settler
        self._delay_s = delay_s
        self._size = size
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: dict[Work, _Waiting] = {}
        self._order: list[tuple[float, int, Work]] = []
        self._number = itertools.count()
        self._thread: threading.Thread | None = None

    def look_at(
        self,
        repository: model.Repository,
        tag: str,
        told_at: datetime.datetime = datetime.datetime.min,
    ) -> bool:
        """Have a tag looked at in a moment; False where none is free."""
        return self._add(Work(repository, tag=tag), _Waiting(told_at))

    def look_at_image(
        self, repository: model.Repository, image_id: str
    ) -> bool:
        """Have somebody see in a moment whether an image is still there."""
        work = Work(repository, image_id=image_id)
        return self._add(work, _Waiting(datetime.datetime.min))

    def work_off(self) -> float | None:
        """Do what is due and say in how many seconds the next will be."""
        while True:
            with self._changed:
                if not self._order:
                    return None
                wait_s = self._order[0][0] - self._clock()
                if wait_s > 0:
                    return wait_s
                _, _, work = heapq.heappop(self._order)
                waiting = self._waiting.pop(work)
                metrics.HINTS.set(len(self._waiting))
            # Whoever names it from here on has it looked at once more.
            self._do(work, waiting)

    def _add(self, work: Work, waiting: _Waiting) -> bool:
        with self._changed:
            if (known := self._waiting.get(work)) is not None:
                known.told_at = max(known.told_at, waiting.told_at)
                return True
            if len(self._waiting) >= self._size:
                return False
            self._waiting[work] = waiting
            metrics.HINTS.set(len(self._waiting))
            # Twice as long with every attempt.
            due = self._clock() + self._delay_s * 2**waiting.attempt
            heapq.heappush(self._order, (due, next(self._number), work))
            self._start()
            self._changed.notify()
        return True

    def _do(self, work: Work, waiting: _Waiting) -> None:
        try:
            if work.image_id:
                self._settler.image(work.repository, work.image_id)
            else:
                self._settler.tag(work.repository, work.tag, waiting.told_at)
        except exception.ServiceUnavailable as err:
            waiting.attempt += 1
            if waiting.attempt < ATTEMPTS and self._add(work, waiting):
                return
            LOG.warning(
                '%(work)s is left to the reconciler: %(reason)s',
                {'work': work, 'reason': err},
            )
        # A thread's loop: the next hint has nothing to do with this one.
        except Exception:
            LOG.exception('%s is left to the reconciler', work)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name='hints', daemon=True
            )
            self._thread.start()

    def _run(self) -> None:
        while True:
            wait_s = self.work_off()
            with self._changed:
                # Something may have come since; then it is not slept over.
                if wait_s is not None or not self._order:
                    self._changed.wait(wait_s)
