"""What a hard reboot finds of a move that Nova has given up.

Nova fails between two calls of the driver; each time the question is who has
the server.
"""

from nova import exception as nova_exception

from novadocker import exception
from novadocker.facade import carried
from novadocker.facade import rooms
from novadocker.image import depot
from novadocker.ops import kept
from novadocker.ops import luggage
from tests.fixtures import fake_disks
from tests.fixtures import fake_glance
from tests.unit.novadocker.facade import test_migration
from tests.unit.novadocker.facade import test_volume

TEXT = luggage.text_of(test_migration.CARRIED)


class UnfinishedTestCase(test_migration.MigrationTestCase):
    def setUp(self):
        super().setUp()
        self.arrival.arrive_again.return_value = False
        self.instance.host = 'host1'
        self.instance.instance_type_id = 1
        self.migration.migration_type = 'migration'
        self.migration.old_instance_type_id = 1
        self.stub_out(
            'nova.objects.MigrationList.get_by_filters',
            lambda cls, context, filters, limit: self._found(filters)[:limit],
        )
        self.boot(self.port)
        (container,) = self.engine.containers()
        self.first = container.id
        self.engine.kill(container.id)
        kept.put_away(self.driver._tools, container, self.instance.uuid)
        self.migrations = [self.migration]
        self.glance = fake_glance.FakeGlance(parcel={'status': 'active'})
        self.driver._depot = depot.Depot(self.glance, self.glance.fetch)
        carried.keep(self.instance, TEXT)

    def _found(self, filters):
        self.assertEqual({'instance_uuid': self.instance.uuid}, filters)
        return self.migrations

    def reboot(self, kind='HARD', volumes=None):
        self.driver.reboot(
            self.context, self.instance, [self.port], kind, volumes
        )

    def noted(self):
        return luggage.noted(self.driver._tools, self.instance.uuid)

    def assert_runs(self):
        (found,) = self.engine.containers()
        self.assertEqual(self.first, found.id)
        self.assertEqual(f'nova-{self.instance.uuid}', found.name)
        self.assertTrue(found.state.is_live)

    def assert_is_left(self, kind='HARD'):
        self.assertRaises(nova_exception.InstanceNotFound, self.reboot, kind)
        (found,) = self.engine.containers()
        self.assertEqual(f'nova-{self.instance.uuid}-resize', found.name)


class StayTest(UnfinishedTestCase):
    def test_server_that_nova_has_here_still(self):
        self.reboot()
        self.assert_runs()
        self.assertEqual({}, self.glance.images)
        self.assertEqual('', carried.text_of(self.instance))

    def test_resize_here_whose_flavor_is_the_old_one(self):
        self.migration.migration_type = 'resize'
        self.migration.dest_compute = 'host1'
        self.reboot()
        self.assert_runs()

    def test_server_that_nova_has_elsewhere(self):
        self.instance.host = 'host2'
        self.assert_is_left()

    def test_server_that_came_from_elsewhere_since(self):
        self.migration.source_compute = 'host3'
        self.assert_is_left()

    def test_server_that_was_evacuated_since(self):
        self.migration.migration_type = 'evacuation'
        self.assert_is_left()

    def test_server_that_never_moved(self):
        self.migrations = []
        self.assert_is_left()

    def test_soft_reboot_repairs_nothing(self):
        self.assert_is_left('SOFT')


class ArriveTest(UnfinishedTestCase):
    """Nova has it here, and has not come to say so."""

    def setUp(self):
        super().setUp()
        # Of an older move; it is not the server.
        self.migration.source_compute = 'host2'
        self.migration.dest_compute = 'host1'

    def test_what_nova_knows_is_what_arrives(self):
        self.assert_is_left()
        self.assertEqual(test_migration.CARRIED, self.noted())
        self.arrival.arrive_again.return_value = True
        self.reboot()
        self.assertEqual('', carried.text_of(self.instance))

    def test_resize_here_whose_flavor_is_the_new_one(self):
        self.migration.source_compute = 'host1'
        self.instance.instance_type_id = 2
        self.assert_is_left()
        self.assertTrue(self.noted())

    def test_what_came_with_it_is_believed_before_that(self):
        other = luggage.text_of(test_migration.CARRIED).replace('x:y', 'x:z')
        luggage.note(self.driver._tools, self.instance.uuid, other)
        self.assert_is_left()
        self.assertEqual('nova-moved/x:z', self.noted().reference)

    def test_server_that_went_on_since(self):
        self.migration.dest_compute = 'host3'
        self.assert_is_left()
        self.assertIsNone(self.noted())

    def test_server_that_was_evacuated_since(self):
        self.migration.migration_type = 'evacuation'
        self.assert_is_left()
        self.assertIsNone(self.noted())

    def test_server_that_takes_nothing_along(self):
        carried.forget(self.instance)
        self.assert_is_left()
        self.assertIsNone(self.noted())

    def test_server_that_is_here(self):
        kept.take_back(self.driver._tools, self.instance.uuid)
        self.reboot()
        self.assertIsNone(self.noted())

    def test_what_another_version_has_packed(self):
        luggage.note(self.driver._tools, self.instance.uuid, '{}')
        self.assertRaises(exception.MoveRefused, self.reboot)


