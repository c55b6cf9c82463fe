"""The shell of a console: a process in a container, which has to end.

The engine starts it and has no call that ends it. What is signalled is held by
a descriptor and looked at before, so that a number which was given to another
process meanwhile reaches nobody.
"""

import contextlib
import signal

from novadocker.privsep import entrypoint
from novadocker.privsep import process


@entrypoint.net
def hang_up(container_id: str, pid: int) -> None:
    """Tell a process of a container that its terminal has gone."""
    _signal(container_id, pid, signal.SIGHUP)


@entrypoint.net
def kill(container_id: str, pid: int) -> None:
    """Kill a process of a container."""
    _signal(container_id, pid, signal.SIGKILL)


def _signal(container_id: str, pid: int, number: signal.Signals) -> None:
    # It may have ended by itself at any moment.
    with (
        contextlib.suppress(ProcessLookupError),
        process.held(container_id, pid) as held,
    ):
        signal.pidfd_send_signal(held, number)
