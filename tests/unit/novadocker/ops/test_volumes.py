"""What comes of a server's volumes, whatever goes wrong."""

import dataclasses
from unittest import mock

from nova.compute import vm_states

from novadocker import exception
from novadocker import model
from novadocker.ops import destroy
from novadocker.ops import power
from novadocker.ops import volumes
from novadocker.volume import request
from novadocker.volume import volumes as volume_volumes
from tests.unit.novadocker.ops import stories

DISK = '/dev/sdb'


def volume(disk=DISK, target='/volumes/vdb', **changes):
    return request.Volume(f'of {disk}', 'iscsi', {'where': disk}, target)


class VolumeTestCase(stories.StoryTestCase):
    def setUp(self):
        super().setUp()
        self.disks.content = {DISK: '', '/dev/sdc': 'xfs'}
        self.volume = volume()

    def attach(self, given=None, others=()):
        volumes.attach(self.tools, self.instance, given or self.volume, others)

    def detach(self):
        volumes.detach(self.tools, self.instance, self.volume)

    def stop(self):
        power.power_off(self.tools, self.instance, timeout_s=0)

    def start(self, *attached):
        power.power_on(
            self.tools, self.instance, self.view, self.ports, attached
        )

    def settings(self, **changes):
        usual = {'is_enabled': True, 'filesystem': 'ext4'}
        self.tools.volumes._settings = volume_volumes.Settings(
            **{**usual, **changes}
        )

    def assert_has(self, *disks):
        container = self.found()
        self.assertEqual({*disks}, {*self.disks.entries[container.id]})
        self.assertEqual({*disks}, self.disks.mounted(container.id))
        self.assertEqual({*disks}, self.connector.connected)

    def assert_has_none(self):
        self.assertEqual(set(), self.connector.connected)
        self.assertEqual(
            {}, {k: v for k, v in self.disks.entries.items() if v}
        )


class AttachTest(VolumeTestCase):
    def test_running_server(self):
        self.boot()
        self.attach()
        self.assert_has(DISK)
        self.assertEqual('ext4', self.disks.content[DISK])
        self.assertIn('which was blank', self.log.output)
        self.detach()
        self.assert_has_none()

    def test_stopped_server_mounts_it_when_it_starts(self):
        self.boot()
        self.stop()
        self.attach()
        self.assertEqual({DISK}, self.connector.connected)
        self.assertEqual({}, self.disks.entries)
        self.start(self.volume)
        self.assert_has(DISK)

    def test_start_that_began_before_the_attach_mounts_it(self):
        self.boot()
        self.stop()
        self.attach()
        # Nova had asked its database before.
        self.start()
        self.assert_has(DISK)
        self.detach()
        self.stop()
        self.start()
        self.assert_has_none()

    def test_start_goes_by_what_nova_says_of_a_path(self):
        self.boot()
        self.stop()
        self.attach()
        other = dataclasses.replace(self.volume, id='by another name')
        self.start(other)
        self.assert_has(DISK)

    def test_attach_to_a_stopped_server_that_fails_is_forgotten(self):
        self.boot()
        self.stop()
        self.disks.content[DISK] = 'a secret'
        self.assertRaises(exception.VolumeUnusable, self.attach)
        self.start()
        self.assert_has_none()

    def test_what_is_made_on_a_blank_volume_is_the_operators_choice(self):
        self.settings(filesystem='xfs')
        self.boot()
        self.attach()
        self.assertEqual('xfs', self.disks.content[DISK])

    def test_blank_volume_that_cannot_be_written(self):
        self.boot()
        error = self.assertRaises(
            exception.VolumeUnusable,
            self.attach,
            dataclasses.replace(self.volume, read_only=True),
        )
        self.assertIn('blank and read-only', str(error))
        self.assert_has_none()

    def test_host_that_gives_no_volumes(self):
        self.settings(is_enabled=False)
        self.boot()
        self.assertRaises(exception.VolumeRefused, self.attach)
        self.assert_has_none()
        self.start()

    def test_volume_that_cannot_be_used_is_given_back(self):
        self.disks.content[DISK] = 'a secret'
        self.boot()
        self.assertRaises(exception.VolumeUnusable, self.attach)
        self.assert_has_none()

    def test_volume_that_cannot_be_mounted_is_given_back(self):
        self.boot()
        with mock.patch(
            'novadocker.privsep.volume.attach',
            autospec=True,
            side_effect=exception.VolumeUnusable(disk=DISK, reason='broken'),
        ):
            self.assertRaises(exception.VolumeUnusable, self.attach)
        self.assert_has_none()

    def test_volume_that_could_not_be_mounted_next_time_is_given_back(self):
        self.boot()
        with mock.patch(
            'novadocker.privsep.runtime_map.add_volume',
            autospec=True,
            side_effect=exception.MapEntryInvalid(entry='e', reason='r'),
        ):
            self.assertRaises(exception.MapEntryInvalid, self.attach)
        self.assert_has_none()
        self.assertEqual(set(), self.disks.mounted(self.found().id))

    def test_path_that_another_volume_has(self):
        self.boot()
        other = volume('/dev/sdc')
        self.assertRaises(exception.VolumeRefused, self.attach, None, (other,))
        self.assert_has_none()

    def test_server_that_is_not_there(self):
        self.assertRaises(exception.ContainerNotFound, self.attach)
        self.assert_has_none()


