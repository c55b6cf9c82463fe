"""The registry engine's API, as far as the bridge needs it.

What is read is bounded and compared with its digest.

:source: OCI distribution-spec 1.1; distribution API, "Listing Repositories"
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import dataclasses
from typing import Any

from glance_bridge import exception
from glance_bridge.registry import address
from glance_bridge.registry import connection
from glance_bridge.registry import content as registry_content
from glance_bridge.registry import error
from glance_bridge.registry import listing
from glance_bridge.registry import untag
from glance_bridge.registry import upload
from ocikit import digest as oci_digest
from ocikit import limit
from ocikit import media_type as oci_media_type

# What distribution takes at most.
MANIFEST_BYTES = 4 * limit.MIB

_ACCEPT = {
    'Accept': ', '.join(
        sorted(oci_media_type.MANIFESTS | oci_media_type.INDEXES)
    )
}


@dataclasses.dataclass(frozen=True)
class Manifest:
    """A manifest or an index, to the byte."""

    content: bytes
    media_type: str
    digest: str


@dataclasses.dataclass(frozen=True)
class Start:
    """The first bytes of a blob, and how many it has in all."""

    content: bytes
    size_bytes: int


class Registry:
    """The engine, for any number of threads.

    Every method raises RegistryUnavailable where there is no answer worth
    the name, and RegistryRefused where the engine says no or does not keep
    to its protocol.
    """

    def __init__(
        self,
        url: str,
        authorize: Callable[[tuple[str, ...]], str],
        ca_file: str | None = None,
        timeout_s: float = 60,
        *,
        pool_size: int = 32,
        can_delete_tag: bool = False,
    ) -> None:
        """Remember where the engine is; it is not asked anything yet.

        :param authorize: gives a bearer for scopes such as
            ``repository:demo/web:pull,push``
        :param timeout_s: between two bytes, not of a whole call
        :param can_delete_tag: whether it deletes a tag and nothing else, as
            distribution does from 3 on
        """
        self._link = connection.Connection(url, ca_file, timeout_s, pool_size)
        self._authorize = authorize
        self._can_delete_tag = can_delete_tag

    def manifest(self, repository: str, reference: str) -> Manifest:
        """Read what a tag or a digest names now.

        :raises RegistryNotFound: nothing
        """
        what = f'{repository} {reference}'
        answer = self._link.send(
            'GET',
            address.manifest(repository, reference),
            {**self._bearer(repository, 'pull'), **_ACCEPT},
            max_bytes=MANIFEST_BYTES,
        )
        error.check(answer, 200, what=what)
        digest = oci_digest.from_bytes(answer.content)
        claimed = answer.headers.get('Docker-Content-Digest', digest)
        registry_content.check_digest(digest, claimed, what)
        if oci_digest.is_digest(reference):
            registry_content.check_digest(digest, reference, what)
        media_type = answer.headers.get('Content-Type', '')
        return Manifest(
            answer.content, media_type.partition(';')[0].strip(), digest
        )

    def digest_of(self, repository: str, reference: str) -> str | None:
        """Give the digest that a tag points to now."""
        answer = self._link.send(
            'HEAD',
            address.manifest(repository, reference),
            {**self._bearer(repository, 'pull'), **_ACCEPT},
        )
        if answer.status == 404:
            return None
        what = f'{repository} {reference}'
        error.check(answer, 200, what=what)
        digest = answer.headers.get('Docker-Content-Digest', '')
        if not oci_digest.is_digest(digest):
            raise exception.RegistryRefused(f'{what}: it names no digest')
        return digest

    def put_manifest(
        self, repository: str, reference: str, content: bytes, media_type: str
    ) -> str:
        """Store a manifest and give its digest."""
        what = f'{repository} {reference}'
        answer = self._link.send(
            'PUT',
            address.manifest(repository, reference),
            {
                **self._bearer(repository, 'pull', 'push'),
                'Content-Type': media_type,
            },
            content,
        )
        error.check(answer, 201, what=what)
        digest = oci_digest.from_bytes(content)
        stored = answer.headers.get('Docker-Content-Digest', digest)
        registry_content.check_digest(digest, stored, what)
        return digest

    def delete_manifest(self, repository: str, digest: str) -> None:
        """Delete a manifest and every tag that points to it.

        :raises RegistryNotFound: it is not there
        """
        self._delete(repository, oci_digest.parse(digest))

    def untag(self, repository: str, tag: str) -> None:
        """Delete a tag; what it pointed to stays, as do its other tags.

        Whoever reads the tag meanwhile may find an index of nothing.

        :raises RegistryNotFound: it is not there
        """
        if self._can_delete_tag:
            self._delete(repository, tag)
        elif self._has_tag(repository, tag):
            untag.untag(self, repository, tag)
        else:
            raise exception.RegistryNotFound(f'{repository} {tag}')

    def tags(self, repository: str) -> list[str]:
        """List the tags of a repository; one that is not there has none."""
        path = address.tags(repository)
        headers = self._bearer(repository, 'pull')
        try:
            return [*listing.items(self._link, path, headers, 'tags')]
        except exception.RegistryNotFound:
            return []

    def repositories(self) -> Iterator[str]:
        """Go through all repositories, also those that have lost all tags."""
        headers = self._granted('registry:catalog:*')
        return listing.items(
            self._link, '/v2/_catalog', headers, 'repositories'
        )

    def blob_size(self, repository: str, digest: str) -> int | None:
        """Give the size that a blob of a repository has in fact."""
        path = address.blob(repository, digest)
        headers = self._bearer(repository, 'pull')
        with self._link.followed('HEAD', path, headers) as response:
            if response.status_code == 404:
                return None
            what = f'{repository} {digest}'
            error.check(_bare(response), 200, what=what)
            return registry_content.length(response, what)

    @contextlib.contextmanager
    def blob(
        self,
        repository: str,
        digest: str,
        offset: int = 0,
        length: int | None = None,
    ) -> Iterator[Iterator[bytes]]:
        """Open a blob, or the part of it that has ``length`` bytes.

        One that is read from its first byte to its last is compared with its
        digest at the end. A part cannot be.

        :raises RegistryNotFound: it is not in the repository
        """
        if length == 0:
            yield iter(())
            return
        what = f'{repository} {digest}'
        path = address.blob(repository, digest)
        headers = self._bearer(repository, 'pull')
        is_part = offset > 0 or length is not None
        if is_part:
            end = '' if length is None else offset + length - 1
            headers['Range'] = f'bytes={offset}-{end}'
        with self._link.followed('GET', path, headers) as response:
            error.check(_bare(response), 206 if is_part else 200, what=what)
            if is_part:
                registry_content.check_part(response, offset, length, what)
            size_bytes = registry_content.length(response, what)
            found = connection.pieces(response)
            found = registry_content.exact(found, size_bytes, what)
            if not is_part:
                found = registry_content.verified(found, digest, what)
            yield found

    def start(self, repository: str, digest: str, count: int) -> Start:
        """Read the first bytes of a blob and learn its size, in one call.

        :param count: at most; a blob that has no more is verified
        :raises RegistryNotFound: it is not in the repository
        """
        what = f'{repository} {digest}'
        path = address.blob(repository, digest)
        headers = self._bearer(repository, 'pull')
        headers['Range'] = f'bytes=0-{max(count, 1) - 1}'
        with self._link.followed('GET', path, headers) as response:
            if response.status_code == 416:
                # There is no first byte.
                return Start(b'', 0)
            # An engine need not know parts (RFC 9110, section 14.2).
            error.check(_bare(response), 200, 206, what=what)
            size_bytes = registry_content.whole_length(response, what)
            found = registry_content.first(
                connection.pieces(response), min(count, size_bytes), what
            )
        if len(found) == size_bytes:
            computed = oci_digest.from_bytes(found)
            registry_content.check_digest(computed, digest, what)
        return Start(found, size_bytes)

    def begin(self, repository: str) -> upload.Upload:
        """Begin a blob whose digest is not known yet."""
        headers = self._bearer(repository, 'pull', 'push')
        answer = self._link.send('POST', address.uploads(repository), headers)
        error.check(answer, 202, what=f'an upload to {repository}')
        return self._upload(repository, answer)

    def upload_blob(
        self, repository: str, digest: str, chunks: Iterable[bytes]
    ) -> None:
        """Store a blob; of one that fails midway nothing is left."""
        oci_digest.parse(digest)
        with contextlib.ExitStack() as undo:
            blob = self.begin(repository)
            undo.callback(blob.cancel)
            blob.append(chunks)
            blob.finish(digest)
            undo.pop_all()

    def _upload(
        self, repository: str, answer: connection.Answer
    ) -> upload.Upload:
        return upload.Upload(
            self._link,
            lambda: self._bearer(repository, 'pull', 'push'),
            repository,
            answer.headers.get('Location', ''),
        )

    def _has_tag(self, repository: str, tag: str) -> bool:
        """Tell whether there is a tag, also one that points to nothing."""
        return self.digest_of(repository, tag) is not None or tag in self.tags(
            repository
        )

    def _delete(self, repository: str, reference: str) -> None:
        path = address.manifest(repository, reference)
        headers = self._bearer(repository, 'delete')
        answer = self._link.send('DELETE', path, headers)
        error.check(answer, 202, what=f'{repository} {reference}')

    def _bearer(self, repository: str, *actions: str) -> dict[str, str]:
        return self._granted(address.scope(repository, *actions))

    def _granted(self, *scopes: str) -> dict[str, str]:
        return {'Authorization': f'Bearer {self._authorize(scopes)}'}


def _bare(response: Any) -> connection.Answer:
    """Give an answer whose content is a blob's, and not an explanation."""
    return connection.Answer(response.status_code, response.headers, b'')
