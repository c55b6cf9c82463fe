"""The connection to the image bridge and its registry: HTTP, and its failures.

Both are of one origin. The doors get the tokens of a user and of Nova, the
registry the bearer that a door has handed out; neither is sent anywhere else.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import http
import json
from typing import Any
import urllib.parse

from keystoneauth1 import exceptions as keystone_exceptions
import requests

from novadocker import exception

_CHUNK_BYTES = 256 * 1024
# To connect, and between two pieces of an answer: with a bridge that is away
# a boot has Glance's stream to wait for, too. A door may wait for Glance.
_TIMEOUT_S = (5, 120)
# A registry may have its blobs elsewhere, once.
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_ANSWER_BYTES = 64 * 1024
_MAX_REASON_CHARS = 200
# What is sent and answered has tokens in it.
_QUIETLY: Mapping[str, Any] = {
    'raise_exc': False,
    'redirect': False,
    'log': False,
    'stream': True,
    'timeout': _TIMEOUT_S,
}


class Connection:
    """The way to one bridge, for any number of threads.

    :param session: a session of keystoneauth1
    :param url: of the bridge and of its registry, without a path
    :param authenticate: makes the authentication of a request context: its
        user's token and Nova's own
    """

    def __init__(
        self, session: Any, url: str, authenticate: Callable[[Any], Any]
    ) -> None:
        self._session = session
        self._url = url.rstrip('/')
        self._authenticate = authenticate

    def ask(
        self, context: Any, image_id: str, deed: str, body: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Knock at one of the doors of an image.

        :raises ImageNotBridged: it is not there, or not for this user
        :raises ImageBridgeError: nobody knows
        """
        action = f'{deed} image {image_id}'
        with _translated(action):
            answer = self._session.request(
                f'{self._url}/v1/images/{image_id}/{deed}',
                'POST',
                auth=self._authenticate(context),
                json=body,
                **_QUIETLY,
            )
            with contextlib.closing(answer):
                check(answer, action, missing=exception.ImageNotBridged)
                return _object(answer, action)

    @contextlib.contextmanager
    def read(
        self, token: str, path: str, accept: str = '*/*'
    ) -> Iterator[Any]:
        """Read something of the registry.

        :param path: below ``/v2/``
        """
        action = f'send {path}'
        headers = {'Accept': accept, 'Accept-Encoding': 'identity'}
        with _translated(action):
            answer = self._send('GET', self.address(path), token, headers)
            if answer.status_code in _REDIRECTS:
                # NOTE: not with our token, which is the registry's alone.
                target = answer.headers.get('Location', '')
                answer.close()
                target = urllib.parse.urljoin(self.address(path), target)
                answer = self._send('GET', target, '', headers)
            with contextlib.closing(answer):
                check(answer, action)
                yield answer

    def write(
        self,
        method: str,
        url: str,
        token: str,
        *,
        data: Any = b'',
        media_type: str = 'application/octet-stream',
    ) -> Any:
        """Write something to the registry; give the answer, which is closed.

        :param url: an address below this registry
        :raises ImageBridgeError: there is no answer, or it is none
        """
        action = f'take {method} {urllib.parse.urlsplit(url).path}'
        headers = {'Content-Type': media_type}
        with _translated(action):
            answer = self._send(method, url, token, headers, data=data)
            with contextlib.closing(answer):
                check(
                    answer,
                    action,
                    http.HTTPStatus.CREATED,
                    http.HTTPStatus.ACCEPTED,
                )
                return answer

    def address(self, path: str) -> str:
        """Give the address of something in the registry."""
        return f'{self._url}/v2/{urllib.parse.quote(path, safe="/:")}'

    def onward(self, answer: Any, url: str) -> str:
        """Give the address at which the registry wants to go on.

        :param url: what was answered
        :raises ImageBridgeError: it is not the registry's
        """
        location = str(answer.headers.get('Location', ''))
        found: str = urllib.parse.urljoin(url, location)
        if not location or not found.startswith(f'{self._url}/v2/'):
            raise exception.ImageBridgeError(
                action='take a layer', reason='it sends us elsewhere'
            )
        return found

    def _send(
        self,
        method: str,
        url: str,
        token: str,
        headers: Mapping[str, str],
        **more: Any,
    ) -> Any:
        secret = {'Authorization': f'Bearer {token}'} if token else {}
        return self._session.request(
            url,
            method,
            authenticated=False,
            headers={**headers, **secret},
            **more,
            **_QUIETLY,
        )


def limited(answer: Any, max_bytes: int) -> Iterator[bytes]:
    """Give the bytes of an answer and no more than so many."""
    for chunk in answer.iter_content(_CHUNK_BYTES):
        yield chunk[:max_bytes]
        max_bytes -= len(chunk)
        if max_bytes <= 0:
            return


def check(
    answer: Any,
    action: str,
    *expected: int,
    missing: type[exception.ImageBridgeError] = exception.ImageBridgeError,
) -> None:
    """Raise what an answer means, unless it is as expected."""
    if answer.status_code in (expected or (http.HTTPStatus.OK,)):
        return
    is_missing = answer.status_code == http.HTTPStatus.NOT_FOUND
    kind = missing if is_missing else exception.ImageBridgeError
    raise kind(action=action, reason=_said(answer))


def _said(answer: Any) -> str:
    """Take the sentence of an answer, as registries write it."""
    said = f'HTTP {answer.status_code}'
    with contextlib.suppress(ValueError, LookupError, TypeError):
        message = json.loads(_body(answer))['errors'][0]['message']
        said += f', {str(message)[:_MAX_REASON_CHARS]}'
    return said


def _object(answer: Any, action: str) -> Mapping[str, Any]:
    try:
        found = json.loads(_body(answer))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise exception.ImageBridgeError(
            action=action, reason='it answers with no object'
        )
    return found


def _body(answer: Any) -> bytes:
    return b''.join(limited(answer, _MAX_ANSWER_BYTES))


@contextlib.contextmanager
def _translated(action: str) -> Iterator[None]:
    """Turn what HTTP and Keystone fail with into ours."""
    try:
        yield
    except (
        keystone_exceptions.ClientException,
        requests.RequestException,
    ) as err:
        # What they say quotes addresses and, at times, a body.
        raise exception.ImageBridgeError(
            action=action, reason=type(err).__name__
        ) from err
