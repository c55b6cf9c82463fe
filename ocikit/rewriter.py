"""Rewriting: the archive that an engine writes gets another config on its way.

Nothing is kept but the documents: a layer goes out while it comes in, and in
what comes out the documents stand last. Names and tags that the engine gave
the image do not pass.
"""

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses

from ocikit import config as oci_config
from ocikit import digest as oci_digest
from ocikit import exception
from ocikit import layout
from ocikit import limit
from ocikit import manifest
from ocikit import tar
from ocikit import writer

# What a layer is called before Docker 25, in a folder of its own.
_LAYER = '/layer.tar'


@dataclasses.dataclass(frozen=True)
class Saved:
    """The image that an archive is known to hold."""

    config_digest: str
    diff_ids: Collection[str]


class _Source:
    """A stream that comes in pieces."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b''
        self.position = 0

    def read(self, count: int) -> bytes:
        return b''.join(self.pieces(count))

    def skip(self, count: int) -> None:
        skipped = sum(len(piece) for piece in self.pieces(count))
        if skipped < count:
            raise exception.ArchiveMalformed('the archive is truncated')

    def pieces(self, count: int) -> Iterator[bytes]:
        """Give the next bytes as they come; fewer only at the end."""
        while count:
            piece = self._rest or next(self._chunks, None)
            if piece is None:
                return
            self._rest, piece = piece[count:], piece[:count]
            self.position += len(piece)
            count -= len(piece)
            yield piece


class _Rewriter:
    """What is known of an archive so far."""

    def __init__(self, saved: Saved, limits: limit.Limits) -> None:
        self._saved = saved
        self._limits = limits
        self._layers: set[str] = set()
        self._links: dict[str, str] = {}
        self._documents: dict[str, bytes] = {}
        encoded = oci_digest.encoded(saved.config_digest)
        self._configs = (f'{encoded}.json', layout.BLOBS + encoded)
        # Beside layers there are manifests and more configs.
        self._blobs = {
            layout.BLOBS + oci_digest.encoded(each) for each in saved.diff_ids
        }

    def members(self, source: _Source) -> Iterator[bytes]:
        """Pass the layers on, and keep the documents."""
        for member in tar.members(source, self._limits.members, must_end=True):
            name = tar.clean_name(member.name)
            if member.kind is tar.Kind.SYMLINK:
                self._links[name] = tar.link_target(name, member.link)
            elif member.kind is tar.Kind.FILE and self._is_new_layer(name):
                self._layers.add(name)
                yield writer.header(name, member.size_bytes)
                yield from _whole(source, member)
                yield writer.padding(member.size_bytes)
            elif name in (layout.SAVED_IMAGES, *self._configs):
                self._documents[name] = self._document(source, member)

    def documents(self, change: Callable[[bytes], bytes]) -> bytes:
        """Make the documents of the rewritten image.

        :param change: gives the config in the place of the one that it gets
        """
        config = self._config()
        entries = manifest.read_saved_images(self._found(layout.SAVED_IMAGES))
        if len(entries) != 1 or entries[0].config not in self._configs:
            raise exception.ArchiveMalformed(
                'the archive does not hold the one image that was saved'
            )
        names = [self._links.get(x, x) for x in entries[0].layers]
        wanted = len(oci_config.read(config).diff_ids)
        if len(names) != wanted or not self._layers.issuperset(names):
            raise exception.ArchiveMalformed('the archive lacks a layer')
        return writer.documents(change(config), names, [])

    def _is_new_layer(self, name: str) -> bool:
        # Since Docker 25 a layer that is used twice is written twice.
        is_layer = name in self._blobs or name.endswith(_LAYER)
        return is_layer and name not in self._layers

    def _document(self, source: _Source, member: tar.Member) -> bytes:
        if member.size_bytes > self._limits.document_bytes:
            raise exception.ArchiveTooLarge(
                f'{exception.shown(member.name)} has more than '
                f'{self._limits.document_bytes} bytes'
            )
        return b''.join(_whole(source, member))

    def _config(self) -> bytes:
        name = next(filter(self._documents.__contains__, self._configs), '')
        content = self._found(name or self._configs[0])
        if oci_digest.from_bytes(content) != self._saved.config_digest:
            raise exception.ArchiveMismatch(
                "the image's config is not what its digest says"
            )
        return content

    def _found(self, name: str) -> bytes:
        if name not in self._documents:
            raise exception.ArchiveMalformed(
                f'the archive lacks its member {exception.shown(name)}'
            )
        return self._documents[name]


def rewritten(
    chunks: Iterable[bytes],
    saved: Saved,
    change: Callable[[bytes], bytes],
    limits: limit.Limits,
) -> Iterator[bytes]:
    """Give an image another config while its archive passes.

    :param chunks: what ``docker save`` writes of one image, of any version
    :param change: gives the config in the place of the one that it gets
    :param limits: of which those of members and documents count
    :raises ArchiveError: it is not what an engine writes; what has passed
        until then is worth nothing
    """
    source = _Source(chunks)
    rewriter = _Rewriter(saved, limits)
    yield from rewriter.members(source)
    yield rewriter.documents(change)
    yield writer.END


def _whole(source: _Source, member: tar.Member) -> Iterator[bytes]:
    """Give the content of the member that a source stands before.

    :raises ArchiveMalformed: the stream ends within it
    """
    yield from source.pieces(member.size_bytes)
    if source.position != member.offset + member.size_bytes:
        raise exception.ArchiveMalformed('the archive is truncated')
