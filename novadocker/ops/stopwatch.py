"""Where the time of a story goes: seconds by phase, for its one INFO line."""

from collections.abc import Iterator
import contextlib

from oslo_utils import timeutils


class Stopwatch:
    """Collect the seconds of named phases."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure what runs inside; it counts when it fails, too."""
        watch = timeutils.StopWatch()
        watch.start()
        try:
            yield
        finally:
            spent = self._seconds.get(name, 0.0) + watch.elapsed()
            self._seconds[name] = spent

    def __str__(self) -> str:
        return ', '.join(
            f'{name} {seconds:.3f} s'
            for name, seconds in self._seconds.items()
        )
