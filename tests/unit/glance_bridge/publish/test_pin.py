"""Pins are set whole and dropped whole, whoever was there before."""

import testtools

from glance_bridge import exception
from glance_bridge import location
from glance_bridge.publish import pin
from glance_bridge.registry import client
from tests.unit.glance_bridge.publish import world as worlds

IMAGE = '6c1f9a0e-3b52-4d62-9f04-5d1f5b7a9c11'
OTHER = '6c1f9a0e-3b52-4d62-9f04-5d1f5b7a9c12'
NAME = str(worlds.REPOSITORY)


class PinsTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.registry = worlds.World().registry
        self.pins = pin.Pins(self.registry)
        content = worlds.manifest()
        self.digest = self.registry.put_manifest(
            NAME, 'latest', content, worlds.MEDIA_TYPE
        )
        self.manifest = client.Manifest(
            content, worlds.MEDIA_TYPE, self.digest
        )

    def _set(self, image_id, children=()):
        self.pins.set(worlds.REPOSITORY, image_id, self.manifest, children)

    def test_an_image_has_its_own_pins_dropped(self):
        self._set(IMAGE, [self.digest, self.digest])
        self._set(OTHER)
        self.pins.drop(worlds.REPOSITORY, IMAGE)
        self.assertEqual(
            sorted(['latest', location.pin_of(OTHER)]),
            self.registry.tags(NAME),
        )

    def test_a_manifest_that_is_gone_is_told(self):
        missing = 'sha256:' + '0' * 64
        self.assertRaises(
            exception.RegistryNotFound, self._set, IMAGE, [missing]
        )

    def test_a_tag_that_somebody_else_took_away_is_fine(self):
        for _ in range(2):
            self.pins.untag(worlds.REPOSITORY, 'latest')
        self.assertEqual([], self.registry.tags(NAME))
