"""Uploads: blobs on their way into a repository.

:source: OCI distribution-spec, "Pushing blobs"
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import contextlib

from glance_bridge import exception
from glance_bridge.registry import address
from glance_bridge.registry import connection
from glance_bridge.registry import error

_BINARY = {'Content-Type': 'application/octet-stream'}


class Upload:
    """A blob whose digest may not be known before its last byte.

    The engine forgets it some days after it was left alone; ``cancel`` says
    so at once. One thread at a time.
    """

    def __init__(
        self,
        link: connection.Connection,
        headers: Callable[[], Mapping[str, str]],
        repository: str,
        location: str,
    ) -> None:
        """Take over an upload that the engine has begun.

        :param headers: gives those that allow it; a token lives for minutes
            and a blob may take hours
        :param location: what the engine called it
        """
        self._link = link
        self._headers = headers
        self._below = address.uploads(repository)
        self._what = f'an upload to {repository}'
        self._path = link.path_of(location, self._below)

    def append(self, chunks: Iterable[bytes]) -> None:
        """Send more of the blob."""
        answer = self._link.send(
            'PATCH', self._path, {**self._headers(), **_BINARY}, iter(chunks)
        )
        error.check(answer, 202, 204, what=self._what)
        self._path = self._link.path_of(
            answer.headers.get('Location', ''), self._below
        )

    def finish(self, digest: str) -> None:
        """End the blob.

        :raises RegistryRefused: the engine counts another digest
        """
        mark = '&' if '?' in self._path else '?'
        answer = self._link.send(
            'PUT',
            f'{self._path}{mark}digest={digest}',
            {**self._headers(), **_BINARY, 'Content-Length': '0'},
        )
        error.check(answer, 201, 204, what=self._what)

    def cancel(self) -> None:
        """Drop what was sent; an engine that cannot is let be."""
        with contextlib.suppress(exception.BridgeError):
            self._link.send('DELETE', self._path, self._headers())
