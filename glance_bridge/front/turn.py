"""Turns: which of many pushes goes on, so that no project keeps others out.

A push takes a thread until Glance has its image, and threads are few. No
client repeats a manifest that was answered 429, so pushes wait here, each in
its thread, as long as there is room. Only this process is looked at.
"""

import collections
from collections.abc import Iterator
import contextlib
import dataclasses
import threading

from glance_bridge import exception

RETRY_AFTER_S = 30


@dataclasses.dataclass(frozen=True)
class Rules:
    """How many there may be; see the options of the group ``[front]``."""

    pushes: int
    pushes_per_project: int
    waiting_pushes: int
    wait_s: float


@dataclasses.dataclass(eq=False)
class _Push:
    """One that waits.

    :ivar told: it may go on, or is refused
    """

    project_id: str
    told: threading.Event = dataclasses.field(default_factory=threading.Event)
    is_refused: bool = False


class Turns:
    """Gives turns to pushes; for any number of threads."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._lock = threading.Lock()
        self._waiting: list[_Push] = []
        self._at_work: collections.Counter[str] = collections.Counter()

    @contextlib.contextmanager
    def taken(self, project_id: str) -> Iterator[None]:
        """Wait for a turn and have it.

        :raises TooManyRequests: there is no room to wait, or the wait was
            in vain
        """
        push = _Push(project_id)
        with self._lock:
            self._waiting.append(push)
            self._go_on()
            self._make_room()
        push.told.wait(self._rules.wait_s)
        with self._lock:
            if push in self._waiting:
                self._refuse(push)
        if push.is_refused:
            raise exception.TooManyRequests(
                'Too many pushes of this project wait for their turn. Push '
                'again later.',
                headers=[('Retry-After', str(RETRY_AFTER_S))],
            )
        try:
            yield
        finally:
            with self._lock:
                self._at_work[project_id] -= 1
                self._at_work += collections.Counter()
                self._go_on()

    def _go_on(self) -> None:
        """Let those go on who may: first who has the fewest at work."""
        while self._at_work.total() < self._rules.pushes:
            free = [each for each in self._waiting if self._is_free(each)]
            if not free:
                return
            # The first of equals, who has waited longest.
            push = min(free, key=lambda each: self._at_work[each.project_id])
            self._waiting.remove(push)
            self._at_work[push.project_id] += 1
            push.told.set()

    def _is_free(self, push: _Push) -> bool:
        at_work = self._at_work[push.project_id]
        return at_work < self._rules.pushes_per_project

    def _make_room(self) -> None:
        """Refuse the newest of whoever has the most waiting."""
        if len(self._waiting) > self._rules.waiting_pushes:
            counts = collections.Counter(
                each.project_id for each in self._waiting
            )
            self._refuse(
                max(
                    reversed(self._waiting),
                    key=lambda each: counts[each.project_id],
                )
            )

    def _refuse(self, push: _Push) -> None:
        self._waiting.remove(push)
        push.is_refused = True
        push.told.set()
