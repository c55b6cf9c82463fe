import contextlib
import json

import testtools

from glance_bridge import exception
from glance_bridge.store import stream
from ocikit import exception as oci_exception
from ocikit import media_type
from ocikit import plan
from ocikit import platform
from tests.fixtures import archives
from tests.fixtures import fake_registry

REPOSITORY = 'demo/web'
AMD64 = platform.Platform('linux', 'amd64')


class StreamTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.registry = fake_registry.FakeRegistry()
        self.blobs = []

    def image(self, number=1, size=5000):
        """Store an image and give its manifest."""
        layer = archives.layer(number, size)
        config = archives.config([layer])
        for blob in (config, layer):
            self.blobs.append(self.registry.add_blob(REPOSITORY, blob))
        content = archives.manifest(
            config, [archives.descriptor(layer, archives.LAYER)]
        )
        self.registry.put_manifest(
            REPOSITORY,
            archives.digest(content),
            content,
            media_type.OCI_MANIFEST,
        )
        return content

    def plan(self, digest):
        return stream.plan(self.registry, REPOSITORY, digest, AMD64)


class PlanTest(StreamTestCase):
    def test_a_manifest_is_planned(self):
        content = self.image()
        self.assertEqual(
            plan.make(content), self.plan(archives.digest(content))
        )

    def test_of_an_index_it_is_the_image_of_the_platform(self):
        entries = []
        for number, architecture in enumerate(('arm64', 'amd64')):
            content = self.image(number)
            entries.append(
                archives.descriptor(
                    content,
                    media_type.OCI_MANIFEST,
                    platform={'os': 'linux', 'architecture': architecture},
                )
            )
        for kind in (media_type.OCI_INDEX, media_type.DOCKER_LIST):
            index = archives.index(*entries)
            digest = archives.digest(index)
            self.registry.put_manifest(REPOSITORY, digest, index, kind)
            self.assertEqual(plan.make(content), self.plan(digest))

    def test_what_is_not_there_is_not_planned(self):
        self.assertRaises(
            exception.RegistryNotFound, self.plan, archives.digest(b'x')
        )

    def test_what_is_no_image_is_not_planned(self):
        content = json.dumps({'schemaVersion': 2}).encode()
        digest = archives.digest(content)
        self.registry.put_manifest(
            REPOSITORY, digest, content, media_type.OCI_MANIFEST
        )
        self.assertRaises(oci_exception.ArchiveError, self.plan, digest)


class ChunksTest(StreamTestCase):
    def setUp(self):
        super().setUp()
        self.planned = plan.make(self.image())
        self.whole = b''.join(self.chunks())

    def chunks(self, *part):
        return stream.chunks(self.registry, REPOSITORY, self.planned, *part)

    def test_all_of_it_is_as_long_as_was_said(self):
        self.assertEqual(self.planned.size_bytes, len(self.whole))

    def test_a_part_is_that_of_the_whole(self):
        for offset in range(0, len(self.whole), 777):
            for count in (1, 700, 9000, None):
                end = None if count is None else offset + count
                self.assertEqual(
                    self.whole[offset:end],
                    b''.join(self.chunks(offset, count)),
                )

    def test_nothing_is_asked_of_blobs_that_are_not_wanted(self):
        self.registry.failure = exception.RegistryUnavailable('x')
        self.assertEqual(self.whole[:100], b''.join(self.chunks(0, 100)))

    def test_a_blob_of_another_size_is_an_error(self):
        for change in (-1, 1):
            self.registry.sizes = {self.blobs[1]: 5000 + change}
            self.assertRaises(
                oci_exception.ArchiveMismatch, list, self.chunks()
            )

    def test_a_blob_that_is_gone_is_an_error(self):
        del self.registry.blobs[REPOSITORY, self.blobs[1]]
        self.assertRaises(oci_exception.ArchiveMismatch, list, self.chunks())

    def test_the_end_of_a_blob_is_where_the_registry_says(self):
        """A range that reaches a blob's end notices one that goes on."""
        digest = self.blobs[1]
        self.registry.blobs[REPOSITORY, digest] += b'more'
        at = self.whole.index(b'x' * 100)
        self.assertRaises(oci_exception.ArchiveMismatch, list, self.chunks(at))

    def test_what_was_opened_is_closed_when_the_reader_goes(self):
        closed = []
        blob = self.registry.blob

        @contextlib.contextmanager
        def recorded(*args):
            with blob(*args) as pieces:
                try:
                    yield pieces
                finally:
                    closed.append(args)

        self.registry.blob = recorded
        chunks = self.chunks()
        for _ in range(2):
            next(chunks)
        chunks.close()
        self.assertEqual(1, len(closed))
