import gzip
import pathlib
import tempfile
import unittest

from novadocker import exception
from novadocker import identity
from novadocker.image import inspection
from tests.fixtures import archives

IMAGE_ID = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'
LAYERS = (archives.layer(1),)


class InspectedTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.folder = pathlib.Path(folder)

    def inspect(
        self,
        content: bytes,
        *,
        architecture: str = 'x86_64',
        max_bytes: int = 1_000_000,
        accept_rootfs_tar: bool = False,
    ) -> tuple[str, bytes]:
        rules = inspection.Rules(architecture, max_bytes, accept_rootfs_tar)
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.flush()
            with inspection.inspected(
                IMAGE_ID, file, str(self.folder), rules
            ) as found:
                return found.reference, b''.join(found.stream())

    def test_a_sound_image_is_renamed_to_ours(self) -> None:
        reference, written = self.inspect(archives.saved(LAYERS))
        digest = archives.digest(archives.config(LAYERS))
        self.assertEqual(identity.image_reference(IMAGE_ID, digest), reference)
        self.assertIn(reference.encode(), written)
        self.assertNotIn(b'evil', written)

    def test_volumes_of_an_image_do_not_reach_the_engine(self) -> None:
        process = {'Cmd': ['x'], 'Volumes': {'/data': {}}}
        content = archives.config(LAYERS, config=process)
        reference, written = self.inspect(archives.saved(LAYERS, content))
        self.assertNotIn(b'Volumes', written)
        self.assertNotIn(archives.encoded(content), reference)

    def test_a_gzipped_archive_is_unpacked_and_leaves_nothing(self) -> None:
        content = archives.saved(LAYERS)
        self.assertEqual(
            self.inspect(content), self.inspect(gzip.compress(content))
        )
        self.assertEqual([], list(self.folder.iterdir()))

    def test_a_root_file_system_is_taken_where_it_is_accepted(self) -> None:
        self.inspect(LAYERS[0], accept_rootfs_tar=True)
        with self.assertRaisesRegex(
            exception.ImageRejected, 'accept_rootfs_tar'
        ):
            self.inspect(LAYERS[0])

    def test_what_is_refused_is_named_in_a_sentence(self) -> None:
        with self.assertRaisesRegex(
            exception.ImageRejected,
            f'^Image {IMAGE_ID} cannot be booted: with layer 1 the image '
            f'unpacks to more than is allowed; give it a larger disk.$',
        ):
            self.inspect(archives.saved(LAYERS), max_bytes=100)

    def test_an_image_for_another_machine_is_told_apart(self) -> None:
        with self.assertRaisesRegex(
            exception.ImageForOtherMachine,
            "built for 'linux/amd64', this host runs linux/arm64",
        ):
            self.inspect(archives.saved(LAYERS), architecture='aarch64')
