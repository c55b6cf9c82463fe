"""Wait for an engine that is away, as it is while dockerd restarts.

Only what has to be done in any case waits here: taking back and removing.
What a user asked for fails at once, and the user may ask again.
"""

from collections.abc import Callable
import dataclasses
import random
import time
from typing import TypeVar

from oslo_log import log as logging

from novadocker import exception

LOG = logging.getLogger(__name__)

_T = TypeVar('_T')

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
# NOTE: the engine also fails a removal while containerd is away, and while
# an earlier request for the same one is at work.
_TEMPORARY = (exception.EngineUnavailable, exception.EngineError)


@dataclasses.dataclass(frozen=True)
class Patience:
    """How long an absence of the engine is outlasted.

    A dockerd that crashed is started again by its unit after 2 s; without
    live-restore it gives the containers it finds 10 s to end before it
    answers, with it a host full of them takes some seconds.
    """

    within_s: float = 60.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def outlast(
        self, deed: Callable[[], _T], *, awaits_container: bool = False
    ) -> _T:
        """Do a deed again until it succeeds or the time is over.

        :param awaits_container: that it is not there is temporary, too
        :raises EngineUnavailable, EngineError: what it failed with at last
        """
        deadline = self.clock() + self.within_s
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                return deed()
            except _TEMPORARY as err:
                is_absent = isinstance(err, exception.ContainerNotFound)
                is_final = is_absent and not awaits_container
                if is_final or self.clock() >= deadline:
                    raise
                LOG.warning('%s Trying again.', err)
            # Not all at once, where many servers wait for one engine.
            self.sleep(pause_s * random.uniform(0.5, 1))  # noqa: S311
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
