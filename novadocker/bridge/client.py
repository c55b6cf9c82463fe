"""The image bridge: where the registry has an image, and its blobs.

It believes nothing of what it gets: what has a digest is checked by whoever
asked for it. Every call is a user's, made on behalf of Nova: the bridge gets
both tokens, and Glance decides.

:source: doc/source/admin/registry-pull.rst, "The doors"; OCI
    distribution-spec, "Pull" and "Push"
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import hashlib
import http
import time
from typing import Any
from typing import BinaryIO
import urllib.parse

from novadocker import exception
from novadocker import model
from novadocker.bridge import connection
from ocikit import digest as oci_digest
from ocikit import exception as oci_exception
from ocikit import manifest as oci_manifest
from ocikit import media_type
from ocikit import platform as oci_platform

_MANIFESTS = ', '.join(sorted(media_type.MANIFESTS))


class Bridge:
    """The doors of the bridge, and its registry.

    :param session: a session of keystoneauth1
    :param url: of both, without a path
    :param authenticate: makes the authentication of a request context: its
        user's token and Nova's own
    """

    def __init__(
        self, session: Any, url: str, authenticate: Callable[[Any], Any]
    ) -> None:
        self._link = connection.Connection(session, url, authenticate)

    def ask_to_pull(
        self, context: Any, image_id: str, platform: oci_platform.Platform
    ) -> model.PullGrant:
        """Ask for the way to an image of Glance.

        :raises ImageNotBridged: the registry has none that the user sees
        :raises ImageBridgeError: nobody knows
        """
        body = _wanted(platform)
        found = self._link.ask(context, image_id, 'pull', body)
        with _understood():
            return _pull_grant(found, found)

    def ask_to_push(
        self,
        context: Any,
        image_id: str,
        parent_id: str,
        platform: oci_platform.Platform,
    ) -> model.PushGrant:
        """Ask where to put an image that Glance awaits.

        :param parent_id: the image whose layers it has, too
        :raises ImageNotBridged: the registry has no such parent for the user
        :raises ImageBridgeError: nobody knows
        """
        body = {**_wanted(platform), 'parent': parent_id}
        found = self._link.ask(context, image_id, 'push', body)
        with _understood():
            return model.PushGrant(
                repository=str(found['repository']),
                token=str(found['token']),
                parent=_pull_grant(found['parent'], found),
            )

    def publish(
        self, context: Any, image_id: str, manifest_digest: str
    ) -> None:
        """Have the bridge make an image of what was pushed; it blocks.

        :raises ImageBridgeError: it is not active
        """
        body = {'manifest_digest': manifest_digest}
        self._link.ask(context, image_id, 'publish', body)

    def manifest(self, grant: model.PullGrant, max_bytes: int) -> bytes:
        """Read the manifest of an image, up to so many bytes and one more."""
        path = f'{grant.repository}/manifests/{grant.manifest_digest}'
        with self._link.read(grant.token, path, accept=_MANIFESTS) as answer:
            return b''.join(connection.limited(answer, max_bytes + 1))

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

    def mount(self, grant: model.PushGrant, digest: str) -> bool:
        """Have a blob of the parent in the new image's repository, too.

        :returns: whether the registry did so
        """
        query = urllib.parse.urlencode(
            {'mount': digest, 'from': grant.parent.repository}
        )
        url = self._uploads(grant) + f'?{query}'
        answer = self._link.write('POST', url, grant.token)
        return bool(answer.status_code == http.HTTPStatus.CREATED)

    def upload(
        self, grant: model.PushGrant, chunks: Iterable[bytes]
    ) -> tuple[str, int]:
        """Store a blob; give its digest and how many bytes it has."""
        sent = _Sent(chunks)
        url = self._uploads(grant)
        answer = self._link.write('POST', url, grant.token)
        url = self._link.onward(answer, url)
        answer = self._link.write('PATCH', url, grant.token, data=iter(sent))
        url = self._link.onward(answer, url)
        separator = '&' if urllib.parse.urlsplit(url).query else '?'
        query = urllib.parse.urlencode({'digest': sent.digest})
        self._link.write('PUT', f'{url}{separator}{query}', grant.token)
        return sent.digest, sent.size_bytes

    def put_manifest(
        self, grant: model.PushGrant, content: bytes, kind: str
    ) -> str:
        """Store a manifest under no name but its digest, which is given."""
        digest = oci_digest.from_bytes(content)
        url = self._link.address(f'{grant.repository}/manifests/{digest}')
        self._link.write(
            'PUT', url, grant.token, data=content, media_type=kind
        )
        return digest

    def _uploads(self, grant: model.PushGrant) -> str:
        return self._link.address(f'{grant.repository}/blobs/uploads/')

    def _blob(
        self, grant: model.PullGrant, blob: oci_manifest.Descriptor
    ) -> Iterator[bytes]:
        left_bytes = blob.size_bytes
        path = f'{grant.repository}/blobs/{blob.digest}'
        with self._link.read(grant.token, path) as answer:
            for chunk in connection.limited(answer, blob.size_bytes):
                left_bytes -= len(chunk)
                yield chunk
        if left_bytes:
            raise exception.ImageBridgeError(
                action=f'send {blob.digest}',
                reason=f'{left_bytes} bytes are missing',
            )


class _Sent:
    """Counts and hashes what is sent."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._hash.update(chunk)
            self.size_bytes += len(chunk)
            yield chunk

    @property
    def digest(self) -> str:
        return oci_digest.from_hex(self._hash.hexdigest())


def _wanted(platform: oci_platform.Platform) -> dict[str, str]:
    return {'os': platform.os, 'architecture': platform.architecture}


def _pull_grant(
    found: Mapping[str, Any], given: Mapping[str, Any]
) -> model.PullGrant:
    """Read where an image is.

    :param given: has the token for it
    """
    return model.PullGrant(
        repository=str(found['repository']),
        manifest_digest=oci_digest.parse(found['manifest_digest']),
        config_digest=oci_digest.parse(found['config_digest']),
        token=str(given['token']),
        renew_at_s=time.monotonic() + given['expires_in_s'] / 2,
    )


@contextlib.contextmanager
def _understood() -> Iterator[None]:
    """Take what is missing or mistyped in an answer for its failure."""
    try:
        yield
    except (KeyError, TypeError, oci_exception.OciError) as err:
        raise exception.ImageBridgeError(
            action='answer as it should', reason=str(err)
        ) from err
