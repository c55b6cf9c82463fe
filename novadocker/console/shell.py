"""What a session is connected with: a shell of its own, or the command.

The engine lets a shell live on when nobody is connected with it any more
(seen with 20.10 and all three ways of closing). What was started here is
therefore ended here.
"""

from collections.abc import Callable
from collections.abc import Iterable
import contextlib
import socket
import time
from typing import Protocol

from oslo_log import log as logging

from novadocker import exception
from novadocker import model
from novadocker.console import hangup
from novadocker.engine import terminal

LOG = logging.getLogger(__name__)

PROGRAM = '/bin/sh'
# By this name a later nova-compute knows what an earlier one has left.
_NAME = 'nova-console'
_SCRIPT = '[ -x /bin/bash ] && exec /bin/bash; exec /bin/sh'
COMMAND = (PROGRAM, '-c', _SCRIPT, _NAME)

# A serial line does not tell the size of what is at its other end.
_ROWS, _COLUMNS = 24, 80
_BEGIN_S = 10.0
_LOOK_S = 0.05

_ENGINE_ERRORS = (exception.EngineError, exception.EngineUnavailable)


class Terminal(Protocol):
    """Something to talk to."""

    @property
    def socket(self) -> socket.socket:
        """What it says and hears."""

    def settle(self) -> None:
        """Set it up once it has begun to speak."""

    def close(self) -> None:
        """End the conversation, with all that was started for it."""


class Attachment:
    """The terminal of a container's own command, which lives on."""

    def __init__(
        self, terminals: terminal.Terminals, container_id: str
    ) -> None:
        self.socket = terminals.attach(container_id)

    def settle(self) -> None:
        """Leave it as it is: it is the command's, and others may look."""

    def close(self) -> None:
        self.socket.close()


class Shell:
    """A shell beside a container's command, as the same user.

    :raises EngineError, EngineUnavailable: it cannot be started
    """

    def __init__(
        self,
        terminals: terminal.Terminals,
        container_id: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._terminals = terminals
        self._container_id = container_id
        self._clock = clock
        self._sleep = sleep
        self._pid = 0
        self._exec_id = terminals.create(container_id, COMMAND)
        self.socket = terminals.start(self._exec_id)

    def settle(self) -> None:
        """Set its size, and learn its number while the engine knows it."""
        # It may have ended already, and a shell without a size is one.
        with contextlib.suppress(*_ENGINE_ERRORS):
            self._pid = self._begun().pid
            self._terminals.resize(self._exec_id, rows=_ROWS, columns=_COLUMNS)

    def close(self) -> None:
        self.socket.close()
        pid = self._living()
        if pid:
            hangup.end(self._container_id, pid)

    def _living(self) -> int:
        """Give the number of a shell that has to be ended, 0 if none."""
        try:
            found = self._begun()
        except _ENGINE_ERRORS:
            # dockerd forgets its shells when it ends, and they live on.
            return self._pid
        return 0 if found.exit_code is not None else found.pid

    def _begun(self) -> model.Exec:
        """Look at the shell once it has begun, or should have long ago.

        One that was asked for begins even if nobody is there any more.
        """
        deadline = self._clock() + _BEGIN_S
        found = self._terminals.look(self._exec_id)
        while not found.pid and found.exit_code is None:
            if self._clock() > deadline:
                break
            self._sleep(_LOOK_S)
            found = self._terminals.look(self._exec_id)
        return found


def end_left(
    terminals: terminal.Terminals, container_ids: Iterable[str]
) -> None:
    """End the shells that a nova-compute has left which was killed."""
    for container_id in container_ids:
        try:
            left = terminals.execs(container_id)
        except _ENGINE_ERRORS as err:
            LOG.warning(
                'Shells of container %(id)s may be left: %(error)s',
                {'id': container_id, 'error': err},
            )
            continue
        for each in left:
            if each.command[-1:] == (_NAME,) and each.pid:
                LOG.info(
                    'Ending shell %(pid)s, left in container %(id)s',
                    {'pid': each.pid, 'id': container_id},
                )
                hangup.end(container_id, each.pid)
