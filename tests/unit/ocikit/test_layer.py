import gzip
import tarfile
import tempfile
import unittest

from ocikit import exception
from ocikit import layer
from ocikit import media_type
from tests.fixtures import archives

CONTENT = archives.files({'a': b'x' * 1000, 'b': b''})
BEFORE = b'before'


class CheckTest(unittest.TestCase):
    def check(
        self,
        content: bytes,
        digest: str | None = None,
        *,
        max_bytes: int = 1_000_000,
        max_members: int = 10,
        must_end: bool = False,
    ) -> layer.Layer:
        with tempfile.TemporaryFile() as file:
            file.write(BEFORE + content + b'after')
            file.flush()
            return layer.check(
                file,
                layer.Blob(len(BEFORE), len(content), digest),
                layer.Room(max_bytes, max_members),
                'layer 1',
                must_end=must_end,
            )

    def test_a_layer_is_described_by_what_it_holds(self) -> None:
        for packed, compression in (
            (CONTENT, media_type.Compression.NONE),
            (gzip.compress(CONTENT), media_type.Compression.GZIP),
        ):
            with self.subTest(compression):
                self.assertEqual(
                    layer.Layer(
                        diff_id=archives.digest(CONTENT),
                        layer_digest=archives.digest(packed),
                        offset=len(BEFORE),
                        size_bytes=len(packed),
                        compression=compression,
                        unpacked_bytes=len(CONTENT),
                        members=2,
                    ),
                    self.check(packed, archives.digest(packed)),
                )

    def test_an_empty_layer_is_one(self) -> None:
        self.assertEqual(0, self.check(b'').members)

    def test_what_follows_the_end_marker_is_in_the_digest(self) -> None:
        content = CONTENT + b'more'
        self.assertEqual(archives.digest(content), self.check(content).diff_id)

    def test_content_of_another_digest_is_refused(self) -> None:
        for packed in (CONTENT, gzip.compress(CONTENT)):
            with self.assertRaisesRegex(
                exception.ArchiveMismatch, 'the content of layer 1 is not'
            ):
                self.check(packed, archives.digest(b'other'))

    def test_a_layer_may_be_as_large_as_allowed(self) -> None:
        for packed in (CONTENT, gzip.compress(CONTENT)):
            self.check(packed, max_bytes=len(CONTENT))
            with self.assertRaisesRegex(
                exception.ArchiveTooLarge, 'with layer 1 the image unpacks'
            ):
                self.check(packed, max_bytes=len(CONTENT) - 1)

    def test_zeros_after_the_end_marker_count(self) -> None:
        bomb = gzip.compress(CONTENT + bytes(5_000_000))
        with self.assertRaises(exception.ArchiveTooLarge):
            self.check(bomb)

    def test_too_many_members_are_refused(self) -> None:
        with self.assertRaises(exception.ArchiveTooLarge):
            self.check(CONTENT, max_members=1)

    def test_a_truncated_layer_is_refused(self) -> None:
        with self.assertRaisesRegex(
            exception.ArchiveMalformed, 'layer 1 is truncated'
        ):
            self.check(CONTENT[:1000])
        with self.assertRaises(exception.ArchiveMalformed):
            self.check(CONTENT[:1536], must_end=True)

    def test_devices_that_every_image_has_are_let_through(self) -> None:
        for major, minor in ((1, 3), (5, 2), (4, 64), (0, 0)):
            self.check(self.device(tarfile.CHRTYPE, major, minor))

    def test_other_devices_are_refused(self) -> None:
        for kind, major, minor in (
            (tarfile.CHRTYPE, 1, 1),
            (tarfile.CHRTYPE, 10, 200),
            (tarfile.BLKTYPE, 8, 0),
            (tarfile.BLKTYPE, 1, 3),
        ):
            with (
                self.subTest(kind=kind, major=major, minor=minor),
                self.assertRaisesRegex(
                    exception.ArchiveUnsupported,
                    "layer 1 holds the device 'dev/x'",
                ),
            ):
                self.check(self.device(kind, major, minor))

    @staticmethod
    def device(kind: bytes, major: int, minor: int) -> bytes:
        return archives.tar(
            (
                archives.member(
                    'dev/x', type=kind, devmajor=major, devminor=minor
                ),
                b'',
            )
        )
