import pathlib
import tempfile
import unittest

from novadocker.image import known
from ocikit import layer
from ocikit import media_type
from tests.fixtures import archives

STORED = archives.digest(b'stored')
DIFF_ID = archives.digest(b'unpacked')
LAYER = layer.Layer(
    diff_id=DIFF_ID,
    layer_digest=STORED,
    offset=0,
    size_bytes=6,
    compression=media_type.Compression.NONE,
    unpacked_bytes=8,
    members=1,
)


class KnownLayersTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.folder = pathlib.Path(folder) / 'layers'
        self.layers = known.KnownLayers(self.folder)

    def test_layer_that_was_checked_is_known(self) -> None:
        self.layers.remember([LAYER])
        self.assertEqual(
            layer.Known(DIFF_ID, unpacked_bytes=8, members=1),
            self.layers.find(STORED),
        )

    def test_layer_that_was_known_is_not_noted_again(self) -> None:
        self.layers.remember([layer.Known(DIFF_ID, 8, 1)])
        self.assertEqual([], list(self.folder.iterdir()))

    def test_other_layers_are_not_known(self) -> None:
        self.assertIsNone(self.layers.find(STORED))
        self.layers.remember([LAYER])
        self.assertIsNone(self.layers.find(DIFF_ID))

    def test_half_a_file_is_nothing(self) -> None:
        self.layers.remember([LAYER])
        (file,) = self.folder.iterdir()
        file.write_bytes(file.read_bytes()[:-1])
        self.assertIsNone(self.layers.find(STORED))

    def test_layers_that_are_gone_are_forgotten(self) -> None:
        self.layers.remember([LAYER])
        self.layers.forget_all_but({DIFF_ID})
        self.assertIsNotNone(self.layers.find(STORED))
        self.layers.forget_all_but({STORED})
        self.assertEqual([], list(self.folder.iterdir()))

    def test_folder_that_was_never_made_has_nothing_to_forget(self) -> None:
        self.layers.forget_all_but(set())
        self.assertFalse(self.folder.exists())
