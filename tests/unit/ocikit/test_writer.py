from collections.abc import Sequence
import dataclasses
import gzip
import io
import json
import os
import tarfile
import tempfile
import tracemalloc
import unittest

from ocikit import archive
from ocikit import exception
from ocikit import layer
from ocikit import limit
from ocikit import platform
from ocikit import writer
from tests.fixtures import archives

AMD64 = platform.Platform('linux', 'amd64')
LIMITS = limit.Limits(unpacked_bytes=100_000_000)
NAME = 'ours/image:tag'


class WriterTest(unittest.TestCase):
    def setUp(self) -> None:
        self.file = self.enterContext(tempfile.TemporaryFile())

    def inspect(self, content: bytes) -> archive.Image:
        self.file.write(content)
        self.file.flush()
        return archive.inspect(self.file, AMD64, LIMITS)

    def write(self, content: bytes) -> bytes:
        image = self.inspect(content)
        return b''.join(writer.docker_archive(self.file, image, NAME))

    @staticmethod
    def members(content: bytes) -> list[tuple[str, bytes]]:
        found = []
        with tarfile.open(fileobj=io.BytesIO(content)) as opened:
            for info in opened:
                file = opened.extractfile(info)
                assert file is not None
                found.append((info.name, file.read()))
        return found

    def assert_written(
        self, content: bytes, layers: Sequence[bytes], stored: Sequence[bytes]
    ) -> None:
        names = [archives.encoded(each) + '.tar' for each in layers]
        config = archives.config(layers)
        config_name = archives.encoded(config) + '.json'
        entry = {'Config': config_name, 'RepoTags': [NAME], 'Layers': names}
        expected = [
            ('manifest.json', json.dumps([entry]).encode()),
            (config_name, config),
            *dict(zip(names, stored, strict=True)).items(),
        ]
        self.assertEqual(expected, self.members(content))

    def test_only_what_the_image_needs_is_written(self) -> None:
        layers = [archives.layer(1), archives.layer(2)]
        members = archives.saved_members(layers) | {'junk': b'junk'}
        self.assert_written(
            self.write(archives.files(members)), layers, layers
        )

    def test_layers_pass_as_they_are_stored(self) -> None:
        layers = [archives.layer(1), archives.layer(2)]
        content = archives.files(archives.layout(layers))
        stored = [gzip.compress(each, mtime=0) for each in layers]
        self.assert_written(self.write(content), layers, stored)

    def test_a_layer_that_is_used_twice_is_written_once(self) -> None:
        layers = [archives.layer(1)] * 2
        self.assert_written(self.write(archives.saved(layers)), layers, layers)

    def test_a_layer_that_is_only_known_is_named_and_left_out(self) -> None:
        layers = [archives.layer(1), archives.layer(2)]
        image = self.inspect(archives.saved(layers))
        known = layer.Known(archives.digest(layers[0]), len(layers[0]), 1)
        image = dataclasses.replace(image, layers=(known, image.layers[1]))
        written = self.members(
            b''.join(writer.docker_archive(self.file, image, NAME))
        )
        names = [archives.encoded(each) + '.tar' for each in layers]
        self.assertEqual(names, json.loads(written[0][1])[0]['Layers'])
        self.assertEqual([names[1]], [name for name, _ in written[2:]])

    def test_what_is_written_is_an_archive_of_the_same_image(self) -> None:
        image = self.inspect(archives.saved([archives.layer(1)]))
        written = b''.join(writer.docker_archive(self.file, image, NAME))
        self.file.seek(0)
        self.file.truncate()
        self.assertEqual(image.config, self.inspect(written).config)

    def test_a_name_that_no_engine_takes_is_refused_at_once(self) -> None:
        image = self.inspect(archives.saved([archives.layer(1)]))
        with self.assertRaises(exception.InvalidReference):
            writer.docker_archive(self.file, image, 'No Name')

    def test_a_file_that_became_shorter_ends_the_stream(self) -> None:
        image = self.inspect(archives.saved([archives.layer(1)]))
        self.file.truncate(1000)
        with self.assertRaisesRegex(
            exception.ArchiveMalformed, 'is truncated'
        ):
            list(writer.docker_archive(self.file, image, NAME))

    def test_memory_does_not_grow_with_the_image(self) -> None:
        size = 48 * limit.MIB
        content = archives.layer(1, 0) + bytes(size)
        self.file.write(archives.saved([content]))
        self.file.flush()
        del content
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        image = archive.inspect(self.file, AMD64, LIMITS)
        written = sum(map(len, writer.docker_archive(self.file, image, NAME)))
        peak = tracemalloc.get_traced_memory()[1]
        self.assertGreater(written, size)
        self.assertLess(peak, 8 * limit.MIB)
        self.assertLess(size, os.fstat(self.file.fileno()).st_size)
