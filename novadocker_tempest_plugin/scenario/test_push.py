"""A tenant pushes an image and boots it."""

from tempest.lib import decorators

from novadocker_tempest_plugin import image as image_module
from novadocker_tempest_plugin.scenario import case


class PushTest(case.DockerScenarioTest):
    @decorators.idempotent_id('aad4296e-13aa-44ae-9af0-fb945ccc4bfb')
    @decorators.attr(type='smoke')
    def test_image_that_was_pushed_boots_and_answers(self) -> None:
        found = self.image_named(self.name)
        self.assertEqual('active', found['status'])
        self.assertEqual('docker', found['container_format'])
        self.assertIn(found['visibility'], ('private', 'shared'))
        server = self.boot()
        self.assertEqual(found['id'], server['image']['id'])
        self.guest(server)

    @decorators.idempotent_id('80561413-a1b0-46ab-b0ab-2658e682bde7')
    def test_registry_gives_back_what_was_pushed(self) -> None:
        client = self.registry_of(self.os_primary)
        self.assertEqual(
            self.image.manifest, client.manifest(self.repository, 'latest')
        )
        for digest in self.image.blobs:
            self.assertEqual(
                digest,
                image_module.digest(client.blob(self.repository, digest)),
            )
