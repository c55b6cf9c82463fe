"""The engine's events become Nova's lifecycle events.

A thread of our own reads the engine's stream for as long as the service
lives: a task that never ends has no place on Nova's pools (they have ten
threads, and the shutdown waits for them).
"""

from collections.abc import Callable
from collections.abc import Iterable
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
# What a server was last said to be, by what its container is.
_SAID = {
    model.ContainerState.RUNNING: virtevent.EVENT_LIFECYCLE_STARTED,
    model.ContainerState.RESTARTING: virtevent.EVENT_LIFECYCLE_STARTED,
    model.ContainerState.PAUSED: virtevent.EVENT_LIFECYCLE_PAUSED,
    model.ContainerState.EXITED: virtevent.EVENT_LIFECYCLE_STOPPED,
    model.ContainerState.DEAD: virtevent.EVENT_LIFECYCLE_STOPPED,
}
_RECONNECT_S = 2.0

Stream = Callable[[int], Iterator[model.EngineEvent]]
Look = Callable[[], Iterable[model.Container]]
Emit = Callable[[virtevent.LifecycleEvent], None]


def lifecycle_event(
    event: model.EngineEvent, host: str
) -> virtevent.LifecycleEvent | None:
    """Translate one event, ``None`` if it is not about a server of ours."""
    transition = _TRANSITIONS.get(event.action)
    uuid = _instance_of(event, host)
    if transition is None or uuid is None:
        return None
    return virtevent.LifecycleEvent(
        uuid, transition, timestamp=event.time_ns / 10**9
    )


def _instance_of(event: model.EngineEvent, host: str) -> str | None:
    labels = event.attributes
    uuid = identity.uuid_of(labels)
    is_ours = (
        uuid is not None
        and labels.get('name') == identity.container_name(uuid)
        and labels.get(constants.LABEL_HOST) == host
    )
    return uuid if is_ours else None


class Listener:
    """Reads events and hands them to Nova until it is stopped.

    STOPPED is held back for a while and dropped when the server starts again
    meanwhile: Nova answers it by stopping the server for good, and a reboot
    or a restart of the engine must not end that way.

    :param stream: reads the engine's events from a time on
    :param look: lists the servers of this host
    :param since_ns: the engine's time from which on events are told
    """

    def __init__(
        self,
        stream: Stream,
        look: Look,
        emit: Emit,
        *,
        host: str,
        since_ns: int,
        stop_delay_s: float,
        timer: Callable[..., Any] = threading.Timer,
    ) -> None:
        self._stream = stream
        self._look = look
        self._emit = emit
        self._host = host
        self._stop_delay_s = stop_delay_s
        self._timer = timer
        self._pending: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._since_ns = since_ns
        # By instance: what Nova knows of it.
        self._said: dict[str, int] = {}
        self._is_away = False

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
        if lifecycle is not None:
            self._tell(lifecycle)
        elif event.action == 'destroy':
            self._said.pop(_instance_of(event, self._host) or '', None)

    def catch_up(self) -> None:
        """Tell of servers that have changed while nobody listened.

        The engine forgets its events when it ends, and tells of no container
        that ended while it was away.
        """
        found = {
            container.labels[constants.LABEL_UUID]: _SAID[container.state]
            for container in self._look()
            if container.state in _SAID
        }
        # Of what is new Nova knows: it had it made, or has just started.
        for uuid in found.keys() & self._said.keys():
            self._tell(virtevent.LifecycleEvent(uuid, found[uuid]))
        self._said = found

    def _tell(self, lifecycle: virtevent.LifecycleEvent) -> None:
        uuid = lifecycle.get_instance_uuid()
        transition = lifecycle.get_transition()
        is_stop = transition == virtevent.EVENT_LIFECYCLE_STOPPED
        is_resume = transition == virtevent.EVENT_LIFECYCLE_RESUMED
        state = virtevent.EVENT_LIFECYCLE_STARTED if is_resume else transition
        if self._said.get(uuid) == state:
            return  # It was seen in a look already.
        self._said[uuid] = state
        with self._lock:
            held = self._pending.pop(uuid, None)
            if held is not None:
                held.cancel()
            if is_stop and self._stop_delay_s:
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
                self.catch_up()
                self._is_away = False
                for event in self._stream(self._since_ns):
                    if self._stopped.is_set():
                        return
                    self.handle(event)
            except exception.EngineUnavailable as err:
                # Once for each time that it goes.
                level = logging.DEBUG if self._is_away else logging.WARNING
                LOG.log(level, 'No events, trying again: %s', err)
                self._is_away = True
            except Exception:  # a thread's loop: nobody else would see it
                LOG.exception('An event could not be handled; going on')
            self._stopped.wait(_RECONNECT_S)