class DetachTest(VolumeTestCase):
    def test_volume_in_use_stays_as_it_is(self):
        self.boot()
        self.attach()
        self.disks.busy.add(DISK)
        self.assertRaises(exception.VolumeBusy, self.detach)
        self.assert_has(DISK)

    def test_volume_that_something_else_has_stays_connected(self):
        self.boot()
        self.attach()
        self.disks.held.add(DISK)
        self.assertRaises(exception.VolumeBusy, self.detach)
        self.assertEqual({DISK}, self.connector.connected)
        self.assertGreater(self.now, 9)

    def test_kernel_that_takes_its_time(self):
        self.boot()
        self.attach()
        self.disks.held.add(DISK)
        self.while_asleep = self.disks.held.clear
        self.detach()
        self.assert_has_none()

    def test_device_that_nova_does_not_remember(self):
        self.boot()
        self.attach()
        self.volume = volume()
        self.assertEqual('', self.volume.disk)
        self.detach()
        self.assert_has_none()

    def test_server_that_is_gone(self):
        self.boot()
        self.attach()
        self.engine.remove(self.found().id, force=True)
        self.detach()
        self.assertEqual(set(), self.connector.connected)

    def test_stopped_server_starts_without_it(self):
        self.boot(volumes=(self.volume,))
        self.stop()
        self.detach()
        self.assert_has_none()


class ExtendTest(VolumeTestCase):
    def setUp(self):
        super().setUp()
        self.boot(volumes=(self.volume,))
        self.connector.size_bytes = 2**30

    def extend(self, size_bytes=2**30):
        volumes.extend(self.tools, self.instance, self.volume, size_bytes)

    def test_file_system_of_a_running_server_fills_it(self):
        self.extend()
        self.assertEqual({DISK}, self.disks.grown)

    def test_host_that_does_not_see_the_new_size(self):
        error = self.assertRaises(
            exception.VolumeRefused, self.extend, 2**30 + 1
        )
        self.assertIn('1073741824 bytes of it', str(error))
        self.assertEqual(set(), self.disks.grown)

    def test_that_of_a_stopped_server_fills_it_at_the_next_start(self):
        self.stop()
        self.extend()
        self.assertEqual(set(), self.disks.grown)
        self.start(self.volume)
        self.assertEqual({DISK}, self.disks.grown)

    def test_volume_that_is_read_only_does_not_grow_at_a_start(self):
        self.stop()
        self.start(dataclasses.replace(self.volume, read_only=True))
        self.assertEqual(set(), self.disks.grown)

    def test_file_system_that_cannot_grow_does_not_keep_a_server(self):
        self.stop()
        for failure in (
            exception.VolumeUnusable(disk=DISK, reason='stiff'),
            exception.ProcessRefused(pid=1, reason='it has ended'),
        ):
            with mock.patch(
                'novadocker.privsep.volume.grow',
                autospec=True,
                side_effect=failure,
            ):
                self.start(self.volume)
            self.assertIn('It stays as large', self.log.output)
            self.assert_has(DISK)
            self.stop()

    def test_server_that_ends_soon_has_nothing_that_could_grow(self):
        self.stop()
        volumes.fill(
            self.tools,
            self.found().id,
            [model.VolumeMount(DISK, 'ext4', '/volumes/vdb')],
        )
        self.assertEqual(set(), self.disks.grown)

    def test_file_system_that_cannot_grow_stays_mounted(self):
        self.disks.stiff.add(DISK)
        self.assertRaises(exception.VolumeUnusable, self.extend)
        self.assert_has(DISK)

    def test_device_that_nova_does_not_remember(self):
        self.volume = volume()
        self.extend()
        self.assertEqual({DISK}, self.disks.grown)


