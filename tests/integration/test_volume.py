"""Volumes of Cinder in servers, through the public APIs."""

import os
import pathlib
import signal
import subprocess
import uuid

import fixtures
import openstack.exceptions

from deploy.quickstart.loop import disk as loop_disk
from tests.integration import cloud
from tests.integration import volume


class AttachTest(volume.VolumeCase):
    def test_data_goes_from_one_running_server_to_another(self):
        disk = self.volume()
        first, second = self.boot_idle(), self.boot_idle()
        self.assert_not_mounted(first)
        self.attach(first, disk)
        self.assert_mounted(first)
        self.write(first, 'carried')
        self.detach(first, disk)
        self.assert_not_mounted(first)
        self.attach(second, disk)
        self.assert_has(second, 'carried')
        self.detach(second, disk)
        for server in (first, second):
            self.assertTrue(self.container(server)['State']['Running'])
            self.delete(server)
        self.delete_volume(disk)
        self.assert_no_leaks()

    def test_stopped_server_has_it_when_it_starts(self):
        disk = self.volume()
        server = self.boot_idle()
        self.stop(server)
        self.attach(server, disk)
        self.start(server)
        self.assert_mounted(server)
        self.write(server, 'kept')
        self.compute.reboot_server(server, 'HARD')
        self.wait_for_status(server, 'ACTIVE')
        self.assert_has(server, 'kept')
        self.stop(server)
        self.detach(server, disk)
        self.start(server)
        self.assert_not_mounted(server)

    def test_server_with_two_knows_them_apart(self):
        one, two = self.volume(), self.volume()
        server = self.boot_idle(metadata={'docker:mount:vdc': '/data'})
        self.attach(server, one)
        self.attach(server, two)
        self.write(server, 'one')
        self.write(server, 'two', '/data')
        self.detach(server, one)
        self.assert_not_mounted(server)
        self.assert_has(server, 'two', '/data')

    def test_read_only_one_is_read_and_not_written(self):
        disk = self.volume()
        server = self.boot_idle()
        self.attach(server, disk)
        self.write(server, 'engraved')
        self.detach(server, disk)
        self.storage.set_volume_readonly(disk, True)
        self.attach(server, disk)
        self.assertIn('ro', self.options(server))
        self.assert_has(server, 'engraved')
        code, said = self.run_in(server, f'echo new > {volume.PLACE}/text')
        self.assertNotEqual(0, code)
        self.assertIn('Read-only', said)

    def test_it_stays_through_a_restart_of_nova_compute(self):
        disk = self.volume()
        server = self.boot_idle()
        self.attach(server, disk)
        self.write(server, 'still')
        for name in ('nova-compute', 'cinder-volume'):
            restarted = cloud.quickstart('restart', name)
            self.assertEqual(0, restarted.returncode, restarted.stderr)
        cloud.wait_until(self._are_services_up, 'the services')
        self.assert_has(server, 'still')
        self.detach(server, disk)
        self.assert_not_mounted(server)

    def _are_services_up(self):
        compute = self.compute.services(binary='nova-compute')
        return all(each.state == 'up' for each in compute) and any(
            True for _ in self.storage.backend_pools()
        )


class BusyTest(volume.VolumeCase):
    def test_volume_in_use_stays_until_it_is_not(self):
        disk = self.volume()
        server = self.boot_idle()
        self.attach(server, disk)
        user = self._use(server)
        self.compute.delete_volume_attachment(server, disk)
        failed = cloud.wait_until(
            lambda: self._failure(server), 'the end of the detach'
        )
        self.assertIn('in use', failed)
        self.wait_for_volume(disk, 'in-use')
        self.assert_mounted(server)
        self._end(user)
        self.detach(server, disk)
        self.assert_not_mounted(server)

    def _use(self, server):
        """Have a process that holds a file of the volume open."""
        ready = f'{volume.PLACE}/ready'
        script = f'exec 3> {volume.PLACE}/held; echo > {ready}; exec sleep 900'
        made = self.engine.exec_create(
            self.container(server)['Id'], ['sh', '-c', script]
        )
        self.engine.exec_start(made['Id'], detach=True)
        cloud.wait_until(
            lambda: self.run_in(server, f'cat {ready}')[0] == 0,
            'a process that uses the volume',
        )
        return made['Id']

    def _end(self, user):
        os.kill(self.engine.exec_inspect(user)['Pid'], signal.SIGKILL)
        cloud.wait_until(
            lambda: not self.engine.exec_inspect(user)['Running'],
            'the end of the process',
        )

    def _failure(self, server):
        for each in self.compute.server_actions(server):
            if each.action == 'detach_volume':
                events = self.compute.get_server_action(
                    each.request_id, server
                ).events
                failed = [it for it in events if it['result'] == 'Error']
                return ' '.join(f'{it.get("details")}' for it in failed)
        return None


