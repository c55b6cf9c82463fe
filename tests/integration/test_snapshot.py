"""Snapshots, backups, shelved and rebuilt servers, through the public APIs."""

import os
import uuid

from tests.integration import cloud

# Leaves a mark, unless there is one, and tells of it.
MARK = (
    "sh -c 'cat /tmp/mark; echo marked by $NAME > /tmp/mark; exec sleep 6000'"
)
TELL = "sh -c 'cat /tmp/mark; cat /etc/hostname; exec sleep 6000'"


class SnapshotTestCase(cloud.CloudTestCase):
    def boot_marked(self):
        """Boot a server that writes into its files."""
        server = self.boot(
            image=self.shell_image(),
            metadata={'docker:command': MARK, 'docker:env:NAME': 'first'},
        )
        name = f'nova-{server.id}'
        cloud.wait_until(
            lambda: any(
                change['Path'] == '/tmp/mark'
                for change in self.engine.diff(name) or []
            ),
            'the mark',
        )
        return server

    def snapshot(self, server):
        """Make an image of a server that goes with the test."""
        name = f'snapshot-{uuid.uuid4().hex[:8]}'
        image = self.admin.compute.create_server_image(server, name)
        self.addCleanup(
            self.admin.image.delete_image, image.id, ignore_missing=True
        )
        self.wait_for_image(image.id)
        return self.admin.image.get_image(image.id)

    def wait_for_image(self, image_id):
        cloud.wait_until(
            lambda: self.admin.image.get_image(image_id).status == 'active',
            f'image {image_id}',
        )

    def snapshots_in_engine(self):
        return [
            tag
            for image in self.engine.images()
            for tag in image['RepoTags'] or []
            if tag.startswith('nova-snapshot/')
        ]

    def addresses(self, server):
        ports = self.admin.network.ports(device_id=server.id)
        return {port.id: port.fixed_ips for port in ports}


class SnapshotTest(SnapshotTestCase):
    def _assert_boots(self, image):
        server = self.boot(image=image.name, metadata={'docker:command': TELL})
        self.log_with(server, f'marked by first\n{server.name}')

    def test_snapshot_of_a_running_server_boots(self):
        server = self.boot_marked()
        pid = self.container(server)['State']['Pid']
        image = self.snapshot(server)
        found = self.wait_for_status(server, 'ACTIVE')
        self.assertEqual(pid, self.container(found)['State']['Pid'])
        self.assertFalse(self.container(found)['State']['Paused'])
        self.assertEqual('docker', image.container_format)
        self.assertEqual('raw', image.disk_format)
        told = self.admin.image.get(f'/images/{image.id}').json()
        self.assertEqual(
            cloud.DOCKER_PROPERTIES,
            {name: told[name] for name in cloud.DOCKER_PROPERTIES},
        )
        # No registry has the parent's layers, so all of it went to Glance.
        self.assertEqual('file', told['stores'])
        self.assertEqual([], self.snapshots_in_engine())
        self._assert_boots(image)

    def test_snapshot_of_a_stopped_server_boots(self):
        server = self.boot_marked()
        self.admin.compute.stop_server(server)
        self.wait_for_status(server, 'SHUTOFF')
        image = self.snapshot(server)
        self.wait_for_status(server, 'SHUTOFF')
        self._assert_boots(image)

    def test_snapshot_of_a_paused_server_leaves_it_paused(self):
        server = self.boot_marked()
        self.admin.compute.pause_server(server)
        self.wait_for_status(server, 'PAUSED')
        self.snapshot(server)
        self.wait_for_status(server, 'PAUSED')
        self.assertTrue(self.container(server)['State']['Paused'])

    def test_server_is_deleted_in_the_middle_of_its_snapshot(self):
        server = self.boot_marked()
        name = f'snapshot-{uuid.uuid4().hex[:8]}'
        image = self.admin.compute.create_server_image(server, name)
        self.addCleanup(
            self.admin.image.delete_image,
            image.id,
            ignore_missing=True,
        )
        self.delete(server)
        cloud.wait_until(
            lambda: not self.snapshots_in_engine(), 'an engine without it'
        )
        self.assert_no_leaks()

    def test_backups_rotate(self):
        server = self.boot_marked()
        names = [f'backup-{number}-{server.id[:8]}' for number in range(3)]
        for name in names:
            self.admin.compute.backup_server(server, name, 'daily', 2)
            image = cloud.wait_until(
                lambda name=name: self.admin.image.find_image(name), name
            )
            self.addCleanup(
                self.admin.image.delete_image, image.id, ignore_missing=True
            )
            self.wait_for_image(image.id)
            self.wait_for_status(server, 'ACTIVE')
        cloud.wait_until(
            lambda: self.admin.image.find_image(names[0]) is None,
            'the rotation',
        )
        for name in names[1:]:
            self.assertIsNotNone(self.admin.image.find_image(name))


class ShelveTest(SnapshotTestCase):
    def test_shelved_server_comes_back_with_files_and_addresses(self):
        server = self.boot_marked()
        before = self.addresses(server)
        compute = self.admin.compute
        compute.shelve_server(server)
        self.wait_for_status(server, 'SHELVED_OFFLOADED')
        label = f'org.openstack.nova.uuid={server.id}'
        self.assertEqual(
            [],
            self.engine.containers(all=True, filters={'label': label}),
        )
        self.assert_no_leaks()
        compute.unshelve_server(server)
        self.wait_for_status(server, 'ACTIVE')
        # The command of its metadata sees what it wrote the first time.
        self.log_with(server, 'marked by first')
        self.assertEqual(before, self.addresses(server))
        self.delete(server)
        self.assert_no_leaks()


class RebuildTest(SnapshotTestCase):
    def _network_of(self, server):
        """Tell a network from any that was made anew."""
        path = f'/run/netns/nova-{server.id}'
        return os.stat(path).st_ino, self.addresses(server)

    def _rebuild(self, server, image, wait='ACTIVE', **more):
        self.admin.compute.rebuild_server(
            server, image=self.image_id(image), **more
        )
        return self.wait_for_status(server, wait)

    def test_same_and_other_image_on_the_same_ports(self):
        server = self.boot_marked()
        before = self._network_of(server)
        first = self.container(server)['Id']
        other = self.shell_image()
        for image in (other, other):
            self._rebuild(server, image)
            self.assertNotEqual(first, self.container(server)['Id'])
            first = self.container(server)['Id']
            self.assertEqual(before, self._network_of(server))
            self.assertNotIn('marked by', self.console_log(server))
        self.delete(server)
        self.assert_no_leaks()

    def test_failed_rebuild_can_be_rebuilt_and_deleted(self):
        image = self.shell_image()
        server = self.boot(
            image=image, metadata={'docker:command': 'sleep 6000'}
        )
        before = self._network_of(server)
        bad = {'docker:command': "sh -c 'exit 3'"}
        found = self._rebuild(server, image, wait='ERROR', metadata=bad)
        self.assertIn('exit code 3', found.fault['message'])
        good = {'docker:command': 'sleep 6000'}
        self.admin.compute.rebuild_server(
            server, image=self.image_id(image), metadata=good
        )
        cloud.wait_until(
            lambda: (
                self.admin.compute.get_server(server.id).status == 'ACTIVE'
            ),
            'the rebuilt server',
        )
        self.assertEqual(before, self._network_of(server))
        self._rebuild(server, image, wait='ERROR', metadata=bad)
        self.delete(server)
        self.assert_no_leaks()
