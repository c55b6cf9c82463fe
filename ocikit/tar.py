"""Tar streams: their headers, one by one, with a limit on everything.

``tarfile`` reads extension headers of any size into memory and follows them
without end, so only its parser of a single block is used.

:source: POSIX.1-2017, pax, "pax Interchange Format"; GNU tar manual, "Basic
    Tar Format"
"""

from collections.abc import Iterator
import dataclasses
import enum
import posixpath
import tarfile
from typing import Protocol

from ocikit import exception
from ocikit import limit

BLOCK_BYTES = tarfile.BLOCKSIZE

# What Go's archive/tar reads at most; the engine would refuse more.
_MAX_EXTENSION_BYTES = limit.MIB
_MAX_EXTENSIONS = 8
_MAX_DIGITS = 18


class Kind(enum.Enum):
    """What a member is."""

    FILE = tarfile.REGTYPE
    HARD_LINK = tarfile.LNKTYPE
    SYMLINK = tarfile.SYMTYPE
    CHARACTER_DEVICE = tarfile.CHRTYPE
    BLOCK_DEVICE = tarfile.BLKTYPE
    DIRECTORY = tarfile.DIRTYPE
    FIFO = tarfile.FIFOTYPE


@dataclasses.dataclass(frozen=True)
class Member:
    """One member of a tar.

    :ivar offset: where its content starts in the tar
    :ivar device: major and minor of a device
    """

    name: str
    kind: Kind
    offset: int
    size_bytes: int
    link: str
    device: tuple[int, int]


class Source(Protocol):
    """What a tar is read from; ``read`` is short only at its end."""

    position: int

    def read(self, count: int) -> bytes: ...

    def skip(self, count: int) -> None: ...


@dataclasses.dataclass
class _Extensions:
    """What extension headers say of the member that follows them."""

    records: dict[str, str] = dataclasses.field(default_factory=dict)
    long_name: str = ''
    long_link: str = ''


def members(
    source: Source, max_members: int, *, must_end: bool
) -> Iterator[Member]:
    """Walk a tar's members; content that was not read meanwhile is skipped.

    :param must_end: whether a tar without its end marker is truncated.
        Layers may lack it: their digest says whether they are whole.
    :raises ArchiveMalformed: a header is corrupt, or a name leads outside
    :raises ArchiveTooLarge: there are more than ``max_members``
    """
    for _ in range(max_members):
        member = _read_member(source, must_end)
        if member is None:
            return
        yield member
        end = member.offset + padded(member.size_bytes)
        source.skip(end - source.position)
    if _read_member(source, must_end) is not None:
        raise exception.ArchiveTooLarge(
            f'there are more members than the {max_members} allowed'
        )


