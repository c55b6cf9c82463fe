"""Layers between hosts and the registry, in the real cloud."""

import json
import os
import re
import tempfile

from tests.fixtures import archives
from tests.fixtures import rootfs
from tests.integration import cloud
from tests.integration import registry

NOISE_BYTES = 1_000_000
SLEEP = {'docker:command': 'sleep 6000'}
MAKE_NOISE = {
    'docker:command': (
        f"sh -c 'head -c {NOISE_BYTES} /dev/urandom > /tmp/noise; "
        "echo made; exec sleep 6000'"
    )
}
TELL = {'docker:command': "sh -c 'stat -c %s /tmp/noise; exec sleep 6000'"}


def archive(reference, *layers):
    """Make a docker-archive of several layers."""
    config = archives.config(layers, architecture=rootfs.architecture())
    members = archives.saved_members(layers, config)
    (entry,) = json.loads(members['manifest.json'])
    entry['RepoTags'] = [reference]
    members['manifest.json'] = json.dumps([entry]).encode()
    del members['repositories']
    return archives.files(members)


class LayersTest(registry.RegistryTestCase):
    def setUp(self):
        super().setUp()
        self.log_in()

    def pushed(self, tag, *layers):
        """Push an image of some layers; give its row in Glance."""
        self.addCleanup(self.client.run, 'rmi', '--force', self.name)
        with tempfile.NamedTemporaryFile() as file:
            file.write(archive(f'{self.name}:latest', *layers))
            file.flush()
            self.client.must('load', '--input', file.name)
        done = self.push(self.reference(tag))
        self.assertEqual(0, done.returncode, done.stderr)
        # The host is to know it by nothing but what Nova brings.
        self.client.must('rmi', '--force', self.name, self.reference(tag))
        (image,) = self.images(tag)
        return image

    def told(self, pattern):
        """Read a number out of the log of nova-compute.

        What it says of a deed it may say after others have seen the deed.
        """
        path = registry.home() / 'log/nova-compute.log'
        cloud.wait_until(lambda: re.search(pattern, path.read_text()), pattern)
        (found,) = re.findall(pattern, path.read_text())
        return int(found)

    def fetched_bytes(self, image):
        return self.told(rf'Image {image.id}: fetched (\d+) bytes of demo/')

    def test_only_the_layer_that_is_missing_travels(self):
        # No other image has this one, so that it has to travel once.
        base = archives.files({'tmp/base': os.urandom(NOISE_BYTES)})
        mark = archives.files({'tmp/mark': f'{self.name}\n'.encode()})
        whole = self.pushed('base', rootfs.layer(), base)
        self.boot(image=whole.name, metadata=SLEEP)
        self.assertGreater(self.fetched_bytes(whole), NOISE_BYTES)
        image = self.pushed('top', rootfs.layer(), base, mark)
        server = self.boot(
            image=image.name,
            metadata={
                'docker:command': "sh -c 'cat /tmp/mark; exec sleep 6000'"
            },
        )
        self.assertLess(self.fetched_bytes(image), 10_000)
        self.log_with(server, self.name)

    def test_engine_knows_it_by_our_name_alone(self):
        image = self.pushed('latest', rootfs.layer())
        server = self.boot(image=image.name, metadata=SLEEP)
        config_digest = image.properties['docker_config_digest']
        (name,) = self.held_images(image.id)
        self.assertIn(config_digest.removeprefix('sha256:'), name)
        found = self.engine.inspect_image(self.container(server)['Image'])
        self.assertEqual(config_digest, found['Id'])
        self.assertEqual([], found['RepoDigests'] or [])

    def test_image_of_another_project_comes_by_its_layers_too(self):
        image = self.pushed('latest', rootfs.layer())
        self.admin.image.update_image(image.id, visibility='public')
        # The tests boot as admin, the image is demo's.
        self.boot(image=image.name, metadata=SLEEP)
        self.fetched_bytes(image)

    def test_archive_that_was_uploaded_comes_by_its_layers_too(self):
        image = self.admin.image.create_image(
            name=self.name,
            container_format='docker',
            disk_format='raw',
            data=rootfs.archive(f'{self.name}:latest'),
            **cloud.DOCKER_PROPERTIES,
        )
        self.addCleanup(self.admin.image.delete_image, image.id)
        self.boot(image=image.name, metadata=SLEEP)
        self.told(
            rf'Image {image.id}: fetched (\d+) bytes of \S+/uploads/{image.id}'
        )

    def test_snapshot_sends_the_layer_that_has_changed(self):
        image = self.pushed('latest', rootfs.layer())
        server = self.boot(image=image.name, metadata=MAKE_NOISE)
        self.log_with(server, 'made')
        compute = self.admin.compute
        taken = compute.create_server_image(server, f'{self.name}-taken')
        cloud.wait_until(
            lambda: self.admin.image.get_image(taken.id).status == 'active',
            f'snapshot {taken.id}',
        )
        sent_bytes = self.told(rf'Snapshot {taken.id}: (\d+) bytes uploaded')
        self.assertLess(sent_bytes, 1.1 * NOISE_BYTES)
        again = self.boot(image=f'{self.name}-taken', metadata=TELL)
        self.log_with(again, str(NOISE_BYTES))
