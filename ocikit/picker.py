"""Picking: some layers of the archive that an engine writes, and its config.

Before Docker 25 the name of a layer tells nothing of it, and what does comes
last. So each is written down while it is hashed, and dropped again if it is
not wanted.
"""

from collections.abc import Collection
from collections.abc import Iterable
import dataclasses
import hashlib
from typing import BinaryIO

from ocikit import digest as oci_digest
from ocikit import exception
from ocikit import layout
from ocikit import limit
from ocikit import rewriter
from ocikit import section
from ocikit import stream
from ocikit import tar


@dataclasses.dataclass(frozen=True)
class Picked:
    """Parts of an image; the layers lie in a file, by their diff ID."""

    config: bytes
    layers: dict[str, section.Section]


def pick(
    chunks: Iterable[bytes],
    saved: rewriter.Saved,
    wanted: Collection[str],
    file: BinaryIO,
    limits: limit.Limits,
) -> Picked:
    """Take layers out of an archive, which is read to its end.

    :param chunks: what ``docker save`` writes of one image, of any version
    :param wanted: diff IDs of the image
    :param file: empty; the layers are written to it
    :param limits: of which those of members and documents count
    :raises ArchiveError: it is not what an engine writes, or lacks a layer
    """
    picker = _Picker(saved, frozenset(wanted), file, limits)
    picker.read(stream.Source(chunks))
    return picker.picked()


class _Picker:
    def __init__(
        self,
        saved: rewriter.Saved,
        wanted: frozenset[str],
        file: BinaryIO,
        limits: limit.Limits,
    ) -> None:
        self._wanted = wanted
        self._file = file
        self._limits = limits
        self._config = b''
        self._config_digest = saved.config_digest
        self._configs = rewriter.config_names(saved)
        self._blobs = {
            layout.BLOBS + oci_digest.encoded(each): each
            for each in saved.diff_ids
        }
        self._layers: dict[str, tuple[int, int]] = {}

    def read(self, source: stream.Source) -> None:
        for member in tar.members(source, self._limits.members, must_end=True):
            name = tar.clean_name(member.name)
            if member.kind is not tar.Kind.FILE:
                continue
            if name in self._configs:
                self._config = rewriter.read_document(
                    source, member, self._limits
                )
            elif name in self._blobs:
                if self._is_missing(self._blobs[name]):
                    self._take(source, member)
            elif name.endswith(rewriter.LAYER):
                self._take(source, member)

    def picked(self) -> Picked:
        if oci_digest.from_bytes(self._config) != self._config_digest:
            raise exception.ArchiveMismatch(
                "the image's config is not what its digest says"
            )
        if self._layers.keys() != self._wanted:
            raise exception.ArchiveMalformed('the archive lacks a layer')
        self._file.flush()
        return Picked(
            self._config,
            {
                diff_id: section.Section(self._file, *where)
                for diff_id, where in self._layers.items()
            },
        )

    def _is_missing(self, diff_id: str) -> bool:
        return diff_id in self._wanted and diff_id not in self._layers

    def _take(self, source: stream.Source, member: tar.Member) -> None:
        """Write a layer down, and keep it if it is one that is missing."""
        offset = self._file.tell()
        found = hashlib.sha256()
        for piece in stream.whole(source, member):
            found.update(piece)
            self._file.write(piece)
        diff_id = oci_digest.from_hex(found.hexdigest())
        if self._is_missing(diff_id):
            self._layers[diff_id] = offset, member.size_bytes
        else:
            self._file.seek(offset)
            self._file.truncate()
