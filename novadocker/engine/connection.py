"""The connection to an engine: clients of the SDK, made when needed.

A client is a ``requests.Session`` with a pool and is shared by threads. There
is one for each timeout, since the SDK fixes it when a client is made.
"""

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import threading
from typing import Any

import docker
from docker import errors as docker_errors
import requests

from novadocker import constants

# The newest API that the project is tested with, that of Engine 26.1; newer
# engines speak it, too.
_MAX_API_VERSION = (1, 45)
# As many threads of nova-compute can be in the driver at once, and a pool
# that is too small closes connections with a warning each.
_POOL_SIZE = 96
_CHUNK_BYTES = 64 * 1024


class Connection:
    """The way to one engine.

    :param host: ``unix:///path`` or ``tcp://address:port``
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._clients: dict[float | None, Any] = {}
        self._version: tuple[int, int] | None = None

    def ask_version(self, timeout_s: float) -> tuple[int, int]:
        """Ask for the newest API version that the engine speaks."""
        # The engine answers a ping in any version.
        client = self._made(constants.MIN_API_VERSION, timeout_s)
        with contextlib.closing(client):
            url = f'{client.base_url}/_ping'
            answer = _checked(client.get(url, timeout=timeout_s))
        said = answer.headers.get('Api-Version', '')
        major, _, minor = said.partition('.')
        if not (major.isdecimal() and minor.isdecimal()):
            raise docker_errors.InvalidVersion(
                f'what answers there is no Docker engine (API "{said}")'
            )
        return int(major), int(minor)

    def client(self, timeout_s: float | None, *, ask_s: float) -> Any:
        """Give the client that has a timeout.

        :param timeout_s: how long a call may stay without a byte of answer;
            ``None`` is for ever
        :param ask_s: the same, for what has to be asked of the engine first
        """
        with self._lock:
            if self._version is None:
                self._version = min(self.ask_version(ask_s), _MAX_API_VERSION)
            if timeout_s not in self._clients:
                self._clients[timeout_s] = self._made(self._version, timeout_s)
            return self._clients[timeout_s]

    @contextlib.contextmanager
    def download(
        self, client: Any, path: str, query: Mapping[str, Any]
    ) -> Iterator[Iterator[bytes]]:
        """Read an answer in pieces, under the client's timeout.

        The SDK's own streams read byte by byte or without a timeout.
        """
        url = f'{client.base_url}/v{client.api_version}{path}'
        with client.get(
            url, params=query, stream=True, timeout=client.timeout
        ) as answer:
            yield _checked(answer).iter_content(_CHUNK_BYTES)

    def _made(self, version: tuple[int, int], timeout_s: float | None) -> Any:
        client: Any = docker.APIClient(
            base_url=self._host,
            version='{}.{}'.format(*version),
            timeout=timeout_s,  # type: ignore[arg-type]  # any number will do
            max_pool_size=_POOL_SIZE,
        )
        # No proxy, no .netrc of whoever runs the service.
        client.trust_env = False
        return client


def _checked(answer: requests.Response) -> requests.Response:
    try:
        answer.raise_for_status()
    except requests.HTTPError as err:
        raise docker_errors.create_api_error_from_http_exception(err) from err
    return answer
