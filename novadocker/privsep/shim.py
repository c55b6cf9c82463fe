"""The process of containerd that keeps a container: its shim.

The engine is asked to end a container, always. This is for one that the
engine has lost: whose shim lives on without anybody who would end it.
"""

from collections.abc import Iterator
import contextlib
import itertools
import os
import pathlib
import signal

from novadocker.privsep import argument
from novadocker.privsep import entrypoint

_PROC = pathlib.Path('/proc')
# All that containerd ever had: containerd-shim, containerd-shim-runc-v2, ...
_PROGRAM = b'containerd-shim'
# With one of them it keeps nothing, but makes a shim or clears up after one.
_DEEDS = {b'start', b'delete'}


def pids(container_id: str) -> tuple[int, ...]:
    """List the shims of a container; it needs no power."""
    wanted = argument.container_id(container_id)
    return tuple(pid for pid, kept in _shims() if kept == wanted)


def container_ids() -> frozenset[str]:
    """List the containers that have a shim; it needs no power."""
    return frozenset(kept for _, kept in _shims())


@entrypoint.net
def kill(container_id: str) -> None:
    """Kill the shims of a container; containerd then ends all that is in it.

    :source: containerd, runtime/v2, cleanupAfterDeadShim
    """
    for pid in pids(container_id):
        # It may have ended by itself meanwhile.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _shims() -> Iterator[tuple[int, str]]:
    """Yield each shim, and the id of what it keeps."""
    for path in _PROC.glob('[0-9]*/cmdline'):
        program, *words = _words(path)
        if os.path.basename(program).startswith(_PROGRAM) and (
            not _DEEDS & {*words}
        ):
            options = dict(itertools.pairwise(words))
            kept = options.get(b'-id', b'').decode('ascii', 'replace')
            if argument.is_container_id(kept):
                yield int(path.parent.name), kept


def _words(path: pathlib.Path) -> list[bytes]:
    # Of a process that has ended nothing is left to read.
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return path.read_bytes().split(b'\0')
    return [b'']
