"""What users ask of a server, through Nova's API and all that is behind it.

Nova's own suites hardly touch these: their fake driver has nothing to do
for them.
"""

from nova import context as nova_context
from nova import objects
from nova.compute import power_state
from nova.tests.functional import integrated_helpers
from nova.tests.functional.api import client

from tests.suites import suite

STATES = (
    ('PAUSED', 'pause'),
    ('SHUTOFF', 'os-stop'),
    ('SUSPENDED', 'suspend'),
)


class OperationsTestCase(suite.Case, integrated_helpers._IntegratedTestBase):
    """A server that is up, with one port."""

    ADMIN_API = True
    microversion = '2.100'
    CAST_AS_CALL = False

    def setUp(self):
        super().setUp()
        self.server = self._create_server(
            networks=[{'port': self.neutron.port_1['id']}]
        )
        self.engine, self.plumber = self.below.of('compute')

    def act(self, action, content=None):
        self.api.post_server_action(self.server['id'], {action: content})

    def container(self):
        (found,) = self.engine.containers()
        return found

    def ports(self):
        (found,) = self.plumber.plugged.values()
        return list(found)

    def assert_untouched(self):
        """See that it is as it was: up, and waiting for nothing."""
        self._wait_for_server_parameter(
            self.server,
            {'status': 'ACTIVE', 'OS-EXT-STS:task_state': None},
        )
        self.assertTrue(self.container().state.is_live)

    def assert_action_failed(self, action):
        self._wait_for_action_fail_completion(
            self.server, action, f'compute_{action}'
        )


class PowerTest(OperationsTestCase):
    def test_pause_and_unpause(self):
        self.act('pause')
        self._wait_for_state_change(self.server, 'PAUSED')
        self.act('unpause')
        self._wait_for_state_change(self.server, 'ACTIVE')
        self.assert_untouched()

    def test_suspend_and_resume(self):
        self._suspend_server(self.server)
        found = self.api.get_server(self.server['id'])
        self.assertEqual(
            power_state.SUSPENDED, found['OS-EXT-STS:power_state']
        )
        self._resume_server(self.server)
        self.assert_untouched()

    def test_stop_and_start(self):
        self._stop_server(self.server)
        self.assertFalse(self.container().state.is_live)
        self._start_server(self.server)
        self.assert_untouched()

    def test_reboots_keep_the_container_and_its_ports(self):
        before, ports = self.container().id, self.ports()
        for is_hard in (False, True):
            self._reboot_server(self.server, hard=is_hard)
            self.notifier.reset()
        self.assert_untouched()
        self.assertEqual(before, self.container().id)
        self.assertEqual(ports, self.ports())

    def test_delete_in_each_state(self):
        for state, action in STATES:
            self.act(action)
            self._wait_for_state_change(self.server, state)
            self._delete_server(self.server)
            self.assertEqual([], self.engine.containers())
            self.server = self._create_server(networks='none')

    def test_command_that_ends_is_a_server_that_is_off(self):
        self.engine.exit(self.container().id, 0)
        admin = nova_context.get_admin_context()
        self.compute.manager._sync_power_states(admin)
        self._wait_for_state_change(self.server, 'SHUTOFF')


class RebuildTest(OperationsTestCase):
    def test_other_image_in_a_new_container_on_the_same_ports(self):
        before, ports = self.container(), self.ports()
        other = self.glance.image3['id']
        self._rebuild_server(self.server, other)
        self.assert_untouched()
        self.assertNotEqual(before.id, self.container().id)
        self.assertNotEqual(before.image_id, self.container().image_id)
        self.assertEqual(ports, self.ports())


class SnapshotTest(OperationsTestCase):
    def snapshots(self):
        return {
            each['name']: each['id']
            for each in self.glance.images.values()
            if 'image_type' in each['properties']
        }

    def test_snapshot_of_a_server_that_is_up_boots_another(self):
        self._snapshot_server(self.server, 'snapshot')
        self.assert_untouched()
        image_id = self.snapshots()['snapshot']
        other = self._create_server(image_uuid=image_id, networks='none')
        self.assertEqual(2, len(self.engine.containers()))
        self._delete_server(other)

    def test_snapshot_of_a_server_that_is_off(self):
        self._stop_server(self.server)
        self._snapshot_server(self.server, 'snapshot')
        self._wait_for_server_parameter(
            self.server, {'status': 'SHUTOFF', 'OS-EXT-STS:task_state': None}
        )
        self.assertEqual({'snapshot'}, set(self.snapshots()))

    def test_shelved_server_comes_back_on_its_ports(self):
        before, ports = self.container().id, self.ports()
        self._shelve_server(self.server)
        self.assertEqual([], self.engine.containers())
        self._unshelve_server(self.server)
        self.assert_untouched()
        self.assertNotEqual(before, self.container().id)
        self.assertEqual(ports, self.ports())


