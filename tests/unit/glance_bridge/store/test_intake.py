import gzip
import io
import os
import tempfile
import tracemalloc

import fixtures
import testtools
import testtools.content

from glance_bridge import exception
from glance_bridge.store import intake
from glance_bridge.store import stream
from ocikit import exception as oci_exception
from ocikit import limit
from ocikit import platform
from tests.fixtures import archives
from tests.fixtures import fake_registry

AMD64 = platform.Platform('linux', 'amd64')
REPOSITORY = 'demo/uploads/1'
LAYERS = (archives.layer(1), archives.layer(2, 3000))
MIB = 1024 * 1024


class Slow:
    """An upload that comes in small pieces, and may break off."""

    def __init__(self, content, error=None):
        self._file = io.BytesIO(content)
        self._error = error

    def read(self, count, /):
        found = self._file.read(min(count, 1000))
        if not found and self._error:
            raise self._error
        return found


class IntakeTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.registry = fake_registry.FakeRegistry()

    def received(self, content, max_bytes=200 * MIB, error=None):
        spool = intake.Spool(
            self.folder, max_bytes, limit.Limits(unpacked_bytes=2 * MIB)
        )
        return intake.received(Slow(content, error), AMD64, spool)

    def push(self, content):
        with self.received(content) as upload:
            written = b''.join(upload.chunks())
            digest = upload.push(self.registry, REPOSITORY, 'g-1')
        return written, digest

    def read(self, digest):
        planned = stream.plan(self.registry, REPOSITORY, digest, AMD64)
        return b''.join(stream.chunks(self.registry, REPOSITORY, planned))


class IntakeTest(IntakeTestCase):
    def test_every_kind_of_archive_is_taken(self):
        for content in (
            archives.saved(LAYERS),
            gzip.compress(archives.saved(LAYERS)),
            archives.files(archives.layout(LAYERS)),
            archives.files(archives.layout(LAYERS, is_gzip=False)),
            archives.saved([LAYERS[0], LAYERS[0]]),
        ):
            written, digest = self.push(content)
            self.assertEqual(written, self.read(digest))
            self.assertEqual(
                digest, self.registry.digest_of(REPOSITORY, 'g-1')
            )

    def test_the_config_keeps_its_digest(self):
        self.push(archives.saved(LAYERS))
        config = archives.config(LAYERS)
        self.assertEqual(
            config, self.registry.blobs[REPOSITORY, archives.digest(config)]
        )

    def test_layers_are_stored_as_they_came(self):
        self.push(archives.saved(LAYERS))
        packed = [gzip.compress(layer, mtime=0) for layer in LAYERS]
        self.push(archives.files(archives.layout(LAYERS)))
        for blob in (*LAYERS, *packed):
            self.assertIn(
                (REPOSITORY, archives.digest(blob)), self.registry.blobs
            )

    def test_what_was_given_out_comes_back_the_same(self):
        written, digest = self.push(archives.files(archives.layout(LAYERS)))
        self.assertEqual((written, digest), self.push(written))

    def test_a_blob_that_is_there_is_not_sent_again(self):
        self.push(archives.saved(LAYERS))
        self.registry.begin = None
        self.push(archives.saved(LAYERS))

    def test_nothing_is_left_in_the_folder(self):
        with self.received(gzip.compress(archives.saved(LAYERS))):
            self.assertEqual([], os.listdir(self.folder))
        self.assertEqual([], os.listdir(self.folder))

    def test_without_a_folder_it_is_the_systems(self):
        self.useFixture(fixtures.MonkeyPatch('tempfile.tempdir', self.folder))
        spool = intake.Spool(None, MIB, limit.Limits(unpacked_bytes=MIB))
        upload = Slow(archives.saved(LAYERS))
        with intake.received(upload, AMD64, spool) as found:
            self.assertIn(b'layer.v1.tar', found.manifest)
        self.assertEqual(self.folder, tempfile.gettempdir())

    def test_memory_does_not_grow_with_the_image(self):
        content = archives.saved([archives.layer(1, 8 * MIB)])
        self.registry.upload_blob = lambda repository, digest, chunks: [
            None for _ in chunks
        ]
        source = Slow(content)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        spool = intake.Spool(
            self.folder, 20 * MIB, limit.Limits(unpacked_bytes=10 * MIB)
        )
        with intake.received(source, AMD64, spool) as upload:
            for _ in upload.chunks():
                pass
            upload.push(self.registry, REPOSITORY, 'g-1')
        self.assertLess(tracemalloc.get_traced_memory()[1], 5 * MIB)


class HostileTest(IntakeTestCase):
    def take(self, content, **how):
        with self.received(content, **how):
            self.fail('it was taken')

    def test_what_is_hostile_is_refused_before_the_registry_hears(self):
        self.registry.failure = AssertionError('it heard of it')
        for what, content in archives.hostile():
            self.addDetail('what', testtools.content.text_content(what))
            self.assertRaises(oci_exception.ArchiveError, self.take, content)
            self.assertEqual([], os.listdir(self.folder))

    def test_an_upload_that_is_too_large_is_refused(self):
        content = archives.saved(LAYERS)
        caught = self.assertRaises(
            oci_exception.ArchiveTooLarge, self.take, content, max_bytes=5000
        )
        self.assertIn('push the image instead', str(caught))

    def test_a_sender_who_goes_leaves_nothing(self):
        gone = OSError('gone')
        self.assertRaises(OSError, self.take, b'x' * 3000, error=gone)
        self.assertEqual([], os.listdir(self.folder))

    def test_a_registry_that_goes_midway_has_no_manifest(self):
        def upload_blob(repository, digest, chunks):
            raise exception.RegistryUnavailable('x')

        self.registry.upload_blob = upload_blob
        with self.received(archives.saved(LAYERS)) as upload:
            self.assertRaises(
                exception.RegistryUnavailable,
                *(upload.push, self.registry, REPOSITORY, 'g-1'),
            )
        self.assertEqual({}, self.registry.manifests)
