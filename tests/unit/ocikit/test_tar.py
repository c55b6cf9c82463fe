from collections.abc import Iterator
import tarfile
import tempfile
import unittest

from ocikit import exception
from ocikit import section as oci_section
from ocikit import tar
from tests.fixtures import archives


def walk(
    content: bytes, most: int = 100, *, must_end: bool = True
) -> list[tar.Member]:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        source = oci_section.whole(file)
        return list(tar.members(source, most, must_end=must_end))


def header(name: str, size: int = 0, **fields: object) -> bytes:
    found = archives.member(name, size, **fields)
    return found.tobuf(tarfile.GNU_FORMAT)


def extension(kind: bytes, content: bytes) -> bytes:
    """Write an extension header and its content."""
    padding = bytes(-len(content) % 512)
    return header('ext', len(content), type=kind) + content + padding


def record(text: str) -> bytes:
    """Write one pax record; its length counts its own digits."""
    length = len(text.encode()) + 2
    while len(f'{length} {text}\n'.encode()) != length:
        length += 1
    return f'{length} {text}\n'.encode()


END = bytes(1024)


class MembersTest(unittest.TestCase):
    def test_every_kind_is_told(self) -> None:
        content = archives.tar(
            (archives.member('d', type=tarfile.DIRTYPE), b''),
            (archives.member('d/f', 3), b'abc'),
            (archives.member('s', type=tarfile.SYMTYPE, linkname='/x'), b''),
            (archives.member('h', type=tarfile.LNKTYPE, linkname='d/f'), b''),
            (
                archives.member(
                    'c', type=tarfile.CHRTYPE, devmajor=1, devminor=3
                ),
                b'',
            ),
            (archives.member('b', type=tarfile.BLKTYPE), b''),
            (archives.member('p', type=tarfile.FIFOTYPE), b''),
        )
        found = walk(content)
        self.assertEqual(
            [
                ('d', tar.Kind.DIRECTORY),
                ('d/f', tar.Kind.FILE),
                ('s', tar.Kind.SYMLINK),
                ('h', tar.Kind.HARD_LINK),
                ('c', tar.Kind.CHARACTER_DEVICE),
                ('b', tar.Kind.BLOCK_DEVICE),
                ('p', tar.Kind.FIFO),
            ],
            [(member.name, member.kind) for member in found],
        )
        self.assertEqual(b'abc', content[found[1].offset :][:3])
        self.assertEqual('/x', found[2].link)
        self.assertEqual((1, 3), found[4].device)

    def test_long_names_are_read_in_both_formats(self) -> None:
        long = 'n' * 300
        link = 'l' * 300
        for tar_format in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            with self.subTest(tar_format):
                content = archives.tar(
                    (archives.member(long, 1), b'x'),
                    (
                        archives.member(
                            'l', type=tarfile.SYMTYPE, linkname=link
                        ),
                        b'',
                    ),
                    tar_format=tar_format,
                )
                found = walk(content)
                self.assertEqual([long, 'l'], [m.name for m in found])
                self.assertEqual(link, found[1].link)

    def test_a_tar_of_unix_v7_is_read(self) -> None:
        content = (
            header('folder/', type=tarfile.AREGTYPE)
            + header('file', type=tarfile.AREGTYPE)
            + END
        )
        self.assertEqual(
            [tar.Kind.DIRECTORY, tar.Kind.FILE],
            [member.kind for member in walk(content)],
        )

    def test_a_size_in_a_pax_header_counts(self) -> None:
        content = (
            extension(tarfile.XHDTYPE, record('size=3') + record('path='))
            + header('file', 0)
            + b'abc'.ljust(512, b'\0')
            + END
        )
        (found,) = walk(content)
        self.assertEqual(('file', 3), (found.name, found.size_bytes))

    def test_a_comment_for_all_members_is_passed_over(self) -> None:
        content = (
            extension(tarfile.XGLTYPE, record('comment=abc'))
            + header('file')
            + END
        )
        self.assertEqual('file', walk(content)[0].name)

    def test_content_of_what_is_no_file_is_not_skipped(self) -> None:
        content = header('d', 512, type=tarfile.DIRTYPE) + header('f') + END
        self.assertEqual(['d', 'f'], [m.name for m in walk(content)])


