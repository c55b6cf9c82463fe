"""End what runs of a container that the engine believes not to run.

A dockerd that is killed in the middle of a start never learns of the process
that containerd has started for it. It calls the container created, removes it
without ending anything, and cannot start it again (seen with 20.10). Of all
that only the shim is left to be found, by the id of the container.
"""

from collections.abc import Callable
import time

from oslo_log import log as logging

import novadocker.privsep.shim

LOG = logging.getLogger(__name__)

# A shim outlives what it kept by some milliseconds; on a loaded host by more.
_ENDING_S = 1.0
_LOOK_S = 0.02
# Then containerd notices, has runc end the rest, and forgets the task: some
# tenths of a second, of which nothing is to be seen. A start before that
# fails with "already exists".
_CLEARING_S = 1.0


def end(
    container_id: str,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """End the processes of a container that is stopped or removed.

    :returns: whether there were any
    """
    deadline = clock() + _ENDING_S
    while found := novadocker.privsep.shim.pids(container_id):
        if clock() >= deadline:
            LOG.warning(
                'The engine has lost container %(id)s: ending its shim '
                '%(pids)s',
                {'id': container_id, 'pids': found},
            )
            novadocker.privsep.shim.kill(container_id)
            sleep(_CLEARING_S)
            return True
        sleep(_LOOK_S)
    return False
