"""Terminals of containers: commands that the engine starts beside their own.

A room beside engine.py, with a connection of its own: a terminal is a socket
that stays open for hours, and nothing of it is a value of one call.
"""

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import socket
from typing import Any

from docker import errors as docker_errors

from novadocker import model
from novadocker.engine import connection
from novadocker.engine import error
from novadocker.engine import hijack

# What leaves a terminal, typed in this order. None would be better, but the
# engine then takes ctrl-p for the first of its own, and holds it back.
_DETACH_KEYS = 'ctrl-_,ctrl-@,ctrl-_,ctrl-@'


class Terminals:
    """The terminals of an engine. It is not spoken to before the first call.

    :param host: ``unix:///path`` or ``tcp://address:port``
    :param timeout_s: how long a call may stay without a byte of answer
    """

    def __init__(self, host: str, timeout_s: float = 30) -> None:
        self._host = host
        self._timeout_s = timeout_s
        self._connection = connection.Connection(host)

    def has_file(self, container_id: str, path: str) -> bool:
        """Tell whether a container has something at a path.

        :raises ContainerNotFound: there is no such container
        """
        with self._call('look for a file', container_id) as client:
            url = f'{client.base_url}/v{client.api_version}'
            answer = client.head(
                f'{url}/containers/{container_id}/archive',
                params={'path': path},
                timeout=client.timeout,
            )
            if answer.status_code == 404:
                # Of which of the two it is, a HEAD says nothing.
                client.inspect_container(container_id)
                return False
            if answer.status_code >= 400:
                said = answer.reason or 'no reason'
                raise docker_errors.APIError(said, answer, explanation=said)
        return True

    def create(self, container_id: str, command: Sequence[str]) -> str:
        """Prepare a command with a terminal, as the container's own user.

        :returns: its id
        :raises ContainerNotFound: there is no such container
        :raises ContainerConflict: it is not running, or paused
        """
        with self._call('prepare a shell', container_id) as client:
            made = client.exec_create(
                container_id,
                list(command),
                stdin=True,
                tty=True,
                detach_keys=_DETACH_KEYS,
            )
        return str(made['Id'])

    def start(self, exec_id: str) -> socket.socket:
        """Start a command and give its terminal; the caller closes it.

        A command that cannot be started says so on its terminal.

        :raises ContainerNotFound: nothing has this id any more
        """
        with self._call('start a shell', exec_id) as client:
            return self._upgraded(
                client,
                f'/exec/{exec_id}/start',
                {'Detach': False, 'Tty': True},
            )

    def attach(self, container_id: str) -> socket.socket:
        """Give the terminal of a container's own command.

        The caller closes it, which ends nothing. The command has to have one:
        what has none is not this stream of plain bytes.

        :raises ContainerNotFound: there is no such container
        """
        query = f'stream=1&stdin=1&stdout=1&detachKeys={_DETACH_KEYS}'
        with self._call('attach to a terminal', container_id) as client:
            return self._upgraded(
                client, f'/containers/{container_id}/attach?{query}', {}
            )

    def resize(self, exec_id: str, *, rows: int, columns: int) -> None:
        """Set the size of a terminal; its command has to be running."""
        with self._call('set the size of a terminal', exec_id) as client:
            client.exec_resize(exec_id, rows, columns)

    def look(self, exec_id: str) -> model.Exec:
        """Look at a command.

        :raises ContainerNotFound: nothing has this id any more
        """
        with self._call('look at a shell', exec_id) as client:
            found = client.exec_inspect(exec_id)
        process = found['ProcessConfig']
        return model.Exec(
            id=found['ID'],
            pid=found['Pid'] or 0,
            # NOTE: a command that has not begun is not running, either.
            exit_code=found['ExitCode'],
            command=(process['entrypoint'], *(process['arguments'] or ())),
        )

    def execs(self, container_id: str) -> list[model.Exec]:
        """List what runs in a container beside its own command."""
        with self._call('list shells', container_id) as client:
            found = client.inspect_container(container_id)
        return [self.look(each) for each in found['ExecIDs'] or ()]

    def _upgraded(
        self, client: Any, path: str, body: dict[str, Any]
    ) -> socket.socket:
        return hijack.upgraded(
            self._host,
            f'/v{client.api_version}{path}',
            body,
            timeout_s=self._timeout_s,
        )

    @contextlib.contextmanager
    def _call(self, action: str, name: str) -> Iterator[Any]:
        with error.translated(self._host, action, name=name):
            yield self._connection.client(
                self._timeout_s, ask_s=self._timeout_s
            )
