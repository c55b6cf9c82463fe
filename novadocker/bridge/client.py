"""The image bridge: where the registry has an image, and its blobs.

It speaks HTTP and believes nothing of what it gets: what has a digest is
checked by whoever asked for it. Every call is a user's, made on behalf of
Nova: the bridge gets both tokens, and Glance decides.

:source: doc/source/admin/registry-pull.rst, "The doors"; OCI
    distribution-spec, "Pull"
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import http
import json
import time
from typing import Any
from typing import BinaryIO
import urllib.parse

from keystoneauth1 import exceptions as keystone_exceptions
import requests

from novadocker import exception
from novadocker import model
from ocikit import digest
from ocikit import exception as oci_exception
from ocikit import manifest as oci_manifest
from ocikit import media_type
from ocikit import platform as oci_platform

_CHUNK_BYTES = 256 * 1024
# To connect, and between two pieces of an answer: with a bridge that is away
# a boot has Glance's stream to wait for, too.
_TIMEOUT_S = (5, 60)
_MANIFESTS = ', '.join(sorted(media_type.MANIFESTS))
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


class Bridge:
    """The doors of the bridge and of its registry, which are of one origin.

    :param session: a session of keystoneauth1
    :param url: of both, without a path
    :param authenticate: makes the authentication of a request context: its
        user's token and Nova's own
    """

    def __init__(
        self, session: Any, url: str, authenticate: Callable[[Any], Any]
    ) -> None:
        self._session = session
        self._url = url.rstrip('/')
        self._authenticate = authenticate

    def ask_to_pull(
        self, context: Any, image_id: str, platform: oci_platform.Platform
    ) -> model.PullGrant:
        """Ask for the way to an image of Glance.

        :raises ImageNotBridged: the registry has none that the user sees
        :raises ImageBridgeError: nobody knows
        """
        found = self._ask(
            context,
            image_id,
            'pull',
            {'os': platform.os, 'architecture': platform.architecture},
        )
        with _understood():
            return model.PullGrant(
                repository=str(found['repository']),
                manifest_digest=digest.parse(found['manifest_digest']),
                config_digest=digest.parse(found['config_digest']),
                token=str(found['token']),
                renew_at_s=time.monotonic() + found['expires_in_s'] / 2,
            )

    def manifest(self, grant: model.PullGrant, max_bytes: int) -> bytes:
        """Read the manifest of an image, up to so many bytes and one more."""
        path = f'manifests/{grant.manifest_digest}'
        with self._registry(grant, path, accept=_MANIFESTS) as answer:
            return b''.join(_limited(answer, max_bytes + 1))

    def blob(
        self, grant: model.PullGrant, blob: oci_manifest.Descriptor
    ) -> bytes:
        """Read a small blob, up to what its descriptor says."""
        return b''.join(self._blob(grant, blob))

    def fetch(
        self,
        grant: model.PullGrant,
        blob: oci_manifest.Descriptor,
        target: BinaryIO,
    ) -> None:
        """Write a blob to a file.

        :raises ImageBridgeError: it is shorter than its descriptor says
        """
        for chunk in self._blob(grant, blob):
            target.write(chunk)

    def _blob(
        self, grant: model.PullGrant, blob: oci_manifest.Descriptor
    ) -> Iterator[bytes]:
        left_bytes = blob.size_bytes
        with self._registry(grant, f'blobs/{blob.digest}') as answer:
            for chunk in _limited(answer, blob.size_bytes):
                left_bytes -= len(chunk)
                yield chunk
        if left_bytes:
            raise exception.ImageBridgeError(
                action=f'send {blob.digest}',
                reason=f'{left_bytes} bytes are missing',
            )

    def _ask(
        self, context: Any, image_id: str, deed: str, body: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Knock at one of the doors of an image."""
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
                _check(answer, action, missing=exception.ImageNotBridged)
                return _object(answer, action)

    @contextlib.contextmanager
    def _registry(
        self, grant: model.PullGrant, path: str, accept: str = '*/*'
    ) -> Iterator[Any]:
        """Read something of the registry."""
        repository = urllib.parse.quote(grant.repository)
        url = f'{self._url}/v2/{repository}/{path}'
        headers = {'Accept': accept, 'Accept-Encoding': 'identity'}
        secret = {'Authorization': f'Bearer {grant.token}'}
        action = f'send {path}'
        with _translated(action):
            answer = self._get(url, headers | secret)
            if answer.status_code in _REDIRECTS:
                # NOTE: not with our token, which is the registry's alone.
                target = answer.headers.get('Location', '')
                answer.close()
                answer = self._get(urllib.parse.urljoin(url, target), headers)
            with contextlib.closing(answer):
                _check(answer, action)
                yield answer

    def _get(self, url: str, headers: Mapping[str, str]) -> Any:
        return self._session.request(
            url,
            'GET',
            authenticated=False,
            headers=dict(headers),
            **_QUIETLY,
        )


def _limited(answer: Any, max_bytes: int) -> Iterator[bytes]:
    """Give the bytes of an answer and no more than so many."""
    for chunk in answer.iter_content(_CHUNK_BYTES):
        yield chunk[:max_bytes]
        max_bytes -= len(chunk)
        if max_bytes <= 0:
            return


def _check(
    answer: Any,
    action: str,
    missing: type[exception.ImageBridgeError] = exception.ImageBridgeError,
) -> None:
    if answer.status_code == http.HTTPStatus.OK:
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
    return b''.join(_limited(answer, _MAX_ANSWER_BYTES))


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


@contextlib.contextmanager
def _understood() -> Iterator[None]:
    """Take what is missing or mistyped in an answer for its failure."""
    try:
        yield
    except (KeyError, TypeError, oci_exception.OciError) as err:
        raise exception.ImageBridgeError(
            action='answer as it should', reason=str(err)
        ) from err
