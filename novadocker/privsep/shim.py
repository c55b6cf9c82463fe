"""The process of containerd that keeps a container: its shim.

The engine is asked to end a container, always. This is for one that the
engine has lost: whose shim lives on without anybody who would end it.
"""

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
    wanted = argument.container_id(container_id).encode()
    return tuple(
        int(path.parent.name)
        for path in _PROC.glob('[0-9]*/cmdline')
        if _is_shim(_words(path), wanted)
    )


@entrypoint.net
def kill(container_id: str) -> None:
    """Kill the shims of a container; containerd then ends all that is in it.

    :source: containerd, runtime/v2, cleanupAfterDeadShim
    """
    for pid in pids(container_id):
        # It may have ended by itself meanwhile.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _is_shim(words: list[bytes], container_id: bytes) -> bool:
    return (
        os.path.basename(words[0]).startswith(_PROGRAM)
        and (b'-id', container_id) in itertools.pairwise(words)
        and not _DEEDS & {*words}
    )


def _words(path: pathlib.Path) -> list[bytes]:
    # Of a process that has ended nothing is left to read.
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return path.read_bytes().split(b'\0')
    return [b'']
