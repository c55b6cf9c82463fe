"""A rebuild: another container on the same ports, or a server to try again."""

import dataclasses
import threading

from nova import exception as nova_exception

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.image import depot
from novadocker.ops import arrival
from novadocker.ops import create
from novadocker.ops import destroy
from novadocker.ops import kept
from novadocker.ops import luggage
from novadocker.ops import power
from novadocker.ops import rebuild
from novadocker.ops import volumes
from novadocker.volume import request
from novadocker.volume import volumes as volume_volumes
from tests.fixtures import fake_engine
from tests.fixtures import fake_glance
from tests.unit.novadocker.ops import stories


class RebuildTestCase(stories.StoryTestCase):
    def setUp(self):
        super().setUp()
        self.first = self.boot()
        self.steps = []
        self.volumes_failure = None
        self.deletion = None
        self.volumes = ()
        self.glance = fake_glance.FakeGlance()
        self.depot = depot.Depot(self.glance, self.glance.fetch)

    def _change_volumes(self):
        self.steps.append(self.found().state)
        if self.volumes_failure:
            raise self.volumes_failure
        return self.volumes

    def _go_on(self):
        if self.deletion:
            raise self.deletion

    def _wait(self, instance, network_info):
        raise AssertionError('Neutron sends no event for a port that is up')

    def rebuild(self, image_id='other', **changes):
        boot = create.Boot(
            instance=self.instance,
            view=self.view,
            image_id=image_id,
            network_info=self.ports,
            **changes,
        )
        creator = create.Creator(self.tools, self.images, self._wait)
        rebuild.rebuild(
            self.tools,
            creator,
            None,
            boot,
            rebuild.Calls(
                self._change_volumes,
                go_on=self._go_on,
                give_up=lambda: arrival.give_up(
                    self.tools, self.depot, self.context, self.uuid
                ),
            ),
            timeout_s=5,
        )
        return self.found()

    def assert_ports_are_kept(self):
        ports = [port['id'] for port in self.ports]
        self.assertEqual({self.uuid: ports}, self.plumber.plugged)
        self.assertEqual({self.uuid}, self.plumber.netns)


class StoryTest(RebuildTestCase):
    def setUp(self):
        super().setUp()
        self.unplugged = []
        self.patch(
            self.plumber,
            'unplug',
            lambda *args: self.unplugged.append(args),
        )

    def test_container_is_another_one_on_the_same_ports(self):
        found = self.rebuild()
        self.assertNotEqual(self.first.id, found.id)
        self.assertIs(model.ContainerState.RUNNING, found.state)
        self.assertEqual([found], self.engine.containers())
        self.assertEqual({found.id: self.uuid}, self.plumber.mapped)
        self.assert_ports_are_kept()
        self.assertEqual([], self.unplugged)

    def test_image_is_the_one_that_was_asked_for(self):
        image = self.engine.image(self.rebuild('another').image_id)
        self.assertIn('nova-image/another:digest', image.tags)

    def test_what_it_has_brought_from_another_host_is_lost(self):
        reference = identity.moved_reference(self.uuid, 'sha256:digest')
        self.engine.add_image(reference, command=('other',))
        self.rebuild()
        self.assertEqual([], self.engine.find_images('nova-moved/*'))

    def test_what_a_move_that_failed_has_brought_is_given_up(self):
        self._bring()
        self.rebuild()
        self.assertIsNone(luggage.noted(self.tools, self.uuid))
        self.assertEqual({}, self.glance.images)

    def test_what_it_has_brought_stays_until_the_image_is_sound(self):
        self._bring()
        self.images.failure = exception.ImageRejected(
            image_id='image', reason='bomb'
        )
        self.assertRaises(exception.ImageRejected, self.rebuild)
        self.assertTrue(luggage.noted(self.tools, self.uuid))
        self.assertEqual(1, len(self.glance.images))

    def _bring(self):
        parcel_id = self.depot.put(self.context, self.instance, iter([b'a']))
        carried = model.Luggage('nova-moved/x:y', parcel_id=parcel_id)
        luggage.note(self.tools, self.uuid, luggage.text_of(carried))

    def test_what_was_kept_of_it_for_a_move_goes(self):
        self.engine.kill(self.first.id)
        kept.put_away(self.tools, self.first, self.uuid)
        self.patch(self, '_change_volumes', lambda: ())
        self.assertEqual([self.rebuild()], self.engine.containers())

    def test_command_has_time_to_end(self):
        self.rebuild()
        self.assertIn('stop', self.engine.calls)

    def test_volumes_change_while_nothing_runs(self):
        self.rebuild()
        self.assertEqual([model.ContainerState.EXITED], self.steps)

    def test_attach_that_has_novas_lock_does_not_wait_for_it(self):
        def change_volumes():
            # With the lock that Nova's detach waits for.
            volumes.attach(
                *(self.tools, self.instance),
                request.Volume('v', 'iscsi', {'where': '/dev/sdb'}, '/data'),
            )
            done.set()

        def change():
            thread = threading.Thread(target=change_volumes, daemon=True)
            thread.start()
            thread.join(60)
            return ()

        self.disks.content['/dev/sdb'] = 'ext4'
        done = threading.Event()
        self.patch(self, '_change_volumes', change)
        self.rebuild()
        self.assertTrue(done.is_set())

    def test_new_container_has_the_volumes_that_nova_gives_it_then(self):
        self.disks.content['/dev/sdb'] = 'ext4'
        self.volumes = (
            request.Volume('v', 'iscsi', {'where': '/dev/sdb'}, '/data'),
        )
        found = self.rebuild()
        self.assertEqual({'/dev/sdb'}, self.disks.mounted(found.id))

    def test_volume_that_cannot_be_had_leaves_no_container(self):
        self.volumes = (
            request.Volume('v', 'iscsi', {'where': '/dev/sdb'}, '/data'),
        )
        self.assertRaises(exception.VolumeUnusable, self.rebuild)
        self.assertEqual([], self.engine.containers())
        self.assertEqual(set(), self.connector.connected)
        self.assert_ports_are_kept()

    def test_server_in_any_state(self):
        for deed in (
            lambda: power.pause(self.tools, self.instance),
            lambda: power.power_off(self.tools, self.instance, timeout_s=0),
        ):
            deed()
            self.assertIs(model.ContainerState.RUNNING, self.rebuild().state)

    def test_ports_that_a_reboot_of_the_host_took_away_come_back(self):
        self.plumber.netns.clear()
        self.plumber.plugged.clear()
        self.unwired = {self.ports[0]['devname']}
        seen = []

        def look():
            seen.append(self.found().state)
            self.unwired.clear()

        self.while_asleep = look
        self.rebuild()
        self.assertEqual([model.ContainerState.CREATED], seen)
        self.assert_ports_are_kept()

    def test_namespace_of_a_privileged_server_is_made_anew(self):
        flavor = dataclasses.replace(
            stories.FLAVOR, extra_specs={'docker:privileged': 'true'}
        )
        object.__setattr__(self.view, 'flavor', flavor)
        self.rebuild()
        self.assertEqual(1, len(self.unplugged))


