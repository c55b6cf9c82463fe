"""End a process whose terminal has gone."""

import os
import selectors

from oslo_log import log as logging

from novadocker import exception
import novadocker.privsep.terminal

LOG = logging.getLogger(__name__)

# What a shell needs to tell its jobs, and what a kernel needs to end it.
_HANG_UP_S = 2.0
_KILL_S = 5.0


def end(
    container_id: str,
    pid: int,
    *,
    hang_up_s: float = _HANG_UP_S,
    kill_s: float = _KILL_S,
) -> bool:
    """Hang up on a process of a container, and kill it if it stays.

    One that is not of the container is left alone: the number is another's
    by now.

    :returns: whether it has ended; one that is frozen ends when it is thawed
    """
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        for signal, wait_s in (
            (novadocker.privsep.terminal.hang_up, hang_up_s),
            (novadocker.privsep.terminal.kill, kill_s),
        ):
            signal(container_id, pid)
            if _has_ended(process, wait_s):
                return True
    except exception.ProcessRefused:
        return True
    finally:
        os.close(process)
    LOG.warning(
        'Process %(pid)s of container %(id)s has not ended yet',
        {'pid': pid, 'id': container_id},
    )
    return False


def _has_ended(process: int, wait_s: float) -> bool:
    """Wait for a process, by its descriptor (pidfd_open(2))."""
    with selectors.DefaultSelector() as selector:
        selector.register(process, selectors.EVENT_READ)
        return bool(selector.select(wait_s))
