"""The seed's story with its own commands: push, list, boot, ask."""

import json
import re

from tests.fixtures import rootfs
from tests.integration import cloud
from tests.integration import registry

# Where the quickstart leaves the image that it pushed itself.
ARCHIVE = 'data/memcached.tar'


class BridgeStoryTest(registry.RegistryTestCase):
    def setUp(self):
        super().setUp()
        self.log_in()

    def _listed(self):
        listed = registry.tenant('openstack', 'image', 'list')
        self.assertEqual(0, listed.returncode, listed.stderr)
        return listed.stdout

    def test_push_then_boot(self):
        self.load(registry.home() / ARCHIVE)
        pushed = self.push(self.reference())
        self.assertEqual(0, pushed.returncode, pushed.stderr)
        rows = self._listed()
        row = rf'\| {self.name}:latest +\| active +\|'
        self.assertEqual(1, len(re.findall(row, rows)), rows)
        self.assertNotRegex(rows, r'\| None +\|')
        server = self._boot('openstack', 'server', 'create', '--wait')
        listed = cloud.quickstart('exec', 'docker', 'ps')
        self.assertIn(f'nova-{server.id}', listed.stdout)
        address = self.floating_ip(server)
        answer = cloud.ask_memcached(
            address, 'set color 0 60 3\r\nred\r\nget color\r\n'
        )
        self.assertEqual('STORED\r\nVALUE color 0 3\r\nred\r\nEND\r\n', answer)

    def test_push_then_nova_boot(self):
        self.load(registry.home() / ARCHIVE)
        pushed = self.push(self.reference())
        self.assertEqual(0, pushed.returncode, pushed.stderr)
        server = self._boot('nova', 'boot', '--poll')
        listed = cloud.quickstart('exec', 'docker', 'ps')
        self.assertIn(f'nova-{server.id}', listed.stdout)

    def _boot(self, *words):
        """Boot the image by its name; no zone is named."""
        group = ('--security-group', 'memcached')
        if words[0] == 'nova':
            group = ('--security-groups', 'memcached')
        booted = registry.tenant(
            *words,
            *('--image', f'{self.name}:latest', '--flavor', cloud.FLAVOR),
            *(*group, self.name),
        )
        server = self.admin.compute.find_server(self.name, all_projects=True)
        self.assertIsNotNone(server, booted.stderr)
        self.addCleanup(self.delete, server)
        self.assertEqual(0, booted.returncode, booted.stderr)
        return self.wait_for_status(server, 'ACTIVE')


class RowTest(registry.RegistryTestCase):
    """What Glance has when a push has returned."""

    def setUp(self):
        super().setUp()
        self.log_in()
        self.load()

    def _push(self, tag='latest'):
        pushed = self.push(self.reference(tag))
        self.assertEqual(0, pushed.returncode, pushed.stderr)
        (image,) = self.images(tag)
        return image

    def test_row_says_what_it_is_and_whose(self):
        image = self._push()
        self.assertEqual('active', image.status)
        self.assertEqual('docker', image.container_format)
        self.assertEqual('raw', image.disk_format)
        project = self.admin.identity.find_project(registry.PROJECT)
        self.assertEqual(project.id, image.owner)
        found = image.properties
        self.assertEqual('docker', found['img_hv_type'])
        self.assertEqual('required', found['trait:CUSTOM_NOVA_DOCKER'])
        self.assertEqual(f'demo/{self.name}', found['docker_repository'])
        self.assertRegex(
            found['docker_manifest_digest'], 'sha256:[0-9a-f]{64}'
        )
        self.assertRegex(found['docker_config_digest'], 'sha256:[0-9a-f]{64}')
        # As little as Docker starts anything with, in MiB.
        self.assertEqual(6, image.min_ram)
        answer = self.admin.image.get(f'/images/{image.id}/file')
        self.assertEqual(image.size, len(answer.content))

    def test_second_tag_is_a_second_row_of_the_same_image(self):
        first, second = self._push(), self._push('1')
        self.assertNotEqual(first.id, second.id)
        self.assertEqual(
            first.properties['docker_manifest_digest'],
            second.properties['docker_manifest_digest'],
        )

    def test_second_push_changes_nothing(self):
        self.assertEqual(self._push().id, self._push().id)

    def test_moved_tag_hides_the_image_that_it_left(self):
        first = self._push()
        self.load(content=rootfs.with_files(rootfs.PROGRAMS, {'/new': 'x'}))
        second = self._push()
        self.assertNotEqual(first.id, second.id)
        left = self.admin.image.get_image(first.id)
        self.assertTrue(left.is_hidden)
        self.assertNotEqual(f'{self.name}:latest', left.name)

    def test_image_can_be_saved_and_loaded(self):
        image = self._push()
        config = json.loads(self.client.must('inspect', self.name))[0]['Id']
        self.client.must('rmi', '--force', self.name, self.reference())
        loaded = registry.tenant(
            'sh',
            '-c',
            f'openstack image save {image.id} | /usr/bin/docker load',
        )
        self.assertEqual(0, loaded.returncode, loaded.stderr)
        self.addCleanup(self.client.run, 'rmi', '--force', config)
        self.assertIn(config, loaded.stdout)

    def test_image_can_be_pulled(self):
        self._push()
        self.client.must('rmi', '--force', self.name, self.reference())
        self.client.must('pull', self.reference())

    def test_row_goes_out_of_sight_with_its_tag(self):
        image = self._push()
        digest = image.properties['docker_manifest_digest']
        self.admin.image.delete_image(image.id)
        cloud.wait_until(
            lambda: not self._has_tag(), f'the end of the tag of {digest}'
        )

    def _has_tag(self):
        self.client.run('rmi', '--force', self.reference())
        return self.client.run('pull', self.reference()).returncode == 0


class LoginTest(registry.RegistryTestCase):
    def test_wrong_password(self):
        found = self.client.login(secret='wrong')
        self.assertNotEqual(0, found.returncode)
        self.assertIn('unauthorized', found.stderr)

    def test_project_of_others(self):
        self.log_in()
        self.load()
        found = self.push(self.reference(project='service'))
        self.assertNotEqual(0, found.returncode)
        self.assertIn('denied', found.stderr)

    def test_project_that_there_is_not(self):
        self.log_in()
        self.load()
        found = self.push(self.reference(project='no-such-project'))
        self.assertNotEqual(0, found.returncode)
        self.assertIn('denied', found.stderr)

    def test_application_credential(self):
        made = registry.tenant(
            *('openstack', 'application', 'credential', 'create'),
            *('-f', 'json', self.name),
        )
        self.assertEqual(0, made.returncode, made.stderr)
        self.addCleanup(
            registry.tenant,
            *('openstack', 'application', 'credential', 'delete', self.name),
        )
        told = json.loads(made.stdout)
        fields = {name.lower(): value for name, value in told.items()}
        found = self.client.login(fields['id'], fields['secret'])
        self.assertEqual(0, found.returncode, found.stderr)
        self.load()
        pushed = self.push(self.reference())
        self.assertEqual(0, pushed.returncode, pushed.stderr)
