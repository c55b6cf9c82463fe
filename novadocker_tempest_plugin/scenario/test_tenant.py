"""Two tenants do not reach each other's images, in Glance or the registry."""

from collections.abc import Callable
from typing import Any

from tempest.lib import decorators
from tempest.lib import exceptions as lib_exc

from novadocker_tempest_plugin import registry
from novadocker_tempest_plugin.scenario import case


class TenantTest(case.DockerScenarioTest):
    credentials = ['primary', 'alt', 'admin']

    def _is_refused(self, deed: Callable[..., Any], *arguments: Any) -> None:
        raised = self.assertRaises(registry.RegistryError, deed, *arguments)
        self.assertIn(raised.status, (401, 403), raised)

    @decorators.idempotent_id('7f4a89ce-9621-4cbc-8657-bdf04d4925c6')
    def test_image_is_unknown_to_another_tenant(self) -> None:
        other = self.os_alt.image_client_v2
        self.assertRaises(lib_exc.NotFound, other.show_image, self.image_id)
        self.assertRaises(lib_exc.NotFound, other.delete_image, self.image_id)
        listed = other.list_images(params={'limit': 1000})['images']
        self.assertNotIn(self.image_id, [each['id'] for each in listed])

    @decorators.idempotent_id('232c9dde-9916-4566-b7f6-4dfa683081ba')
    def test_image_does_not_boot_for_another_tenant(self) -> None:
        network = self.get_tenant_network(credentials_type='alt')
        raised = self.assertRaises(
            lib_exc.BadRequest,
            self.create_server,
            clients=self.os_alt,
            image_id=self.image_id,
            networks=[{'uuid': network['id']}],
        )
        self.assertIn('image', str(raised))

    @decorators.idempotent_id('dc9dd4d9-73a7-4e48-a213-fc2bcd161807')
    def test_repository_is_closed_to_another_tenant(self) -> None:
        own = self.registry_of(self.os_primary)
        other = self.registry_of(self.os_alt)
        self.assertEqual(
            self.image.manifest, own.manifest(self.repository, 'latest')
        )
        self._is_refused(other.manifest, self.repository, 'latest')
        for digest in self.image.blobs:
            self._is_refused(other.blob, self.repository, digest)
        self._is_refused(other.push, self.repository, 'latest', self.image)
        self._is_refused(other.push, self.repository, 'other', self.image)
        self.assertEqual(self.image_id, self.image_named(self.name)['id'])

    @decorators.idempotent_id('1d1222c9-bf67-491f-92e7-d311462edb08')
    def test_layers_are_not_taken_over_from_another_tenant(self) -> None:
        client = self.registry_of(self.os_alt)
        own = f'{self.os_alt.credentials.project_id}/taken-over'
        for digest in self.image.blobs:
            try:
                is_mounted = client.mounts(own, digest, self.repository)
            except registry.RegistryError as err:
                self.assertIn(err.status, (401, 403), err)
            else:
                self.assertFalse(is_mounted)
