"""What Glance is told of an image."""

import dataclasses
import unittest

from glance_bridge.publish import properties
from tests.unit.glance_bridge.publish import world as worlds

VERDICT = worlds.verdict_of(worlds.manifest())


class PropertiesTest(unittest.TestCase):
    def _of(self, **changes: object) -> dict[str, str]:
        verdict = dataclasses.replace(VERDICT, **changes)
        return dict(
            properties.properties_of(worlds.REPOSITORY, 'latest', verdict)
        )

    def test_an_image_of_one_platform_names_it(self) -> None:
        self.assertEqual('x86_64', self._of()['hw_architecture'])

    def test_an_image_of_several_names_none(self) -> None:
        self.assertNotIn('hw_architecture', self._of(architecture=None))

    def test_what_is_not_known_is_left_out(self) -> None:
        self.assertNotIn('docker_config_digest', self._of(config_digest=None))

    def test_it_lands_on_docker_hosts_alone(self) -> None:
        found = self._of()
        self.assertEqual('docker', found['img_hv_type'])
        self.assertEqual('required', found['trait:CUSTOM_NOVA_DOCKER'])
