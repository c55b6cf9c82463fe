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
from ocikit import stream
from ocikit import tar
from ocikit import writer

# What a layer is called before Docker 25, in a folder of its own.
LAYER = '/layer.tar'


@dataclasses.dataclass(frozen=True)
class Saved:
    """The image that an archive is known to hold."""

    config_digest: str
    diff_ids: Collection[str]


def config_names(saved: Saved) -> tuple[str, str]:
    """Say what the config is called, by engines old and new."""
    encoded = oci_digest.encoded(saved.config_digest)
    return f'{encoded}.json', layout.BLOBS + encoded


def read_document(
    source: stream.Source, member: tar.Member, limits: limit.Limits
) -> bytes:
    """Read a member that is no layer."""
    if member.size_bytes > limits.document_bytes:
        raise exception.ArchiveTooLarge(
            f'{exception.shown(member.name)} has more than '
            f'{limits.document_bytes} bytes'
        )
    return b''.join(stream.whole(source, member))


class _Rewriter:
    """What is known of an archive so far."""

    def __init__(self, saved: Saved, limits: limit.Limits) -> None:
        self._saved = saved
        self._limits = limits
        self._layers: set[str] = set()
        self._links: dict[str, str] = {}
        self._documents: dict[str, bytes] = {}
        self._configs = config_names(saved)
        # Beside layers there are manifests and more configs.
        self._blobs = {
            layout.BLOBS + oci_digest.encoded(each) for each in saved.diff_ids
        }

    def members(self, source: stream.Source) -> Iterator[bytes]:
        """Pass the layers on, and keep the documents."""
        for member in tar.members(source, self._limits.members, must_end=True):
            name = tar.clean_name(member.name)
            if member.kind is tar.Kind.SYMLINK:
                self._links[name] = tar.link_target(name, member.link)
            elif member.kind is tar.Kind.FILE and self._is_new_layer(name):
                self._layers.add(name)
                yield writer.header(name, member.size_bytes)
                yield from stream.whole(source, member)
                yield writer.padding(member.size_bytes)
            elif name in (layout.SAVED_IMAGES, *self._configs):
                self._documents[name] = read_document(
                    source, member, self._limits
                )

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
        is_layer = name in self._blobs or name.endswith(LAYER)
        return is_layer and name not in self._layers

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
    source = stream.Source(chunks)
    rewriter = _Rewriter(saved, limits)
    yield from rewriter.members(source)
    yield rewriter.documents(change)
    yield writer.END
