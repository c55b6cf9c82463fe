"""Connections to the registry engine: one origin, bounded answers.

Where the engine lives is said by the configuration alone. What an answer
says of other places is followed for content only, and without credentials.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import dataclasses
from http import cookiejar
from typing import Any
import urllib.parse

import requests
import requests.adapters
import urllib3.exceptions

from glance_bridge import exception
from ocikit import limit

# Error documents and lists of tags; what has its own limit says so.
DOCUMENT_BYTES = 16 * limit.MIB

_SCHEMES = ('http', 'https')
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A connection that the engine closed meanwhile is no reason to fail; what
# changes something is not sent twice.
# NOTE(nova-docker): distribution 2.8 writes the link of a tag in place. Who
# reads it in that moment gets "invalid checksum digest format" and status 500.
_RETRIES = requests.adapters.Retry(
    total=3,
    redirect=0,
    status_forcelist=frozenset({500}),
    raise_on_status=False,
    backoff_factor=0.1,
    respect_retry_after_header=False,
    allowed_methods=frozenset({'GET', 'HEAD'}),
)


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the engine said, read whole.

    :ivar headers: names are looked up without regard to case
    """

    status: int
    headers: Mapping[str, str]
    content: bytes


class _Session(requests.Session):
    """A session that leaves redirects to us, without looking at them."""

    def get_redirect_target(self, resp: Any) -> None:
        # NOTE(nova-docker): the original would read a redirect's whole
        # content into memory even where redirects are not followed.
        return None


class Connection:
    """The engine's address, for any number of threads."""

    def __init__(
        self,
        url: str,
        ca_file: str | None = None,
        timeout_s: float = 60,
        pool_size: int = 32,
    ) -> None:
        """Remember where the engine is; it is not asked anything yet.

        :param timeout_s: between two bytes, not of a whole call
        """
        self._origin = _origin(url)
        self._timeout_s = timeout_s
        self._session = _Session()
        # Neither proxies nor .netrc of the environment: the bearer is only
        # for the engine.
        self._session.trust_env = False
        self._session.verify = ca_file or True
        # A jar would be shared by threads; no registry needs cookies.
        self._session.cookies.set_policy(
            cookiejar.DefaultCookiePolicy(allowed_domains=[])
        )
        for scheme in _SCHEMES:
            self._session.mount(
                f'{scheme}://',
                requests.adapters.HTTPAdapter(
                    pool_maxsize=pool_size, max_retries=_RETRIES
                ),
            )

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._session.close()

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | Iterable[bytes] | None = None,
        max_bytes: int = DOCUMENT_BYTES,
    ) -> Answer:
        """Send a request and read the whole answer.

        :param body: pieces are sent chunked
        :raises RegistryUnavailable: there is no answer
        :raises RegistryRefused: it is longer than ``max_bytes``
        """
        with self.opened(method, path, headers, body) as response:
            content = _read(response, max_bytes)
            return Answer(response.status_code, response.headers, content)

    @contextlib.contextmanager
    def opened(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | Iterable[bytes] | None = None,
    ) -> Iterator[Any]:
        """Send a request; give its answer before the content is read."""
        url = self._origin + path
        with self._answered(method, url, headers, body) as response:
            yield response

    @contextlib.contextmanager
    def followed(
        self, method: str, path: str, headers: Mapping[str, str]
    ) -> Iterator[Any]:
        """Ask for content; the engine may name another place for it.

        An engine over object storage answers with an address that is signed
        for a few minutes. Our bearer is not sent there.
        """
        url = self._origin + path
        for _ in range(_MAX_REDIRECTS + 1):
            with self._answered(method, url, headers) as response:
                if response.status_code not in _REDIRECTS:
                    yield response
                    return
                location = response.headers.get('Location', '')
            url = _joined(url, location)
            if _origin_of(url) != self._origin:
                headers = _without_credentials(headers)
        raise exception.RegistryRefused(
            f'it redirects {method} {path} more than {_MAX_REDIRECTS} times'
        )

    def path_of(self, location: str, below: str) -> str:
        """Take from an answer's Location only what lies on the engine.

        :param below: what the path has to begin with
        :raises RegistryRefused: it leads to something else
        """
        found = urllib.parse.urlsplit(location)
        path = found._replace(scheme='', netloc='', fragment='').geturl()
        parts = found.path.split('/')
        if not found.path.startswith(below) or '..' in parts:
            raise exception.RegistryRefused(
                f'it sends an upload below {below} to another path'
            )
        return path

    @contextlib.contextmanager
    def _answered(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | Iterable[bytes] | None = None,
    ) -> Iterator[Any]:
        try:
            response = self._session.request(
                method,
                url,
                # Nothing that a content's digest is of may be re-coded.
                headers={'Accept-Encoding': 'identity', **headers},
                data=body,
                timeout=self._timeout_s,
                stream=True,
                allow_redirects=False,
            )
        except requests.RequestException as err:
            raise _unavailable(err) from err
        with contextlib.closing(response):
            yield response


def pieces(response: Any) -> Iterator[bytes]:
    """Give an answer's content as it comes."""
    coding = response.headers.get('Content-Encoding', 'identity')
    if coding != 'identity':
        raise exception.RegistryRefused('it answers with coded content')
    try:
        # NOTE(nova-docker): iter_content() copies every byte once more on its
        # way through the decoder that is not needed here.
        while piece := response.raw.read(
            limit.CHUNK_BYTES, decode_content=False
        ):
            yield piece
    except urllib3.exceptions.HTTPError as err:
        raise _unavailable(err) from err


def _read(response: Any, max_bytes: int) -> bytes:
    content = bytearray()
    for piece in pieces(response):
        content += piece
        if len(content) > max_bytes:
            raise exception.RegistryRefused(
                f'it answers with more than {max_bytes} bytes'
            )
    return bytes(content)


def _unavailable(err: Exception) -> exception.RegistryUnavailable:
    # The text of requests' errors has addresses, which may be signed.
    return exception.RegistryUnavailable(type(err).__name__)


def _origin(url: str) -> str:
    """Check an address of the configuration.

    :raises ValueError: it is more or less than scheme, host and port
    """
    found = urllib.parse.urlsplit(url)
    if (
        found.scheme not in _SCHEMES
        or not found.hostname
        or found.path not in ('', '/')
        or '@' in found.netloc
        or found.query
    ):
        raise ValueError(
            'the address of a registry is http(s)://HOST[:PORT] and nothing '
            'more'
        )
    return f'{found.scheme}://{found.netloc}'


def _joined(url: str, location: str) -> str:
    try:
        found = urllib.parse.urljoin(url, location)
        scheme = urllib.parse.urlsplit(found).scheme
    except ValueError:
        scheme = ''
    if scheme not in _SCHEMES:
        raise exception.RegistryRefused('it redirects to no http address')
    return found


def _origin_of(url: str) -> str:
    found = urllib.parse.urlsplit(url)
    return f'{found.scheme}://{found.netloc}'


def _without_credentials(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in headers.items()
        if name.lower() != 'authorization'
    }
