from collections.abc import Iterator
import contextlib
import gzip
import io
import json
import tarfile
import tempfile
import unittest

import hypothesis
from hypothesis import strategies

from ocikit import archive
from ocikit import exception
from ocikit import limit
from ocikit import media_type
from ocikit import plan
from ocikit import platform
from tests.fixtures import archives

AMD64 = platform.Platform('linux', 'amd64')
LAYERS = (archives.layer(1), archives.layer(2, 3000))
STORED = tuple(gzip.compress(layer, mtime=0) for layer in LAYERS)
CONFIG = archives.config(LAYERS)
GZIP = archives.LAYER + '+gzip'
MANIFEST = archives.manifest(
    CONFIG, [archives.descriptor(blob, GZIP) for blob in STORED]
)
BLOBS = {archives.digest(blob): blob for blob in (CONFIG, *STORED)}


@contextlib.contextmanager
def opened(cut: plan.Cut) -> Iterator[Iterator[bytes]]:
    """Open a blob as a registry gives it: in pieces, and part of it."""
    content = BLOBS[cut.digest][cut.offset : cut.offset + cut.size_bytes]
    yield (content[at : at + 100] for at in range(0, len(content), 100))


def written(content: bytes = MANIFEST) -> bytes:
    return b''.join(plan.chunks(plan.make(content), opened))


class PlanTest(unittest.TestCase):
    def test_documents_stand_before_the_blobs(self) -> None:
        blobs = 'blobs/sha256/'
        with tarfile.open(fileobj=io.BytesIO(written())) as opened_tar:
            names = opened_tar.getnames()
        self.assertEqual(
            [
                'oci-layout',
                'index.json',
                'manifest.json',
                blobs + archives.encoded(MANIFEST),
                blobs + archives.encoded(CONFIG),
                *(blobs + archives.encoded(blob) for blob in STORED),
            ],
            names,
        )

    def test_its_size_is_known_before(self) -> None:
        self.assertEqual(len(written()), plan.size_bytes(MANIFEST))
        self.assertEqual(0, len(written()) % 512)

    def test_it_is_the_same_again(self) -> None:
        self.assertEqual(written(), written())

    def test_it_is_an_archive_of_the_image(self) -> None:
        for content in (written(), self.as_layout(written())):
            with tempfile.TemporaryFile() as file:
                file.write(content)
                file.flush()
                limits = limit.Limits(unpacked_bytes=1_000_000)
                image = archive.inspect(file, AMD64, limits)
            self.assertEqual(CONFIG, image.config_content)
            self.assertEqual(len(LAYERS), len(image.layers))

    @staticmethod
    def as_layout(content: bytes) -> bytes:
        """Leave what makes it a docker-archive out."""
        with tarfile.open(fileobj=io.BytesIO(content)) as opened_tar:
            found = {
                info.name: file.read()
                for info in opened_tar
                if (file := opened_tar.extractfile(info)) is not None
            }
        del found['manifest.json']
        return archives.files(found)

    def test_no_name_is_given_to_the_image(self) -> None:
        with tarfile.open(fileobj=io.BytesIO(written())) as opened_tar:
            file = opened_tar.extractfile('manifest.json')
            assert file is not None
            (entry,) = json.load(file)
        self.assertIsNone(entry['RepoTags'])

    def test_the_index_says_what_the_manifest_says_it_is(self) -> None:
        docker = json.loads(MANIFEST)
        docker['mediaType'] = media_type.DOCKER_MANIFEST
        for content, expected in (
            (MANIFEST, media_type.OCI_MANIFEST),
            (json.dumps(docker).encode(), media_type.DOCKER_MANIFEST),
        ):
            with tarfile.open(
                fileobj=io.BytesIO(written(content))
            ) as opened_tar:
                file = opened_tar.extractfile('index.json')
                assert file is not None
                (entry,) = json.load(file)['manifests']
            self.assertEqual(archives.descriptor(content, expected), entry)

    def test_a_blob_that_stands_twice_is_written_once(self) -> None:
        layers = [archives.descriptor(STORED[0], GZIP)] * 2
        content = archives.manifest(archives.config(LAYERS[:1] * 2), layers)
        BLOBS[archives.digest(archives.config(LAYERS[:1] * 2))] = (
            archives.config(LAYERS[:1] * 2)
        )
        with tarfile.open(fileobj=io.BytesIO(written(content))) as opened_tar:
            names = opened_tar.getnames()
        self.assertEqual(len(set(names)), len(names))
        self.assertEqual(6, len(names))

    def test_a_layer_beyond_eight_gib_has_a_size_too(self) -> None:
        small, large = (
            archives.descriptor(STORED[0], GZIP, size=size)
            for size in (10**10, 10**10 + 2**34)
        )
        grown = plan.size_bytes(archives.manifest(CONFIG, [large]))
        grown -= plan.size_bytes(archives.manifest(CONFIG, [small]))
        self.assertEqual(2**34, grown)

    def test_what_is_no_manifest_of_an_image_is_refused(self) -> None:
        layer = archives.descriptor(STORED[0], GZIP)
        for content in (
            b'{',
            b'{}',
            archives.index(archives.descriptor(MANIFEST, 'x')),
            archives.manifest(CONFIG, [{**layer, 'digest': 'sha256:1'}]),
            archives.manifest(CONFIG, [{**layer, 'size': 2**63}]),
            archives.manifest(CONFIG, [{**layer, 'urls': ['http://x']}]),
            archives.manifest(CONFIG, [layer, {**layer, 'size': 1}]),
            archives.manifest(CONFIG, [layer], 'application/vnd.helm+json'),
        ):
            with self.assertRaises(exception.ArchiveError, msg=content):
                plan.make(content)