def padded(size_bytes: int) -> int:
    """Round a size up to whole blocks."""
    return -(-size_bytes // BLOCK_BYTES) * BLOCK_BYTES


def clean_name(name: str) -> str:
    """Write a member's name in its one shortest form.

    :raises ArchiveMalformed: it leads out of the folder it is unpacked in
    """
    parts = [part for part in name.split('/') if part not in ('', '.')]
    if '..' in parts or '\0' in name:
        raise exception.ArchiveMalformed(
            f'the name {exception.shown(name)} leads out of the archive'
        )
    return '/'.join(parts)


def link_target(name: str, link: str) -> str:
    """Resolve a symbolic link of an archive by its text alone.

    ``docker save`` up to 24 writes ``../ID/layer.tar`` for a layer that it
    wrote before.

    :raises ArchiveMalformed: it leads out of the archive
    """
    folder = posixpath.dirname(name)
    target = posixpath.normpath(posixpath.join(folder, link))
    if target.startswith('/'):
        raise exception.ArchiveMalformed(
            f'the link {exception.shown(name)} is absolute'
        )
    return clean_name(target)


def _read_member(source: Source, must_end: bool) -> Member | None:
    """Read the next member's headers, ``None`` at the end."""
    extensions = _Extensions()
    for count in range(_MAX_EXTENSIONS + 1):
        header = _read_header(source, must_end or count > 0)
        if header is None:
            return None
        if not _extend(extensions, header, source):
            return _make_member(header, extensions, source.position)
    raise exception.ArchiveMalformed(
        f'more than {_MAX_EXTENSIONS} extension headers follow each other'
    )


def _read_header(source: Source, must_end: bool) -> tarfile.TarInfo | None:
    block = source.read(BLOCK_BYTES)
    if not block.strip(b'\0') and (block or not must_end):
        return None
    try:
        header = tarfile.TarInfo.frombuf(block, 'utf-8', 'surrogateescape')
    except tarfile.HeaderError as err:
        raise exception.ArchiveMalformed(
            'the tar is truncated or corrupt'
        ) from err
    # NOTE(nova-docker): numbers in base 256 have a sign.
    if header.size < 0:
        raise exception.ArchiveMalformed(
            f'the size of {exception.shown(header.name)} is negative'
        )
    return header


def _extend(
    extensions: _Extensions, header: tarfile.TarInfo, source: Source
) -> bool:
    """Take in an extension header; tell whether it was one."""
    if header.type == tarfile.XHDTYPE:
        extensions.records = _parse_records(_read_extension(header, source))
    elif header.type == tarfile.GNUTYPE_LONGNAME:
        extensions.long_name = _text(_read_extension(header, source))
    elif header.type == tarfile.GNUTYPE_LONGLINK:
        extensions.long_link = _text(_read_extension(header, source))
    elif header.type == tarfile.XGLTYPE:
        records = _parse_records(_read_extension(header, source))
        if records.keys() & {'path', 'linkpath', 'size'}:
            raise exception.ArchiveMalformed(
                'a global header renames or resizes every member'
            )
    else:
        return False
    return True


def _read_extension(header: tarfile.TarInfo, source: Source) -> bytes:
    if header.size > _MAX_EXTENSION_BYTES:
        raise exception.ArchiveTooLarge(
            f'an extension header has more than {_MAX_EXTENSION_BYTES} bytes'
        )
    content = source.read(padded(header.size))
    if len(content) < padded(header.size):
        raise exception.ArchiveMalformed('the tar is truncated or corrupt')
    return content[: header.size]


def _text(content: bytes) -> str:
    """Read a string that ends at its first NUL."""
    return content.partition(b'\0')[0].decode('utf-8', 'surrogateescape')


def _parse_records(content: bytes) -> dict[str, str]:
    """Read the records of a pax header, ``LENGTH KEY=VALUE`` and a newline.

    An empty value leaves what the plain header says, as Go reads it.
    """
    records = {}
    rest = content
    while rest:
        length = _parse_number(rest.partition(b' ')[0], 'a record length')
        record = rest[:length]
        key, equals, value = record.partition(b' ')[2].partition(b'=')
        if not equals or not value.endswith(b'\n') or len(record) < length:
            raise exception.ArchiveMalformed('a pax header is corrupt')
        if key.startswith(b'GNU.sparse.'):
            raise _sparse()
        if value != b'\n':
            records[key.decode('utf-8', 'surrogateescape')] = value[
                :-1
            ].decode('utf-8', 'surrogateescape')
        rest = rest[length:]
    return records


def _parse_number(digits: bytes, what: str) -> int:
    if not digits.isdigit() or len(digits) > _MAX_DIGITS:
        raise exception.ArchiveMalformed(f'{what} in a pax header is corrupt')
    return int(digits)


def _make_member(
    header: tarfile.TarInfo, extensions: _Extensions, offset: int
) -> Member:
    name = extensions.long_name or extensions.records.get('path', header.name)
    link = extensions.long_link or extensions.records.get(
        'linkpath', header.linkname
    )
    kind = _kind(header, name)
    size_bytes = header.size
    if 'size' in extensions.records:
        size = extensions.records['size'].encode('utf-8', 'surrogateescape')
        size_bytes = _parse_number(size, 'a size')
    clean_name(name)
    if kind is Kind.HARD_LINK:
        clean_name(link)
    return Member(
        name=name,
        kind=kind,
        offset=offset,
        # Only files have content; Go skips what else claims to.
        size_bytes=size_bytes if kind is Kind.FILE else 0,
        link=link,
        device=(header.devmajor, header.devminor),
    )


def _kind(header: tarfile.TarInfo, name: str) -> Kind:
    if header.type == tarfile.GNUTYPE_SPARSE:
        raise _sparse()
    # The tar of Unix V7 knew no type for a file.
    found = header.type.replace(tarfile.AREGTYPE, tarfile.REGTYPE)
    try:
        kind = Kind(found)
    except ValueError as err:
        raise exception.ArchiveMalformed(
            f'{exception.shown(name)} is a member of unknown type'
        ) from err
    is_folder = header.type == tarfile.AREGTYPE and name.endswith('/')
    return Kind.DIRECTORY if is_folder else kind


def _sparse() -> exception.ArchiveUnsupported:
    return exception.ArchiveUnsupported(
        'a tar holds sparse files, whose size is not that of their content; '
        'write it without --sparse'
    )
