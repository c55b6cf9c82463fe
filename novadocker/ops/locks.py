"""One lock per instance, for the stories that change it.

Nova's manager holds its own lock for some operations and not for others
(start, pause and rebuild run without), so the driver cannot rely on it.
"""

from collections.abc import Iterator
import contextlib

from oslo_concurrency import lockutils


@contextlib.contextmanager
def instance_lock(instance_uuid: str) -> Iterator[None]:
    """Hold the lock of an instance; waits for whoever has it.

    NOTE: the name must not be the bare uuid. Nova's manager holds a lock of
    that name while it calls the driver, and lock_file_prefix does not tell
    the two apart: it only counts for locks between processes.
    """
    with lockutils.lock(f'novadocker-{instance_uuid}'):
        yield
