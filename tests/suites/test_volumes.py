"""Volumes of servers, through Nova's API and all that is behind it.

Nova attaches, refreshes and terminates their connections around each of the
driver's calls; Cinder is Nova's own fake.
"""

from nova import context as nova_context
from nova import objects
from nova.tests.functional import integrated_helpers

from tests.suites import suite

VOLUME = '9a695496-44aa-4404-b2cc-ccab2501f87e'
DISK = f'/dev/compute/{VOLUME}'
DISK_THERE = f'/dev/other/{VOLUME}'


class VolumeTestCase(suite.Case, integrated_helpers._IntegratedTestBase):
    """A server that is up, and a volume."""

    ADMIN_API = True
    microversion = '2.95'
    CAST_AS_CALL = False

    def setUp(self):
        super().setUp()
        self.server = self._create_server(networks='none')

    def attach(self, **more):
        self.api.post_server_volume(
            self.server['id'],
            {'volumeAttachment': {'volumeId': VOLUME, **more}},
        )
        self.notifier.wait_for_versioned_notifications(
            'instance.volume_attach.end'
        )
        self.assert_has_it('compute')

    def detach(self):
        self.api.delete_server_volume(self.server['id'], VOLUME)
        self._wait_for_volume_detach(self.server['id'], VOLUME)

    def assert_has_it(self, host):
        """See that one host has the volume, and its container alone."""
        for name, engine in self.below.engines.items():
            connected = self.below.connectors[name].connected
            expected = {f'/dev/{host}/{VOLUME}'} if name == host else set()
            self.assertEqual(expected, connected)
            mounted = {
                disk
                for each in engine.containers()
                if each.state.is_live
                for disk in self.below.disks.mounted(each.id)
            }
            self.assertEqual(expected, mounted)

    def assert_nobody_has_it(self):
        self.assert_has_it('none')


class AttachTest(VolumeTestCase):
    def test_it_comes_and_goes(self):
        self.attach()
        self.assertEqual('ext4', self.below.disks.content[DISK])
        self.detach()
        self.assert_nobody_has_it()

    def test_tagged_one_is_told_of_until_it_goes(self):
        self.attach(tag='data')
        (found,) = self.devices()
        self.assertEqual(
            (['data'], VOLUME, '/volumes/data'),
            (found.tags, found.serial, found.path),
        )
        self.detach()
        self.assertEqual([], self.devices())

    def devices(self):
        found = objects.Instance.get_by_uuid(
            nova_context.get_admin_context(),
            self.server['id'],
            expected_attrs=['device_metadata'],
        )
        return found.device_metadata.devices

    def test_detach_of_a_volume_in_use_leaves_it(self):
        self.attach()
        self.below.disks.busy.add(DISK)
        self.api.delete_server_volume(self.server['id'], VOLUME)
        self._wait_for_action_fail_completion(
            self.server, 'detach_volume', 'compute_detach_volume'
        )
        self.assertIn(
            VOLUME, self.cinder.volume_ids_for_instance(self.server['id'])
        )
        self.assert_has_it('compute')

    def test_it_is_there_after_each_start(self):
        self.attach()
        for is_hard in (False, True):
            self._reboot_server(self.server, hard=is_hard)
            self.notifier.reset()
            self.assert_has_it('compute')
        self._stop_server(self.server)
        self._start_server(self.server)
        self.assert_has_it('compute')

    def test_delete_gives_it_back(self):
        self.attach()
        self._delete_server(self.server)
        self.assert_nobody_has_it()

    def test_shelved_server_has_it_again(self):
        self.attach()
        self.flags(shelved_offload_time=0)
        self.api.post_server_action(self.server['id'], {'shelve': None})
        self._wait_for_state_change(self.server, 'SHELVED_OFFLOADED')
        self.assert_nobody_has_it()
        self._unshelve_server(self.server)
        self.assert_has_it('compute')

    def test_server_is_resized_on_its_host_and_reverted(self):
        self.attach()
        self.flags(allow_resize_to_same_host=True)
        self._resize_server(self.server, '2')
        self.assert_has_it('compute')
        self._revert_resize(self.server)
        self.assert_has_it('compute')

    def test_boot_with_it(self):
        request = self._build_server(networks='none')
        request['block_device_mapping_v2'] = [
            {
                'source_type': 'image',
                'destination_type': 'local',
                'boot_index': 0,
                'uuid': request['imageRef'],
            },
            {
                'source_type': 'volume',
                'destination_type': 'volume',
                'boot_index': -1,
                'uuid': VOLUME,
            },
        ]
        made = self.api.post_server({'server': request})
        self._wait_for_state_change(made, 'ACTIVE')
        self.assert_has_it('compute')
        self._delete_server(made)
        self.assert_nobody_has_it()


class MoveTest(VolumeTestCase):
    def setUp(self):
        super().setUp()
        self.other = self._start_compute('other')
        self.attach()

    def test_confirmed(self):
        self._migrate_server(self.server)
        self.assert_has_it('other')
        self._confirm_resize(self.server)
        self.assert_has_it('other')
        self.detach()
        self.assert_nobody_has_it()

    def test_reverted(self):
        self._migrate_server(self.server)
        self._revert_resize(self.server)
        self.assert_has_it('compute')

    def test_volume_that_cannot_leave_keeps_the_server(self):
        self.below.disks.held.add(DISK)
        for volumes in self.volumes_of_hosts():
            volumes._clock = iter(range(0, 1000, 6)).__next__
        self.api.post_server_action(self.server['id'], {'migrate': None})
        self._wait_for_migration_status(self.server, ['error'])
        self.below.disks.held.clear()
        self._wait_for_server_parameter(
            self.server,
            {'status': 'ACTIVE', 'OS-EXT-STS:task_state': None},
        )
        self.assert_has_it('compute')

    def volumes_of_hosts(self):
        for service in (self.compute, self.other):
            yield service.manager.driver._tools.volumes

    def test_host_that_cannot_have_it_finishes_with_a_hard_reboot(self):
        there = self.below.connectors['other']
        there.lost.add(DISK_THERE)
        self._migrate_server(self.server, expected_state='ERROR')
        self.assert_nobody_has_it()
        there.lost.clear()
        self._reboot_server(self.server, hard=True)
        self.assert_has_it('other')

    def test_evacuated(self):
        self.compute.stop()
        # Its fence kills it.
        (container,) = self.below.engines['compute'].containers()
        self.below.engines['compute'].kill(container.id)
        (service,) = self.api.get_services(host='compute')
        self.api.put_service_force_down(service['id'], True)
        self._evacuate_server(self.server, expected_host='other')
        self._start_server(self.server)
        self.compute = self.restart_compute_service(self.compute)
        self.assertEqual([], self.below.engines['compute'].containers())
        self.assert_has_it('other')
