import unittest

from ocikit import media_type


class OciLayerTest(unittest.TestCase):
    def test_every_layer_has_a_type_of_ocis(self) -> None:
        for kind, packing in media_type.LAYERS.items():
            found = media_type.oci_layer(kind)
            self.assertTrue(found.startswith('application/vnd.oci.'))
            self.assertIs(packing, media_type.LAYERS[found])

    def test_what_is_no_layer_has_none(self) -> None:
        with self.assertRaises(KeyError):
            media_type.oci_layer(media_type.OCI_CONFIG)