class FailedRebuildTest(RebuildTestCase):
    def assert_old_one_runs(self):
        self.assertEqual(self.first, self.found())
        self.assert_ports_are_kept()

    def assert_can_be_rebuilt_and_deleted(self):
        self.assertEqual([], self.engine.containers())
        self.assertEqual({}, self.plumber.mapped)
        self.assert_ports_are_kept()
        self.volumes_failure = None
        self.engine.outcome = fake_engine.Outcome()
        self.patch(self, '_change_volumes', lambda: ())
        self.assertIs(model.ContainerState.RUNNING, self.rebuild().state)
        destroy.destroy(self.tools, self.instance, self.ports)
        self.assert_nothing_left()

    def test_image_that_is_refused_costs_no_data(self):
        self.images.failure = exception.ImageRejected(
            image_id='image', reason='bomb'
        )
        self.assertRaises(exception.ImageRejected, self.rebuild)
        self.assert_old_one_runs()

    def test_image_without_a_command_costs_no_data(self):
        self.images.has_command = False
        self.assertRaises(exception.ImageWithoutCommand, self.rebuild)
        self.assert_old_one_runs()

    def test_host_that_gives_no_volumes_any_more_costs_no_data(self):
        self.tools.volumes._settings = volume_volumes.Settings(
            is_enabled=False, filesystem='ext4'
        )
        self.assertRaises(
            exception.VolumeRefused,
            self.rebuild,
            volumes=(request.Volume('v', 'iscsi', {}, '/data'),),
        )
        self.assert_old_one_runs()

    def test_volume_that_cannot_be_detached_costs_no_data(self):
        self.volumes_failure = nova_exception.DeviceDetachFailed(
            device='vdb', reason='busy'
        )
        self.assertRaises(nova_exception.DeviceDetachFailed, self.rebuild)
        self.assertEqual(self.first.id, self.found().id)
        self.assert_ports_are_kept()

    def test_server_that_is_deleted_meanwhile_gets_no_container(self):
        self.deletion = nova_exception.InstanceNotFound(instance_id=self.uuid)
        destroyed = []

        def delete():
            destroy.destroy(self.tools, self.instance, self.ports)
            destroyed.append(self.uuid)
            return ()

        self.patch(self, '_change_volumes', delete)
        self.assertRaises(nova_exception.InstanceNotFound, self.rebuild)
        self.assertEqual([self.uuid], destroyed)
        self.assert_nothing_left()

    def test_command_that_ends_at_once(self):
        self.engine.outcome = fake_engine.Outcome(3, b'no config')
        error = self.assertRaises(exception.ContainerExited, self.rebuild)
        self.assertIn('exit code 3', str(error))
        self.assert_can_be_rebuilt_and_deleted()

    def test_engine_calls(self):
        failure = exception.EngineError(action='do it', reason='full')
        for method in ('create', 'start', 'wait_exit'):
            with self.subTest(method):
                self.engine.failures[method] = failure
                self.assertRaises(exception.EngineError, self.rebuild)
                self.assertEqual([], self.engine.containers())
                self.assert_ports_are_kept()
                self.patch(self, '_change_volumes', lambda: ())
                self.rebuild()

    def test_port_that_cannot_be_plugged(self):
        self.plumber.broken.add(self.ports[0]['id'])
        self.assertRaises(
            nova_exception.VirtualInterfacePlugException, self.rebuild
        )
        self.assertEqual([], self.engine.containers())
        self.assertIn('Making the network anew', self.log.output)
        destroy.destroy(self.tools, self.instance, self.ports)
        self.assert_nothing_left()

    def test_container_of_another_host_is_left_alone(self):
        host = self.tools.host
        object.__setattr__(host, 'name', 'host2')
        self.assertRaises(exception.OptionChanged, self.rebuild)
        object.__setattr__(host, 'name', 'host1')
        self.assert_old_one_runs()
