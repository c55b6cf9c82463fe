"""The consoles of a host: secrets, the door they open, and what is behind."""

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import socket

from oslo_log import log as logging

from novadocker import model
from novadocker.console import listener
from novadocker.console import secret
from novadocker.console import session
from novadocker.console import shell
from novadocker.engine import terminal

LOG = logging.getLogger(__name__)

# Long enough for shells that do not listen to be killed.
_END_S = 4.0


@dataclasses.dataclass(frozen=True)
class Settings:
    """Values of the configuration that consoles need.

    :ivar proxies: who may connect; without any, this host alone
    """

    address: str
    port: int
    proxies: Sequence[listener.Network]
    sessions_per_server: int
    sessions: int
    secret_ttl_s: float


class Consoles:
    """Gives consoles away and opens them."""

    def __init__(
        self, terminals: terminal.Terminals, settings: Settings
    ) -> None:
        self._terminals = terminals
        self._secrets = secret.Secrets(settings.secret_ttl_s)
        self._sessions = session.Sessions(
            self._open,
            per_server=settings.sessions_per_server,
            in_all=settings.sessions,
        )
        self._listener = listener.Listener(
            settings.address,
            settings.port,
            allowed=settings.proxies,
            welcome=self._welcome,
        )
        self.is_open = False

    @property
    def port(self) -> int:
        """Where it listens, once it is open."""
        return self._listener.port

    def sessions(self) -> int:
        """Count the sessions that have not ended."""
        return len(self._sessions)

    def start(self, container_ids: Iterable[str]) -> None:
        """Open the door; where that fails, the host has no consoles.

        :param container_ids: where an earlier nova-compute may have left
            shells
        """
        shell.end_left(self._terminals, container_ids)
        try:
            self._listener.start()
        except OSError as err:
            # Servers do without their consoles, and a host with servers does
            # not stop for them.
            LOG.error('This host has no consoles: %s', err)
            return
        self.is_open = True

    def stop(self) -> None:
        """Close the door and end all sessions."""
        if self.is_open:
            self.is_open = False
            self._listener.stop()
            self._sessions.end_all(_END_S)

    def give(self, container_id: str, console: model.Console) -> str:
        """Make a secret that opens a console once."""
        return self._secrets.give(secret.Grant(container_id, console))

    def has_shell(self, container_id: str) -> bool:
        """Tell whether a container has what a console is."""
        return self._terminals.has_file(container_id, shell.PROGRAM)

    def _welcome(self, peer: socket.socket, text: bytes, typed: bytes) -> bool:
        grant = self._secrets.take(text)
        if grant is None:
            LOG.warning('A console was refused: wrong, used or expired secret')
            return False
        if not self._sessions.begin(peer, grant, typed):
            LOG.warning(
                'A console of container %s was refused: there are too many',
                grant.container_id,
            )
            return False
        return True

    def _open(self, grant: secret.Grant) -> shell.Terminal:
        if grant.console is model.Console.ATTACH:
            return shell.Attachment(self._terminals, grant.container_id)
        return shell.Shell(self._terminals, grant.container_id)
