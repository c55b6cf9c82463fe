"""Whose process it is, looked at while nobody can be given its number."""

from collections.abc import Iterator
import contextlib
import os
import pathlib

from novadocker import exception
from novadocker.privsep import argument

_PROC = pathlib.Path('/proc')


@contextlib.contextmanager
def held(container_id: str, pid: int) -> Iterator[int]:
    """Hold a process of a container by a descriptor.

    :raises ProcessRefused: it is not of that container
    :raises ProcessLookupError: it has ended
    """
    wanted, pid = argument.container_id(container_id), argument.process(pid)
    process = os.pidfd_open(pid)
    try:
        if not _is_in(pid, wanted):
            raise exception.ProcessRefused(
                pid=pid, reason=f'it is not of container {wanted}'
            )
        yield process
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
