"""The shell of a console: a process in a container, which has to end.

The engine starts it and has no call that ends it. What is signalled is held by
a descriptor and looked at before, so that a number which was given to another
process meanwhile reaches nobody.
"""

import contextlib
import os
import pathlib
import signal

from novadocker import exception
from novadocker.privsep import argument
from novadocker.privsep import entrypoint

_PROC = pathlib.Path('/proc')


@entrypoint.net
def hang_up(container_id: str, pid: int) -> None:
    """Tell a process of a container that its terminal has gone."""
    _signal(container_id, pid, signal.SIGHUP)


@entrypoint.net
def kill(container_id: str, pid: int) -> None:
    """Kill a process of a container."""
    _signal(container_id, pid, signal.SIGKILL)


def _signal(container_id: str, pid: int, number: signal.Signals) -> None:
    wanted, pid = argument.container_id(container_id), argument.process(pid)
    # It may have ended by itself at any moment.
    with contextlib.suppress(ProcessLookupError):
        process = os.pidfd_open(pid)
        try:
            if not _is_in(pid, wanted):
                raise exception.ProcessRefused(
                    pid=pid, reason=f'it is not of container {wanted}'
                )
            signal.pidfd_send_signal(process, number)
        finally:
            os.close(process)


def _is_in(pid: int, container_id: str) -> bool:
    """Tell whether a process is in the cgroup of a container.

    :source: moby, daemon/oci_linux.go: the last part of the path is the id,
        or docker-ID.scope under systemd
    """
    try:
        lines = (_PROC / str(pid) / 'cgroup').read_text().splitlines()
    except FileNotFoundError:
        return False
    names = {container_id, f'docker-{container_id}.scope'}
    return any(names & {*line.split('/')[1:]} for line in lines)
