"""The engine's events become Nova's lifecycle events.

A thread of our own reads the engine's stream for as long as the service
lives: a task that never ends has no place on Nova's pools (they have ten
threads, and the shutdown waits for them).
"""

from collections.abc import Callable
from collections.abc import Iterator
import threading
from typing import Any

from nova.virt import event as virtevent
from oslo_log import log as logging

from novadocker import constants
from novadocker import exception
from novadocker import identity
from novadocker import model

LOG = logging.getLogger(__name__)

_TRANSITIONS = {
    'start': virtevent.EVENT_LIFECYCLE_STARTED,
    'die': virtevent.EVENT_LIFECYCLE_STOPPED,
    'pause': virtevent.EVENT_LIFECYCLE_PAUSED,
    'unpause': virtevent.EVENT_LIFECYCLE_RESUMED,
}
_RECONNECT_S = 2.0

Stream = Callable[[int], Iterator[model.EngineEvent]]
Emit = Callable[[virtevent.LifecycleEvent], None]


def lifecycle_event(
    event: model.EngineEvent, host: str
) -> virtevent.LifecycleEvent | None:
    """Translate one event, ``None`` if it is not about a server of ours."""
    transition = _TRANSITIONS.get(event.action)
    labels = event.attributes
    uuid = identity.uuid_of(labels)
    is_ours = (
        uuid is not None
        and labels.get('name') == identity.container_name(uuid)
        and labels.get(constants.LABEL_HOST) == host
    )
    if transition is None or not is_ours:
        return None
    return virtevent.LifecycleEvent(
        uuid, transition, timestamp=event.time_ns / 10**9
    )


class Listener:
    """Reads events and hands them to Nova until it is stopped.

    STOPPED is held back for a while and dropped when the server starts again
    meanwhile: Nova answers it by stopping the server for good, and a reboot
    or a restart of the engine must not end that way.
    """

    def __init__(
        self,
        stream: Stream,
        emit: Emit,
        *,
        host: str,
        stop_delay_s: float,
        timer: Callable[..., Any] = threading.Timer,
    ) -> None:
        self._stream = stream
        self._emit = emit
        self._host = host
        self._stop_delay_s = stop_delay_s
        self._timer = timer
        self._pending: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._since_ns = 0

    def start(self) -> None:
        """Begin to listen, in a thread of its own."""
        threading.Thread(
            target=self._run, name='docker-events', daemon=True
        ).start()

    def stop(self) -> None:
        """Stop listening and forget what was held back; does not block."""
        self._stopped.set()
        with self._lock:
            for timer in self._pending.values():
                timer.cancel()
            self._pending.clear()

    def handle(self, event: model.EngineEvent) -> None:
        """Hand one event of the engine on, now or later."""
        self._since_ns = max(self._since_ns, event.time_ns + 1)
        lifecycle = lifecycle_event(event, self._host)
        if lifecycle is None:
            return
        uuid = lifecycle.get_instance_uuid()
        with self._lock:
            held = self._pending.pop(uuid, None)
            if held is not None:
                held.cancel()
            if event.action == 'die' and self._stop_delay_s:
                self._hold(uuid, lifecycle)
                return
        self._emit(lifecycle)

    def _hold(self, uuid: str, lifecycle: virtevent.LifecycleEvent) -> None:
        timer = self._timer(
            self._stop_delay_s, self._release, (uuid, lifecycle)
        )
        timer.daemon = True
        self._pending[uuid] = timer
        timer.start()

    def _release(self, uuid: str, lifecycle: virtevent.LifecycleEvent) -> None:
        with self._lock:
            self._pending.pop(uuid, None)
        self._emit(lifecycle)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                for event in self._stream(self._since_ns):
                    if self._stopped.is_set():
                        return
                    self.handle(event)
            except exception.EngineUnavailable as err:
                LOG.warning('No events, trying again: %s', err)
            except Exception:  # a thread's loop: nobody else would see it
                LOG.exception('An event could not be handled; going on')
            self._stopped.wait(_RECONNECT_S)
