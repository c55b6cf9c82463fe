"""What Nova hears of a move that fails, and what of one that goes on."""

import json
from unittest import mock

import fixtures
from nova import context as nova_context
from nova import exception as nova_exception
from nova import objects
from nova.compute import manager
from nova.compute import vm_states
from oslo_utils.fixture import uuidsentinel

from novadocker import exception
from novadocker import model
from novadocker.facade import carried
from novadocker.image import depot
from novadocker.ops import luggage
from tests.fixtures import fake_glance
from tests.unit.novadocker import test_driver
from tests.unit.novadocker.facade import test_volume

CARRIED = model.Luggage('nova-moved/x:y', parcel_id='parcel')


class MigrationTestCase(test_driver.DriverTestCase):
    def setUp(self):
        super().setUp()
        self.context = nova_context.get_admin_context()
        self.instance.image_ref = uuidsentinel.image
        self.instance.migration_context = objects.MigrationContext(
            migration_id=7
        )
        self.migration = objects.Migration(
            uuid=uuidsentinel.migration,
            source_compute='host1',
            dest_compute='host2',
        )
        self.stub_out(
            'nova.objects.Migration.get_by_id_and_instance',
            lambda cls, context, number, uuid: self.migration,
        )
        self.driver._departure = self.departure = mock.Mock()
        self.driver._arrival = self.arrival = mock.Mock()
        self.departure.depart.return_value = CARRIED
        self.stub_out(
            'nova.objects.BlockDeviceMappingList.get_by_instance_uuid',
            lambda *args: [],
        )
        self.row = test_volume.Row()
        self.volumes = {'block_device_mapping': [self.row]}

    def connect(self, *args):
        """Connect the volume, and fail."""
        self.row['connection_info']['data']['device_path'] = '/dev/sdz'
        raise exception.MoveRefused(reason='because')

    def migrate(self, flavor=None, volumes=None):
        return self.driver.migrate_disk_and_power_off(
            self.context,
            self.instance,
            '192.0.2.1',
            flavor or self.instance.flavor,
            [self.port],
            volumes,
            timeout=7,
        )


class DepartTest(MigrationTestCase):
    def test_flavor_is_the_new_one(self):
        flavor = objects.Flavor(
            vcpus=3, memory_mb=5, swap=0, root_gb=0, extra_specs={}
        )
        self.assertEqual(luggage.text_of(CARRIED), self.migrate(flavor))
        _, move = self.departure.depart.call_args.args
        self.assertEqual(3, move.view.flavor.vcpus)
        self.assertEqual(7, move.timeout_s)

    def test_nova_keeps_what_it_takes_along(self):
        self.assertEqual(self.migrate(), carried.text_of(self.instance))

    def test_hosts_are_told_apart_by_name(self):
        for dest, stays in (('host1', True), ('host2', False)):
            self.migration.dest_compute = dest
            self.migrate()
            _, move = self.departure.depart.call_args.args
            self.assertIs(stays, move.stays)

    def test_its_volumes_come_along(self):
        self.migrate(volumes=self.volumes)
        _, move = self.departure.depart.call_args.args
        self.assertEqual(
            ['/volumes/vdb'], [each.target for each in move.volumes]
        )

    def test_what_an_undo_finds_out_of_a_volume_is_kept(self):
        self.departure.depart.side_effect = self.connect
        self.assertRaises(
            nova_exception.InstanceFaultRollback,
            self.migrate,
            volumes=self.volumes,
        )
        self.assertEqual(1, self.row.saved)

    def test_server_with_a_volume_that_no_container_can_have_stays(self):
        self.row['connection_info']['multiattach'] = True
        error = self.assertRaises(
            nova_exception.InstanceFaultRollback,
            self.migrate,
            volumes=self.volumes,
        )
        self.assertIn('two servers', str(error))
        self.departure.depart.assert_not_called()

    def test_whatever_fails_the_server_stays_what_it_was(self):
        guard = manager.ComputeManager._error_out_instance_on_exception
        for failure in (
            exception.MoveRefused(reason='because'),
            OSError('because'),
        ):
            self.departure.depart.side_effect = failure
            found = mock.Mock()

            def resize(found=found):
                with guard(found, None, self.instance, vm_states.STOPPED):
                    self.migrate()

            error = self.assertRaises(nova_exception.ResizeError, resize)
            self.assertIn('because', str(error))
            found._instance_update.assert_called_once_with(
                *(None, self.instance),
                vm_state=vm_states.STOPPED,
                task_state=None,
            )
            self.assertEqual('', carried.text_of(self.instance))