class PortTest(OperationsTestCase):
    def setUp(self):
        super().setUp()
        self.port = self.neutron.port_2['id']
        self.neutron.create_port({'port': self.neutron.port_2})

    def test_port_comes_and_goes(self):
        before = self.ports()
        self._attach_interface(self.server, self.port)
        self.assertEqual([*before, self.port], self.ports())
        self._detach_interface(self.server, self.port)
        self.assertEqual(before, self.ports())

    def test_port_that_cannot_be_plugged_is_given_back(self):
        self.plumber.broken.add(self.port)
        self.assertRaises(
            client.OpenStackApiException,
            self._attach_interface,
            self.server,
            self.port,
        )
        self.assert_untouched()
        found = self.neutron.show_port(self.port)['port']
        self.assertEqual('', found['device_id'])

    def test_tagged_port_is_told_of_until_it_goes(self):
        self.api.attach_interface(
            self.server['id'],
            {'interfaceAttachment': {'port_id': self.port, 'tag': 'nic'}},
        )
        (found,) = self.devices()
        self.assertEqual(['nic'], found.tags)
        self.assertEqual(self.neutron.port_2['mac_address'], found.mac)
        self._detach_interface(self.server, self.port)
        self.assertEqual([], self.devices())

    def test_server_boots_with_a_tagged_port(self):
        self._delete_server(self.server)
        self.server = self._create_server(
            networks=[{'port': self.port, 'tag': 'nic'}]
        )
        (found,) = self.devices()
        self.assertEqual(['nic'], found.tags)

    def devices(self):
        found = objects.Instance.get_by_uuid(
            nova_context.get_admin_context(),
            self.server['id'],
            expected_attrs=['device_metadata'],
        )
        return found.device_metadata.devices


class TellingTest(OperationsTestCase):
    def test_console_log_has_what_the_command_wrote(self):
        self.engine.exit(self.container().id, 1, b'said it and ended')
        found = self.api.api_post(
            f'/servers/{self.server["id"]}/action',
            {'os-getConsoleOutput': {'length': 10}},
        )
        self.assertEqual('said it and ended', found.body['output'])

    def test_diagnostics_are_those_of_the_container(self):
        found = self.api.get_server_diagnostics(self.server['id'])
        self.assertEqual('docker', found['hypervisor'])
        self.assertEqual('running', found['state'])
        self.assertEqual(1, found['num_nics'])

    def test_hypervisor_tells_its_uptime_and_address(self):
        (host,) = self.api.api_get('/os-hypervisors/detail').body[
            'hypervisors'
        ]
        self.assertEqual('docker', host['hypervisor_type'])
        self.assertIn('load average', host['uptime'])
        self.assertTrue(host['host_ip'])


class CpuTest(OperationsTestCase):
    def test_server_lands_where_the_cpu_can_what_it_needs(self):
        self._boot_on('HW_CPU_X86_SSE42', 'ACTIVE')
        refused = self._boot_on('HW_CPU_X86_AVX512F', 'ERROR')
        self.assertIn('No valid host', refused['fault']['message'])

    def _boot_on(self, trait, state):
        flavor = self._create_flavor(extra_spec={f'trait:{trait}': 'required'})
        return self._create_server(
            flavor_id=flavor, networks='none', expected_state=state
        )


class RefusalTest(OperationsTestCase):
    """What a container cannot do leaves the server as it was."""

    def test_live_migration(self):
        self._start_compute('other')
        self.act('os-migrateLive', {'host': None, 'block_migration': 'auto'})
        self._wait_for_migration_status(self.server, ['error'])
        self.assert_untouched()

    def test_crash_dump(self):
        self.act('trigger_crash_dump')
        self.assert_action_failed('trigger_crash_dump')
        self.assert_untouched()

    def test_boot_from_a_volume(self):
        request = self._build_server(image_uuid='', networks='none')
        request['block_device_mapping_v2'] = [
            {
                'source_type': 'volume',
                'destination_type': 'volume',
                'boot_index': 0,
                'uuid': self.cinder.IMAGE_BACKED_VOL,
            }
        ]
        refused = self.api.post_server({'server': request})
        refused = self._wait_for_state_change(refused, 'ERROR')
        self.assertIn('boot from an image', refused['fault']['message'])
        self._delete_server(refused)
        self.assert_untouched()

    def test_image_of_another_hypervisor(self):
        image = self.glance.images[self.glance.image2['id']]
        image['container_format'] = 'bare'
        request = self._build_server(image_uuid=image['id'], networks='none')
        refused = self.api.post_server({'server': request})
        refused = self._wait_for_state_change(refused, 'ERROR')
        self.assertIn('container_format', refused['fault']['message'])
        self._delete_server(refused)
        self.assert_untouched()
