"""What a hard reboot finds of a move that Nova has given up.

Nova fails between two calls of the driver; each time the question is who has
the server.
"""

from nova import exception as nova_exception

from novadocker import exception
from novadocker.facade import carried
from novadocker.image import depot
from novadocker.ops import kept
from novadocker.ops import luggage
from tests.fixtures import fake_glance
from tests.unit.novadocker.facade import test_migration

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

    def reboot(self, kind='HARD'):
        self.driver.reboot(self.context, self.instance, [self.port], kind)

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

    def noted(self):
        return luggage.noted(self.driver._tools, self.instance.uuid)

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
