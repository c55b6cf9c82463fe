"""The client of the engine with the engine itself behind it."""

import testtools

from glance_bridge import exception
from glance_bridge.registry import client
from tests.contract import registry_contract
from tests.fixtures import registry


@registry.needs_registry
class RegistryTest(registry_contract.RegistryContract, testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engine = registry.for_class(cls)

    def setUp(self):
        super().setUp()
        self.registry = client.Registry(self.engine.url, lambda _: 'bearer')

    def test_an_engine_that_starts_again_is_found_again(self):
        name = self._repository()
        content = self._push(name)
        self.engine.kill()
        self.assertRaises(
            exception.RegistryUnavailable,
            self.registry.manifest,
            name,
            'latest',
        )
        self.engine.start()
        self.assertEqual(
            content, self.registry.manifest(name, 'latest').content
        )

    def test_garbage_leaves_what_another_tag_holds(self):
        name = self._repository()
        content = self._push(name, 'visible')
        self._push(name, 'pin')
        self.registry.untag(name, 'visible')
        self.engine.stop()
        self.engine.collect_garbage()
        self.engine.start()
        self.assertEqual(content, self.registry.manifest(name, 'pin').content)
        layer = registry_contract.digest(b'layer a')
        start = self.registry.start(name, layer, 7)
        self.assertEqual(b'layer a', start.content)