class Cinder:
    """The attachments of volumes, each with what connects it now."""

    def __init__(self):
        self.done = []
        self.failure = None

    def attachment_update(self, context, attachment_id, connector, device):
        if self.failure:
            raise self.failure
        self.done.append(('update', attachment_id, connector['host'], device))

    def attachment_get(self, context, attachment_id):
        assert self.done
        info = {'driver_volume_type': 'iscsi', 'data': {'where': '/dev/new'}}
        return {'connection_info': info}

    def attachment_complete(self, context, attachment_id):
        self.done.append(('complete', attachment_id))


class Attached(test_volume.Row):
    def __init__(self, attachment_id='attachment'):
        super().__init__()
        self['attachment_id'] = attachment_id

    def refresh_connection_info(self, context, instance, api, driver):
        found = api.attachment_get(context, self['attachment_id'])
        self['connection_info'] = found['connection_info']


class VolumesTest(UnfinishedTestCase):
    """Their connections may have gone, and be those of others by now."""

    def setUp(self):
        super().setUp()
        self.migration.source_compute = 'host2'
        self.migration.dest_compute = 'host1'
        self.cinder = Cinder()
        self.stub_out('nova.volume.cinder.API', lambda: self.cinder)
        connector = fake_disks.FakeConnector()
        self.driver._connector = connector
        self.rows = {'block_device_mapping': [Attached()]}

    def test_they_are_connected_to_the_new_host(self):
        self.arrival.arrive_again.return_value = True
        self.reboot(volumes=self.rows)
        _, boot = self.arrival.arrive_again.call_args.args
        self.assertEqual({'where': '/dev/new'}, boot.volumes[0].data)
        self.assertEqual(
            [
                ('update', 'attachment', rooms.CONF.host, '/dev/vdb'),
                ('complete', 'attachment'),
            ],
            self.cinder.done,
        )

    def test_cinder_that_is_still_away_changes_nothing(self):
        self.cinder.failure = nova_exception.CinderConnectionFailed(reason='r')
        for source, dest in (('host2', 'host1'), ('host1', 'host2')):
            self.migration.source_compute = source
            self.migration.dest_compute = dest
            self.assertRaises(
                nova_exception.CinderConnectionFailed,
                self.reboot,
                volumes=self.rows,
            )
            self.assertIsNone(self.noted())
            (found,) = self.engine.containers()
            self.assertEqual(f'nova-{self.instance.uuid}-resize', found.name)

    def test_volume_that_cinder_attached_before_it_had_attachments(self):
        self.rows = {'block_device_mapping': [Attached(None)]}
        self.arrival.arrive_again.return_value = True
        self.reboot(volumes=self.rows)
        self.assertEqual([], self.cinder.done)

    def test_other_reboots_leave_cinder_alone(self):
        kept.take_back(self.driver._tools, self.instance.uuid)
        self.assertRaises(
            exception.VolumeRefused, self.reboot, volumes=self.rows
        )
        self.assertEqual([], self.cinder.done)


class DeleteTest(UnfinishedTestCase):
    def delete(self):
        self.driver.destroy(self.context, self.instance, [self.port])

    def test_what_nobody_has_opened_is_discarded(self):
        self.delete()
        self.assertEqual({}, self.glance.images)

    def test_what_is_on_its_way_elsewhere_is_left(self):
        self.instance.host = 'host2'
        self.delete()
        self.assertEqual(['parcel'], [*self.glance.images])
        self.assertEqual(TEXT, carried.text_of(self.instance))
