"""A server arrives with its files and its new limits, at once or later."""

import dataclasses
import os

from nova import exception as nova_exception

from novadocker import exception
from novadocker import model
from novadocker.ops import arrival
from novadocker.ops import destroy
from novadocker.ops import luggage as ops_luggage
from novadocker.spec import builder
from tests.fixtures import fake_engine
from tests.unit.novadocker.ops import moving

MIB = 1024**2


class ArriveTest(moving.MoveTestCase):
    def test_it_runs_with_its_layer_and_its_new_limits(self):
        for stays in (False, True):
            with self.subTest(stays=stays):
                self.anew()
                tools = self.source if stays else self.target
                luggage = self.depart(stays=stays)
                found = self.arrive(luggage, tools)
                self.assertTrue(found.state.is_live)
                image = tools.engine.image(found.image_id)
                self.assertEqual(2, len(image.diff_ids))
                spec = tools.engine.specs[found.id]
                self.assertEqual(128 * MIB, spec.resources.memory_bytes)
                ports = [port['id'] for port in self.ports]
                self.assertEqual({self.uuid: ports}, tools.plumber.plugged)
                self.assertEqual(ports, tools.plumber.announced[-1:])
                self.assertEqual(self.uuid, tools.plumber.mapped[found.id])
                self.assertEqual(['image'], list(self.glance.images))

    def test_host_that_shares_the_engine_with_the_one_it_came_from(self):
        luggage = self.depart()
        self.target = dataclasses.replace(self.target, engine=self.engine)
        found = self.arrive(luggage)
        self.assertTrue(found.state.is_live)
        self.assertEqual(self.first.id, self.kept().id)

    def test_layers_add_up(self):
        self.arrive(self.depart(stays=True))
        self.engine.remove(self.kept().id)
        luggage = self.depart(id='again')
        self.assertEqual('image', luggage.base_id)
        found = self.arrive(luggage)
        image = self.target.engine.image(found.image_id)
        self.assertEqual(3, len(image.diff_ids))

    def test_host_whose_glance_lacks_its_image(self):
        del self.glance.images['image']
        found = self.arrive(self.depart())
        image = self.target.engine.image(found.image_id)
        self.assertEqual(2, len(image.diff_ids))
        self.assertEqual({}, self.glance.images)

    def test_what_it_carries_counts_towards_its_disk(self):
        self.target = dataclasses.replace(
            self.target, host=builder.Host('host2', 'nova', True)
        )
        luggage = self.depart()
        found = self.arrive(luggage)
        self.assertEqual(
            1024 * MIB - luggage.carried_bytes,
            self.target.engine.specs[found.id].resources.disk_bytes,
        )

    def test_server_that_was_stopped_is_stopped_and_silent(self):
        found = self.arrive(self.depart(), power_on=False)
        self.assertIs(model.ContainerState.CREATED, found.state)
        ports = {port['id'] for port in self.ports}
        self.assertEqual(ports, self.target.plumber.silent)

    def test_config_drive_is_written_on_another_host_alone(self):
        def drive():
            return iter([('openstack/latest/meta_data.json', b'{}')])

        for stays in (False, True):
            self.anew()
            tools = self.source if stays else self.target
            self.arrive(self.depart(stays=stays), config_drive=drive)
            folder = os.path.join(tools.settings.instances_path, self.uuid)
            self.assertIs(not stays, 'config-drive' in os.listdir(folder))

    def test_command_that_ends_at_once_can_be_reverted(self):
        for outcome in (
            fake_engine.Outcome(exit_code=1),
            fake_engine.Outcome(is_startable=False),
        ):
            self.anew()
            self.target.engine.outcome = outcome
            found = self.arrive(self.depart())
            self.assertFalse(found.state.is_live)
            self.assertIn('It has moved and is stopped', self.log.output)

    def test_glance_that_does_not_delete(self):
        luggage = self.depart()

        def fail(*args):
            raise nova_exception.GlanceConnectionFailed(reason='r', server='s')

        self.patch(self.glance, 'delete', fail)
        self.arrive(luggage)
        self.assertIn(
            f'Image {luggage.parcel_id} in Glance is left', self.log.output
        )


