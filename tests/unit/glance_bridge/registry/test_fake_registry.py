"""The fake that other tests stand on does what the real engine does."""

import testtools

from glance_bridge import exception
from tests.contract import registry_contract
from tests.fixtures import fake_registry


class ContractTest(registry_contract.RegistryContract, testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.registry = fake_registry.FakeRegistry()


class BehaviourTest(testtools.TestCase):
    def test_it_fails_as_it_is_told(self):
        registry = fake_registry.FakeRegistry()
        registry.failure = exception.RegistryUnavailable('gone')
        for deed in (
            lambda: registry.manifest('demo/web', 'latest'),
            lambda: registry.tags('demo/web'),
            lambda: registry.blob_size('demo/web', 'sha256:' + 64 * 'a'),
        ):
            self.assertRaises(exception.RegistryUnavailable, deed)

    def test_it_lies_about_sizes_as_it_is_told(self):
        registry = fake_registry.FakeRegistry()
        digest = registry.add_blob('demo/web', b'abc')
        registry.sizes[digest] = 5
        self.assertEqual(5, registry.blob_size('demo/web', digest))