class BootTest(volume.VolumeCase):
    def test_it_is_there_at_the_first_instruction_and_outlives_servers(self):
        disk = self.volume()
        server = self.boot_idle(
            volume.STORY, block_device_mapping=self.mapping(disk)
        )
        self.wait_for_story(server, volume.START)
        self.wait_for_volume(disk, 'in-use')
        self.delete(server)
        self.wait_for_volume(disk, 'available')
        other = self.boot_idle(
            volume.STORY, block_device_mapping=self.mapping(disk)
        )
        self.wait_for_story(other, 2 * volume.START)
        self.delete(other)
        self.wait_for_volume(disk, 'available')
        self.assert_no_leaks()

    def test_at_the_path_that_was_asked_for(self):
        disk = self.volume()
        server = self.boot_idle(
            metadata={'docker:mount:vdb': '/var/lib/data'},
            block_device_mapping=self.mapping(disk),
        )
        self.assert_mounted(server, '/var/lib/data')
        self.assert_not_mounted(server)

    def test_copy_of_a_snapshot_is_a_volume_of_its_own(self):
        disk = self.volume()
        server = self.boot_idle()
        self.attach(server, disk)
        self.write(server, 'before')
        self.detach(server, disk)
        self.delete(server)
        copy = self._copy(disk)
        server = self.boot_idle()
        self.attach(server, disk)
        self.write(server, 'after')
        self.attach(server, copy)
        self.assert_has(server, 'before', '/volumes/vdc')
        self.assert_has(server, 'after')

    def _copy(self, disk):
        snapshot = self.storage.create_snapshot(
            volume_id=disk.id, name=disk.name
        )
        self.addCleanup(self._delete_snapshot, snapshot)
        cloud.wait_until(
            lambda: (
                self.storage.get_snapshot(snapshot.id).status == 'available'
            ),
            'the snapshot',
        )
        return self.volume(snapshot_id=snapshot.id)

    def _delete_snapshot(self, snapshot):
        self.storage.delete_snapshot(snapshot)
        cloud.wait_until(
            lambda: self.storage.find_snapshot(snapshot.id) is None,
            'the end of the snapshot',
        )


class DeviceTest(volume.VolumeCase):
    def test_it_is_found_where_a_boot_gave_its_number_to_another_disk(self):
        disk = self.volume()
        server = self.boot_idle(
            volume.STORY, block_device_mapping=self.mapping(disk)
        )
        self.wait_for_story(server, volume.START)
        self.stop(server)
        link = loop_disk.LINKS / f'volume-{disk.id}'
        device = os.path.realpath(link)
        _run('losetup', '--detach', device)
        backing = pathlib.Path('/sys/block', device[5:], 'loop/backing_file')
        cloud.wait_until(lambda: not backing.exists(), f'the end of {device}')
        self._occupy(device)
        link.unlink()
        restarted = cloud.quickstart('restart', 'cinder-volume')
        self.assertEqual(0, restarted.returncode, restarted.stderr)
        cloud.wait_until(link.exists, 'the device of the volume')
        self.assertNotEqual(device, os.path.realpath(link))
        self.start(server)
        self.wait_for_story(server, 2 * volume.START)

    def _occupy(self, device):
        file = self.useFixture(fixtures.TempDir()).join('disk')
        pathlib.Path(file).touch()
        os.truncate(file, 1024**2)
        _run('losetup', device, file)
        self.addCleanup(_run, 'losetup', '--detach', device)


class ExtendTest(volume.VolumeCase):
    def test_running_server_has_the_room_at_once(self):
        disk = self.volume()
        # An ext4, which it would become, grows on some hosts only.
        home = pathlib.Path(cloud.environment()['NOVA_DOCKER_HOME'])
        _run('mkfs.xfs', '-q', f'{home}/data/cinder/volumes/volume-{disk.id}')
        server = self.boot_idle()
        self.attach(server, disk)
        self.write(server, 'kept')
        before = self._blocks(server)
        self.storage.extend_volume(disk, 2)
        cloud.wait_until(
            lambda: self._blocks(server) > 1.5 * before, 'the room'
        )
        self.wait_for_volume(disk, 'in-use')
        self.assert_has(server, 'kept')
        self.detach(server, disk)

    def _blocks(self, server):
        _, said = self.run_in(server, f'stat -f -c %b {volume.PLACE}')
        return int(said)


class RefusalTest(volume.VolumeCase):
    def test_server_that_would_boot_from_it(self):
        disk = self.volume()
        self.storage.set_volume_bootable_status(disk, True)
        self.storage.set_volume_image_metadata(disk, **cloud.DOCKER_PROPERTIES)
        (_, root) = self.mapping(disk)
        server = self.compute.create_server(
            name=f'test-{uuid.uuid4().hex[:8]}',
            flavor_id=self.compute.find_flavor(cloud.FLAVOR).id,
            networks=[{'uuid': self.network().id}],
            block_device_mapping=[{**root, 'boot_index': 0}],
            availability_zone=f'nova:{cloud.HOST}',
        )
        self.addCleanup(self.delete, server)
        self.wait_for_status(server, 'ERROR')
        fault = self.compute.get_server(server.id).fault['message']
        self.assertIn('cannot boot from a volume', fault)
        self.delete(server)
        self.wait_for_volume(disk, 'available')
        self.assert_no_leaks()

    def test_volume_for_several_servers(self):
        kind = self.storage.create_type(
            name=f'test-{uuid.uuid4().hex[:8]}',
            extra_specs={'multiattach': '<is> True'},
        )
        self.addCleanup(self.storage.delete_type, kind)
        disk = self.volume(volume_type=kind.name)
        server = self.boot_idle()
        error = self.assertRaises(
            openstack.exceptions.BadRequestException,
            self.compute.create_volume_attachment,
            server,
            volume_id=disk.id,
        )
        self.assertIn('multiattach', str(error))
        self.wait_for_volume(disk, 'available')
        self.assert_not_mounted(server)


def _run(*command):
    subprocess.run(command, check=True, capture_output=True)