class RangeTest(unittest.TestCase):
    WHOLE = written()

    @hypothesis.given(
        strategies.integers(0, len(WHOLE)), strategies.integers(0, 20_000)
    )
    @hypothesis.example(0, 0)
    @hypothesis.example(0, 1)
    @hypothesis.example(len(WHOLE), 1)
    def test_every_part_is_that_of_the_whole(
        self, offset: int, count: int
    ) -> None:
        found = plan.chunks(plan.make(MANIFEST), opened, offset, count)
        self.assertEqual(self.WHOLE[offset : offset + count], b''.join(found))

    def test_without_a_count_the_rest_is_read(self) -> None:
        found = plan.chunks(plan.make(MANIFEST), opened, 700)
        self.assertEqual(self.WHOLE[700:], b''.join(found))

    def test_only_what_is_wanted_of_a_blob_is_opened(self) -> None:
        cuts: list[plan.Cut] = []

        def source(
            cut: plan.Cut,
        ) -> contextlib.AbstractContextManager[Iterator[bytes]]:
            cuts.append(cut)
            return opened(cut)

        at = self.WHOLE.index(STORED[1])
        made = plan.make(MANIFEST)
        self.assertEqual(
            STORED[1][5:15], b''.join(plan.chunks(made, source, at + 5, 10))
        )
        digest = archives.digest(STORED[1])
        expected = plan.Cut(digest, len(STORED[1]), offset=5, size_bytes=10)
        self.assertEqual([expected], cuts)


class LyingBlobTest(unittest.TestCase):
    def check(self, change: int) -> None:
        @contextlib.contextmanager
        def source(cut: plan.Cut) -> Iterator[Iterator[bytes]]:
            yield iter([b'x', bytes(cut.size_bytes - 1 + change)])

        stream = plan.chunks(plan.make(MANIFEST), source)
        with self.assertRaisesRegex(exception.ArchiveMismatch, 'bytes'):
            for _ in stream:
                pass

    def test_a_short_blob_ends_the_archive_with_an_error(self) -> None:
        self.check(-1)

    def test_a_long_blob_ends_the_archive_with_an_error(self) -> None:
        self.check(+1)


class ChooseTest(unittest.TestCase):
    @staticmethod
    def entry(text: str, architecture: str | None = None, **more: object):
        changes = dict(more)
        if architecture:
            changes['platform'] = {'os': 'linux', 'architecture': architecture}
        return archives.descriptor(
            text.encode(), media_type.OCI_MANIFEST, **changes
        )

    def choose(self, *entries: dict[str, object]) -> str:
        return plan.choose(archives.index(*entries), AMD64).digest

    def test_the_platform_chooses(self) -> None:
        arm = self.entry('arm', 'arm64')
        amd = self.entry('amd', 'amd64')
        self.assertEqual(amd['digest'], self.choose(arm, amd))

    def test_a_single_image_is_it_whatever_it_is_for(self) -> None:
        unknown = {'os': 'unknown', 'architecture': 'unknown'}
        arm = self.entry('arm', 'arm64')
        attestation = self.entry('proof', platform=unknown)
        self.assertEqual(arm['digest'], self.choose(arm, attestation))

    def test_none_for_the_platform_is_refused(self) -> None:
        entries = [self.entry(each, each) for each in ('arm64', 's390x')]
        with self.assertRaisesRegex(exception.OtherPlatform, 's390x'):
            self.choose(*entries)

    def test_what_is_no_index_is_refused(self) -> None:
        for content in (
            b'[]',
            MANIFEST,
            archives.index(),
            archives.index({**self.entry('x'), 'digest': 'sha256:1'}),
        ):
            with self.assertRaises(exception.ArchiveError, msg=content):
                plan.choose(content, AMD64)
