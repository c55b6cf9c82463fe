import io
import tarfile
import tempfile
import unittest

from ocikit import exception
from ocikit import limit
from ocikit import picker
from ocikit import rewriter
from tests.fixtures import archives

LIMITS = limit.Limits(unpacked_bytes=1_000_000)
LAYERS = tuple(archives.layer(number, 5000) for number in (1, 2, 3))
DIFF_IDS = tuple(map(archives.digest, LAYERS))
CONFIG = archives.config(LAYERS)
SAVED = rewriter.Saved(archives.digest(CONFIG), DIFF_IDS)


def as_docker_25() -> bytes:
    members = {
        f'blobs/sha256/{archives.encoded(each)}': each
        for each in (*LAYERS, CONFIG)
    }
    return archives.files(members | {'manifest.json': b'[]'})


class PickTest(unittest.TestCase):
    def pick(
        self, content: bytes, *wanted: int, limits: limit.Limits = LIMITS
    ) -> dict[str, bytes]:
        file = self.enterContext(tempfile.TemporaryFile())
        chunks = iter(lambda: stream.read(1000), b'')
        stream = io.BytesIO(content)
        found = picker.pick(
            chunks, SAVED, {DIFF_IDS[each] for each in wanted}, file, limits
        )
        self.assertEqual(CONFIG, found.config)
        file.seek(0, io.SEEK_END)
        self.assertEqual(
            sum(len(LAYERS[each]) for each in wanted), file.tell()
        )
        return {
            diff_id: part.read(part.size_bytes)
            for diff_id, part in found.layers.items()
        }

    def test_layers_that_are_wanted_are_in_the_file_and_no_others(
        self,
    ) -> None:
        for content in (archives.saved(LAYERS), as_docker_25()):
            for wanted in ((2,), (0, 2), (1,), ()):
                with self.subTest(wanted):
                    self.assertEqual(
                        {DIFF_IDS[each]: LAYERS[each] for each in wanted},
                        self.pick(content, *wanted),
                    )

    def test_layer_that_comes_twice_is_kept_once(self) -> None:
        members = archives.saved_members(LAYERS) | {'x/layer.tar': LAYERS[2]}
        self.pick(archives.files(members), 2)

    def test_folders_and_other_files_are_looked_over(self) -> None:
        members = archives.saved_members(LAYERS) | {'VERSION': b'1.0'}
        folder = archives.member('a', type=tarfile.DIRTYPE), b''
        files = [
            (archives.member(name, len(content)), content)
            for name, content in members.items()
        ]
        self.pick(archives.tar(folder, *files), 1)

    def test_archive_that_lacks_a_layer_is_refused(self) -> None:
        members = archives.saved_members(LAYERS[:2], CONFIG)
        with self.assertRaisesRegex(
            exception.ArchiveMalformed, 'lacks a layer'
        ):
            self.pick(archives.files(members), 2)

    def test_archive_with_another_config_is_refused(self) -> None:
        members = archives.saved_members(LAYERS)
        members[archives.encoded(CONFIG) + '.json'] = b'{}'
        with self.assertRaises(exception.ArchiveMismatch):
            self.pick(archives.files(members), 2)

    def test_config_beyond_reason_is_refused(self) -> None:
        limits = limit.Limits(unpacked_bytes=1, document_bytes=10)
        with self.assertRaises(exception.ArchiveTooLarge):
            self.pick(archives.saved(LAYERS), 2, limits=limits)

    def test_truncated_archive_is_refused(self) -> None:
        with self.assertRaises(exception.ArchiveMalformed):
            self.pick(archives.saved(LAYERS)[:6000], 2)
