"""Locks by name, between threads, processes and machines.

Which of these they hold between is for the deployment's choice of tooz's
driver; nothing else of tooz is used.
"""

from collections.abc import Iterator
import contextlib
import hashlib
import socket
import threading
from typing import Any
import uuid

from oslo_log import log as logging
import tenacity
import tooz
from tooz import coordination

from glance_bridge import exception

LOG = logging.getLogger(__name__)


class Locks:
    """Locks that one thread may take again while it holds them.

    :param url: of tooz
    :param timeout_s: how long somebody waits for others
    """

    def __init__(self, url: str, timeout_s: int) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._mutex = threading.Lock()
        self._coordinator: Any = None
        self._own = threading.local()

    @contextlib.contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Hold the lock of a name.

        :raises Locked: others held it for too long, or nobody can say
        """
        names: set[str] = self._own.__dict__.setdefault('names', set())
        if name in names:
            yield
            return
        lock = self._acquire(name)
        names.add(name)
        try:
            yield
        finally:
            names.remove(name)
            _release(lock, name)

    def _acquire(self, name: str) -> Any:
        try:
            lock = self._lock(name)
            is_ours = lock.acquire(blocking=self._timeout_s)
        except (tooz.ToozError, tenacity.RetryError, OSError) as err:
            LOG.warning(
                'The lock of %(name)s cannot be had: %(why)s',
                {'name': name, 'why': type(err).__name__},
            )
            raise exception.Locked(name) from err
        if not is_ours:
            raise exception.Locked(name)
        return lock

    def _lock(self, name: str) -> Any:
        """Make the lock of a name; the driver's books are not thread-safe."""
        with self._mutex:
            if self._coordinator is None:
                self._coordinator = self._start()
            return self._coordinator.get_lock(_key(name))

    def _start(self) -> Any:
        """Join the others, and keep alive what is held for long."""
        member = f'{socket.gethostname()}-{uuid.uuid4()}'
        found = coordination.get_coordinator(self._url, member.encode())
        found.start(start_heart=True)
        return found


def _key(name: str) -> bytes:
    """Make a name that is a file's name and fits MySQL's 64 characters."""
    code = hashlib.sha256(name.encode()).hexdigest()[:40]
    return f'glance-bridge-{code}'.encode()


def _release(lock: Any, name: str) -> None:
    # What was done under it is done, and drivers let go of what a lost
    # member held: nobody has to hear of it but the log.
    try:
        lock.release()
    except (tooz.ToozError, OSError) as err:
        LOG.warning(
            'The lock of %(name)s was not released: %(why)s',
            {'name': name, 'why': type(err).__name__},
        )