class EndTest(unittest.TestCase):
    def test_a_tar_without_its_end_is_refused_where_it_matters(self) -> None:
        content = header('file')
        self.assertEqual(1, len(walk(content, must_end=False)))
        with self.assertRaisesRegex(
            exception.ArchiveMalformed, 'truncated or corrupt'
        ):
            walk(content)

    def test_as_many_members_as_allowed_are_given(self) -> None:
        content = header('a') + header('b') + END
        self.assertEqual(2, len(walk(content, 2)))
        with self.assertRaisesRegex(
            exception.ArchiveTooLarge, 'more members than the 1 allowed'
        ):
            walk(content, 1)


class HostileTest(unittest.TestCase):
    def refusals(self) -> Iterator[tuple[str, bytes, str]]:
        pax, file = tarfile.XHDTYPE, header('file') + END
        yield 'truncated', header('f', 5) + b'12', 'truncated'
        yield 'half a header', header('f')[:100], 'truncated'
        yield 'no header', b'x' * 512, 'corrupt'
        yield 'unknown type', header('f', type=b'Z') + END, 'unknown type'
        yield 'negative', header('f', -5) + END, 'is negative'
        yield 'outside', header('a/../../f') + END, 'leads out'
        yield (
            'link outside',
            header('f', type=tarfile.LNKTYPE, linkname='../f') + END,
            'leads out',
        )
        yield (
            'long name outside',
            extension(tarfile.GNUTYPE_LONGNAME, b'../f\0') + file,
            'leads out',
        )
        yield (
            'pax path outside',
            extension(pax, record('path=../f')) + file,
            'leads out',
        )
        yield (
            'NUL in a name',
            extension(pax, record('path=a\0b')) + file,
            'leads out',
        )
        yield (
            'sparse',
            header('f', type=tarfile.GNUTYPE_SPARSE) + END,
            'sparse',
        )
        yield (
            'pax sparse',
            extension(pax, record('GNU.sparse.realsize=9')) + file,
            'sparse',
        )
        yield (
            'resized by all',
            extension(tarfile.XGLTYPE, record('size=9')) + file,
            'a global header',
        )
        yield 'size in letters', self.resized('x'), 'a size .* is corrupt'
        yield 'size below zero', self.resized('-1'), 'a size .* is corrupt'
        yield 'endless size', self.resized('9' * 19), 'a size .* is corrupt'
        for content in (b'x', b'9 a=b', b'5 ab\n', b'6 a=b\n\n', b'0 a=b\n'):
            yield f'{content!r}', extension(pax, content) + file, 'corrupt'
        yield (
            'extension cut',
            header('x', 2000, type=pax) + b'x' * 100,
            'truncated',
        )
        yield 'only an extension', extension(pax, record('a=b')), 'truncated'
        yield 'chain', extension(pax, record('a=b')) * 9 + file, 'follow each'

    @staticmethod
    def resized(size: str) -> bytes:
        records = record(f'size={size}')
        return extension(tarfile.XHDTYPE, records) + header('file') + END

    def test_hostile_headers_are_refused(self) -> None:
        for name, content, sentence in self.refusals():
            with (
                self.subTest(name),
                self.assertRaisesRegex(exception.ArchiveError, sentence),
            ):
                walk(content)

    def test_an_extension_is_not_read_to_see_its_size(self) -> None:
        content = header('x', 1 << 40, type=tarfile.XHDTYPE)
        with self.assertRaisesRegex(
            exception.ArchiveTooLarge, 'an extension header has more than'
        ):
            walk(content)


class CleanNameTest(unittest.TestCase):
    def test_names_are_written_in_their_shortest_form(self) -> None:
        for name, expected in (
            ('a', 'a'),
            ('./a//b/.', 'a/b'),
            ('/a', 'a'),
            ('.', ''),
            ('..a', '..a'),
        ):
            with self.subTest(name):
                self.assertEqual(expected, tar.clean_name(name))
