"""Images: brought by Nova, kept for the next boot."""

from tests.integration import cloud


class ImageCacheTest(cloud.CloudTestCase):
    def test_an_aggregate_holds_an_image_before_its_first_boot(self):
        name = self.shell_image()
        image_id = self.image_id(name)
        compute = self.admin.compute
        zone = compute.find_aggregate(cloud.AGGREGATE)
        compute.aggregate_precache_images(zone.id, [image_id])
        held = cloud.wait_until(
            lambda: self.held_images(image_id), f'image {name} in the engine'
        )
        server = self.boot(
            image=name, metadata={'docker:command': 'sleep 600'}
        )
        self.assertEqual(held, self.held_images(image_id))
        self.assertEqual(held, [self.container(server)['Config']['Image']])

    def test_an_image_that_was_deleted_is_kept_and_no_leak(self):
        name = self.shell_image()
        image_id = self.image_id(name)
        server = self.boot(
            image=name, metadata={'docker:command': 'sleep 600'}
        )
        self.delete(server)
        self.admin.image.delete_image(image_id)
        self.assertTrue(self.held_images(image_id))
        self.assert_no_leaks()
