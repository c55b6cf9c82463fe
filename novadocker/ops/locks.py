"""One lock per instance, for the stories that change it.

Nova's manager holds its own lock for some operations and not for others
(start, pause and rebuild run without), so the driver cannot rely on it.
"""

from collections.abc import Iterator
import contextlib
import threading

from oslo_concurrency import lockutils

_held = threading.local()


@contextlib.contextmanager
def instance_lock(instance_uuid: str) -> Iterator[None]:
    """Hold the lock of an instance; waits for whoever has it.

    A story that has it may call another one that takes it: a rebuild gives up
    what a move has brought. So a thread may hold it twice. No story calls Nova
    while it has it where Nova locks something: an attach has the lock of the
    volume (guard_connection of os-brick) when it comes here.

    NOTE: the name must not be the bare uuid. Nova's manager holds a lock of
    that name while it calls the driver, and lock_file_prefix does not tell
    the two apart: it only counts for locks between processes.
    """
    mine: set[str] = vars(_held).setdefault('uuids', set())
    if instance_uuid in mine:
        yield
        return
    with lockutils.lock(f'novadocker-{instance_uuid}'):
        mine.add(instance_uuid)
        try:
            yield
        finally:
            mine.remove(instance_uuid)
