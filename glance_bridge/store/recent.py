"""Plans of a moment ago: Glance asks thrice for the size of one location.

What a digest names never changes, but it may go: nothing is kept for longer
than a task of Glance takes.
"""

from collections.abc import Callable
import threading
import time

from ocikit import plan as oci_plan

_KEPT_S = 2.0
_MOST_KEPT = 32


class Plans:
    """Plans by repository and digest; for any number of threads."""

    def __init__(
        self,
        make: Callable[[str, str], oci_plan.Plan],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[float, oci_plan.Plan]] = {}

    def get(self, repository: str, manifest_digest: str) -> oci_plan.Plan:
        """Give a plan; whatever making one raises is raised, and not kept."""
        key = repository, manifest_digest
        now = self._clock()
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and now < kept[0]:
            return kept[1]
        # Not under the lock: it may take a while, and twice does no harm.
        found = self._make(repository, manifest_digest)
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = now + _KEPT_S, found
        return found
