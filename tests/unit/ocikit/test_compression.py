import gzip
import os
import tempfile
import unittest

from ocikit import compression
from ocikit import exception
from ocikit import media_type
from ocikit import section as oci_section

CONTENT = os.urandom(100_000) + bytes(3_000_000)


class CompressionTest(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.file = self.enterContext(tempfile.TemporaryFile(dir=self.folder))

    def write(self, content: bytes) -> None:
        self.file.write(content)
        self.file.flush()

    def test_magic_numbers_are_known(self) -> None:
        kinds = media_type.Compression
        for start, expected in (
            (b'', kinds.NONE),
            (b'manifest.json', kinds.NONE),
            (gzip.compress(b''), kinds.GZIP),
            (b'\x28\xb5\x2f\xfd', kinds.ZSTD),
            (b'\x5f\x2a\x4d\x18', kinds.ZSTD),
            (b'BZh9', kinds.BZIP2),
            (b'\xfd7zXZ\x00', kinds.XZ),
        ):
            with self.subTest(start):
                self.assertEqual(expected, compression.detect(start))

    def test_what_not_every_engine_unpacks_is_refused(self) -> None:
        self.write(b'\x28\xb5\x2f\xfd')
        with self.assertRaisesRegex(
            exception.ArchiveUnsupported,
            'layer 1 is compressed with zstd, .* with gzip or uncompressed',
        ):
            compression.detect_in(oci_section.whole(self.file), 'layer 1')

    def test_gzip_of_several_members_is_one_content(self) -> None:
        packed = gzip.compress(CONTENT) + gzip.compress(b'end')
        for step in (7, 1000, len(packed)):
            with self.subTest(step):
                pieces = (
                    packed[start : start + step]
                    for start in range(0, len(packed), step)
                )
                self.assertEqual(
                    CONTENT + b'end', b''.join(compression.gunzip(pieces))
                )

    def test_chunks_are_bounded_whatever_they_unpack_to(self) -> None:
        packed = gzip.compress(bytes(20_000_000))
        for chunk in compression.gunzip([packed]):
            self.assertLessEqual(len(chunk), 1024 * 1024)

    def test_truncated_gzip_is_refused(self) -> None:
        packed = gzip.compress(CONTENT)
        for length in (0, 5, 1000, len(packed) - 1):
            with (
                self.subTest(length),
                self.assertRaisesRegex(
                    exception.ArchiveMalformed, 'is truncated'
                ),
            ):
                list(compression.gunzip([packed[:length]]))

    def test_corrupt_gzip_is_refused(self) -> None:
        packed = gzip.compress(CONTENT)
        for spoilt in (
            packed[:-8] + bytes(8),
            packed + b'garbage',
            packed[:1000] + b'x' * 1000 + packed[2000:],
        ):
            with self.assertRaisesRegex(
                exception.ArchiveMalformed, 'is corrupt'
            ):
                list(compression.gunzip([spoilt]))

    def test_gzip_of_countless_members_is_refused(self) -> None:
        packed = gzip.compress(b'') * 4
        self.assertEqual(
            b'', b''.join(compression.gunzip([packed], max_members=4))
        )
        with self.assertRaisesRegex(
            exception.ArchiveTooLarge, 'more than 3 gzip members'
        ):
            list(compression.gunzip([packed], max_members=3))

    def test_a_plain_file_is_not_copied(self) -> None:
        self.write(b'plain')
        with compression.opened_plain(self.file, '/nowhere', 1) as plain:
            self.assertIs(self.file, plain)

    def test_a_gzipped_file_is_unpacked_without_a_trace(self) -> None:
        self.write(gzip.compress(CONTENT))
        with compression.opened_plain(
            self.file, self.folder, len(CONTENT)
        ) as plain:
            self.assertEqual(
                CONTENT, b''.join(oci_section.whole(plain).chunks())
            )
            self.assertEqual([], os.listdir(self.folder))

    def test_a_bomb_is_given_up_at_the_limit(self) -> None:
        self.write(gzip.compress(CONTENT))
        with (
            self.assertRaisesRegex(
                exception.ArchiveTooLarge, 'unpacks to more than is allowed'
            ),
            compression.opened_plain(self.file, self.folder, len(CONTENT) - 1),
        ):
            self.fail('the copy was handed out')
        self.assertEqual([], os.listdir(self.folder))


class GzippedTest(unittest.TestCase):
    def test_content_is_packed_as_it_comes(self) -> None:
        packed = b''.join(compression.gzipped([b'a' * 100_000, b'b']))
        self.assertLess(len(packed), 1000)
        self.assertEqual(
            b'a' * 100_000 + b'b', b''.join(compression.gunzip([packed]))
        )

    def test_same_content_gives_the_same_bytes(self) -> None:
        first, second = (
            b''.join(compression.gzipped([b'content'])) for _ in range(2)
        )
        self.assertEqual(first, second)