class ArriveTest(MigrationTestCase):
    def finish(self, text, volumes=None, **more):
        self.driver.finish_migration(
            self.context,
            self.migration,
            self.instance,
            text,
            [self.port],
            None,
            False,
            {},
            volumes,
            False,
            **more,
        )

    def test_what_was_carried_is_what_arrives(self):
        # share_info is of Nova 34.
        for more in ({}, {'share_info': None}):
            self.finish(luggage.text_of(CARRIED), **more)
            _, boot, brought = self.arrival.arrive.call_args.args
            self.assertEqual(CARRIED, brought)
            self.assertEqual(uuidsentinel.image, boot.image_id)
            self.assertIs(False, boot.power_on)

    def test_nova_forgets_what_has_arrived_and_nothing_else(self):
        text = luggage.text_of(CARRIED)
        carried.keep(self.instance, text)
        self.arrival.arrive.side_effect = exception.MoveRefused(reason='r')
        self.assertRaises(exception.MoveRefused, self.finish, text)
        self.assertEqual(text, carried.text_of(self.instance))
        self.arrival.arrive.side_effect = None
        self.finish(text)
        self.assertEqual('', carried.text_of(self.instance))

    def test_what_nobody_can_read(self):
        self.assertRaises(exception.MoveRefused, self.finish, 'x')

    def test_its_volumes_arrive(self):
        self.finish(luggage.text_of(CARRIED), self.volumes)
        _, boot, _ = self.arrival.arrive.call_args.args
        self.assertEqual(
            ['/volumes/vdb'], [each.target for each in boot.volumes]
        )

    def test_nova_keeps_what_arrived_of_them(self):
        self.arrival.arrive.side_effect = self.connect
        self.assertRaises(
            exception.MoveRefused,
            self.finish,
            luggage.text_of(CARRIED),
            self.volumes,
        )
        self.assertEqual(1, self.row.saved)

    def test_what_fails_first_can_be_repeated(self):
        self.instance.metadata = {'docker:mount:vdb': 'nonsense'}
        self.assertRaises(
            exception.InvalidContainerOption,
            self.finish,
            luggage.text_of(CARRIED),
            self.volumes,
        )
        found = luggage.noted(self.driver._tools, self.instance.uuid)
        self.assertEqual(CARRIED, found)

    def test_what_cannot_be_read_is_kept_for_an_upgrade(self):
        text = json.dumps(
            {**json.loads(luggage.text_of(CARRIED)), 'version': 2}
        )
        self.assertRaises(exception.MoveRefused, self.finish, text, [])
        error = self.assertRaises(
            exception.MoveRefused,
            luggage.noted,
            *(self.driver._tools, self.instance.uuid),
        )
        self.assertIn('another version', str(error))

    def test_hard_reboot_finishes_a_move_that_failed(self):
        carried.keep(self.instance, luggage.text_of(CARRIED))
        luggage.note(
            *(self.driver._tools, self.instance.uuid),
            luggage.text_of(CARRIED),
        )
        self.arrival.arrive_again.return_value = True
        self._reboot('HARD', self.volumes)
        self.assertEqual('', carried.text_of(self.instance))
        _, boot = self.arrival.arrive_again.call_args.args
        self.assertEqual(
            ['/volumes/vdb'], [each.target for each in boot.volumes]
        )

    def test_other_reboots_reboot(self):
        self.arrival.arrive_again.return_value = False
        for kind in ('SOFT', 'HARD'):
            self.assertRaises(
                nova_exception.InstanceNotFound, self._reboot, kind
            )

    def _reboot(self, kind, volumes=None):
        self.driver.reboot(
            self.context, self.instance, [self.port], kind, volumes
        )


class EndTest(MigrationTestCase):
    def test_server_that_is_not_here_cannot_be_reverted(self):
        self.assertRaises(
            nova_exception.InstanceNotFound,
            self.driver.finish_revert_migration,
            *(self.context, self.instance, [self.port], self.migration),
        )

    def test_revert_discards_what_nobody_has_opened(self):
        glance = fake_glance.FakeGlance(parcel={'status': 'active'})
        self.driver._depot = depot.Depot(glance, glance.fetch)
        self.boot(self.port)
        luggage.note_sent(
            *(self.driver._tools, self.instance.uuid),
            luggage.text_of(CARRIED),
        )
        self.driver.finish_revert_migration(
            self.context, self.instance, [self.port], self.migration
        )
        self.assertEqual({}, glance.images)

    def test_server_that_was_deleted_before_it_arrived(self):
        log = self.useFixture(fixtures.FakeLogger())
        carried.keep(self.instance, luggage.text_of(CARRIED))
        self.assertTrue(self.driver.delete_instance_files(self.instance))
        self.assertIn('"parcel_id": "parcel"', log.output)

    def test_files_of_a_server_that_left_none(self):
        self.assertTrue(self.driver.delete_instance_files(self.instance))