class LifeTest(VolumeTestCase):
    def test_boot_with_volumes_and_delete(self):
        other = volume('/dev/sdc', '/other')
        self.boot(volumes=(self.volume, other))
        self.assert_has(DISK, '/dev/sdc')
        destroy.destroy(
            self.tools,
            self.instance,
            self.ports,
            attached=(self.volume, other),
        )
        self.assert_nothing_left()
        self.assertEqual(set(), self.connector.connected)

    def test_boot_that_fails_gives_them_back(self):
        self.wait_failure = exception.PortsNotReady(ports='p', seconds=1)
        self.assertRaises(
            exception.PortsNotReady, self.boot, volumes=(self.volume,)
        )
        self.assert_nothing_left()
        self.assertEqual(set(), self.connector.connected)

    def test_boot_with_two_at_one_path_makes_nothing(self):
        two = (self.volume, volume('/dev/sdc'))
        self.assertRaises(exception.VolumeRefused, self.boot, volumes=two)
        self.assert_nothing_left()
        self.assertEqual('', self.disks.content[DISK])

    def test_boot_where_there_are_no_volumes(self):
        self.settings(is_enabled=False)
        error = self.assertRaises(
            exception.VolumeRefused, self.boot, volumes=(self.volume,)
        )
        self.assertIn('[docker] volumes', str(error))
        self.assert_nothing_left()

    def test_reboot_where_there_are_no_volumes_any_more_touches_nothing(self):
        before = self.boot(volumes=(self.volume,))
        self.settings(is_enabled=False)
        for is_hard in (False, True):
            self.assertRaises(
                exception.VolumeRefused,
                power.reboot,
                *(self.tools, self.instance, self.view, self.ports),
                is_hard=is_hard,
                attached=(self.volume,),
            )
            self.assertEqual(before, self.found())
        self.assert_has(DISK)
        self.detach()
        self.assert_has_none()

    def test_server_that_is_rescued_is_rebooted_without_them(self):
        self.boot(volumes=(self.volume,))
        self.settings(is_enabled=False)
        self.instance.vm_state = vm_states.RESCUED
        self.assertRaises(
            exception.ContainerNotFound,
            power.reboot,
            *(self.tools, self.instance, self.view, self.ports),
            is_hard=True,
            attached=(self.volume,),
        )

    def test_back_end_that_does_not_answer_does_not_keep_a_server(self):
        self.boot(volumes=(self.volume,))
        self.connector.failure = exception.VolumeRefused(
            volume_id='v', reason='a test wants it so'
        )
        destroy.destroy(
            self.tools, self.instance, self.ports, attached=(self.volume,)
        )
        self.assert_nothing_left()
        self.assertIn('It is left on this host', self.log.output)

    def test_delete_gives_back_what_it_can(self):
        other = volume('/dev/sdc', '/other')
        self.boot(volumes=(self.volume, other))
        self.disks.held.add(DISK)
        self.assertRaises(
            exception.VolumeBusy,
            destroy.destroy,
            *(self.tools, self.instance, self.ports),
            attached=(self.volume, other),
        )
        self.assert_nothing_left()
        self.assertEqual({DISK}, self.connector.connected)