class FailureTest(moving.MoveTestCase):
    """Nova has it here: a hard reboot tries again, a delete clears."""

    def begin(self):
        super().begin()
        self.luggage = self.depart()

    def _again(self):
        return self.arrival(self.target).arrive_again(None, self.arriving())

    def _assert_arrives_at_last(self):
        self.assertTrue(self._again())
        (found,) = self.target.engine.containers()
        self.assertTrue(found.state.is_live)
        self.assertEqual(['image'], list(self.glance.images))
        self.assertFalse(self._again())

    def test_step_that_fails_before_there_is_a_container(self):
        for method in ('load', 'create'):
            with self.subTest(method):
                self.anew()
                self.target.engine.failures[method] = exception.EngineError(
                    action=method, reason='a test wants it so'
                )
                self.assertRaises(
                    exception.EngineError, self.arrive, self.luggage
                )
                self.assertEqual([], self.target.engine.containers())
                self._assert_arrives_at_last()

    def test_image_that_cannot_be_had_for_a_while(self):
        arriving = self.arrival(self.target)
        ops_luggage.note(
            self.target, self.uuid, ops_luggage.text_of(self.luggage)
        )
        arriving.images.failure = exception.ImageRejected(
            image_id='image', reason='bomb'
        )
        self.assertRaises(
            exception.ImageRejected,
            arriving.arrive,
            None,
            self.arriving(),
            self.luggage,
        )
        self.assert_host_but_for_its_folder_is_empty()
        self._assert_arrives_at_last()

    def assert_host_but_for_its_folder_is_empty(self):
        self.assertEqual([], self.target.engine.containers())
        self.assertEqual({}, self.target.plumber.plugged)
        self.assertEqual([], self.brought(self.target))

    def test_port_that_cannot_be_plugged_leaves_the_container(self):
        self.target.plumber.broken = {self.ports[0]['id']}
        self.assertRaises(
            nova_exception.VirtualInterfacePlugException,
            self.arrive,
            self.luggage,
        )
        (found,) = self.target.engine.containers()
        self.assertFalse(found.state.is_live)
        # A hard reboot finds it as any other.
        self.assertFalse(self._again())

    def test_container_of_that_name_stays_what_it_is(self):
        self.arrive(self.luggage)
        before = self.target.engine.containers()
        self.luggage = dataclasses.replace(self.luggage, base_id='')
        self.assertRaises(
            nova_exception.NovaException, self.arrive, self.luggage
        )
        self.assertEqual(before, self.target.engine.containers())

    def test_parcel_that_is_not_what_was_sent(self):
        luggage = dataclasses.replace(self.luggage, reference='nova-moved/x:y')
        error = self.assertRaises(exception.MoveRefused, self.arrive, luggage)
        self.assertIn('is not what was sent', str(error))
        self.assert_host_but_for_its_folder_is_empty()

    def test_server_that_has_brought_nothing(self):
        self.assertFalse(self._again())

    def test_delete_clears_the_host_and_glance(self):
        self.target.engine.failures['create'] = exception.EngineError(
            action='create', reason='a test wants it so'
        )
        self.assertRaises(exception.EngineError, self.arrive, self.luggage)
        arrival.give_up(self.target, self.depot, None, self.uuid)
        destroy.destroy(self.target, self.instance, self.ports)
        self.assert_host_is_empty(self.target)
        self.assertEqual(['image'], list(self.glance.images))

    def test_delete_discards_what_only_nova_knows_of(self):
        known = ops_luggage.text_of(self.luggage)
        arrival.give_up(self.target, self.depot, None, self.uuid, known)
        self.assertEqual(['image'], list(self.glance.images))

    def test_delete_of_a_server_that_has_brought_nothing(self):
        arrival.give_up(self.source, self.depot, None, self.uuid)

    def test_delete_of_what_nobody_can_read(self):
        ops_luggage.note(
            self.target, self.uuid, ops_luggage.text_of(self.luggage)
        )
        path = os.path.join(
            self.target.settings.instances_path, self.uuid, 'luggage.json'
        )
        with open(path, 'w', encoding='utf-8') as file:
            file.write('{}')
        arrival.give_up(self.target, self.depot, None, self.uuid)
        self.assertIn('may leave an image', self.log.output)
