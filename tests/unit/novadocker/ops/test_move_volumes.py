"""The volumes of a server that moves are on one host, and mounted once."""

from unittest import mock

from nova.compute import task_states

from novadocker import exception
from novadocker.ops import decision
from novadocker.ops import destroy
from novadocker.ops import luggage as ops_luggage
from novadocker.ops import power
from novadocker.volume import volumes as volume_volumes
from tests.unit.novadocker.ops import moving
from tests.unit.novadocker.ops import test_volumes

DISK = test_volumes.DISK
OTHER = '/dev/sdc'


class MoveTestCase(moving.MoveTestCase):
    """A server with two volumes."""

    def begin(self):
        self.disks.content = {DISK: '', OTHER: 'xfs'}
        self.disks.held.clear()
        self.connector.connected.clear()
        self.volumes = (
            test_volumes.volume(),
            test_volumes.volume(OTHER, '/other'),
        )
        super().begin()

    def connectors(self, *, stays):
        """Give the connectors of where it goes, and of where it does not."""
        both = self.connector, self.connector_there
        return both if stays else both[::-1]

    def assert_has_them(self, tools, connector):
        container = tools.engine.inspect(f'nova-{self.uuid}')
        self.assertEqual({DISK, OTHER}, self.disks.mounted(container.id))
        self.assertEqual({DISK, OTHER}, connector.connected)

    def assert_they_stayed(self):
        self.assert_as_it_was()
        self.assert_has_them(self.source, self.connector)
        self.assertEqual(set(), self.connector_there.connected)

    def destroy_moved(self, tools):
        """Do what Nova does first where a resize is reverted."""
        self.instance.task_state = task_states.RESIZE_REVERTING
        destroy.destroy(
            tools, self.instance, self.ports, attached=self.volumes
        )

    def revert(self, *, power_on=True):
        decision.revert(
            self.source,
            self.instance,
            self.view,
            self.ports,
            power_on=power_on,
            attached=self.volumes,
        )


class StoryTest(MoveTestCase):
    def test_they_come_along(self):
        for stays in (False, True):
            with self.subTest(stays=stays):
                self.anew()
                luggage = self.depart(stays=stays)
                self.assertEqual(set(), self.connector.connected)
                self.arrive(luggage)
                tools = self.source if stays else self.target
                there, left = self.connectors(stays=stays)
                self.assert_has_them(tools, there)
                if not stays:
                    self.assertEqual(set(), left.connected)

    def test_they_come_back(self):
        for stays in (False, True):
            with self.subTest(stays=stays):
                self.anew()
                self.arrive(self.depart(stays=stays))
                tools = self.source if stays else self.target
                self.destroy_moved(tools)
                self.assertEqual(set(), self.connector.connected)
                self.assertEqual(set(), self.connector_there.connected)
                self.revert()
                self.assert_they_stayed()

    def test_those_of_a_stopped_server_are_connected_where_it_is(self):
        power.power_off(self.tools, self.instance, timeout_s=0)
        self.arrive(self.depart(), power_on=False)
        self.assertEqual({DISK, OTHER}, self.connector_there.connected)
        self.destroy_moved(self.target)
        self.assertEqual(set(), self.connector_there.connected)
        self.revert(power_on=False)
        self.assertEqual({DISK, OTHER}, self.connector.connected)
        self.assertFalse(self.found().state.is_live)

    def test_crash_after_the_server_left(self):
        self.depart(stays=True)
        self.revert()
        self.assert_they_stayed()


class DepartureTest(MoveTestCase):
    """What fails leaves the server with its volumes where it runs."""

    def test_volume_that_something_else_has_too(self):
        self.disks.held.add(OTHER)
        self.assertRaises(exception.VolumeBusy, self.depart)
        self.assert_they_stayed()

    def test_volume_that_cannot_be_disconnected(self):
        self.connector.failure = exception.VolumeRefused(
            volume_id='v', reason='a test wants it so'
        )
        for stays in (False, True):
            self.assertRaises(
                exception.VolumeRefused, self.depart, stays=stays
            )
            self.assert_they_stayed()

    def test_stopped_server_has_them_connected_again(self):
        power.power_off(self.tools, self.instance, timeout_s=0)
        self.disks.held.add(OTHER)
        self.assertRaises(exception.VolumeBusy, self.depart)
        self.assertEqual({DISK, OTHER}, self.connector.connected)
        self.assertFalse(self.found().state.is_live)

    def test_step_before_they_leave(self):
        self.engine.failures['rename'] = exception.EngineError(
            action='rename', reason='a test wants it so'
        )
        self.assertRaises(exception.EngineError, self.depart)
        self.assert_they_stayed()

    def test_host_that_gives_no_volumes_any_more(self):
        self.tools.volumes._settings = volume_volumes.Settings(
            is_enabled=False, filesystem='ext4'
        )
        self.assertRaises(exception.VolumeRefused, self.depart)
        self.assertNotIn('stop', self.engine.calls)


class ArrivalTest(MoveTestCase):
    """What fails leaves nothing connected; a hard reboot tries again."""

    def begin(self):
        super().begin()
        self.luggage = self.depart()

    def _assert_arrives_at_last(self):
        self.assertEqual(set(), self.connector_there.connected)
        self.assertEqual([], self.target.engine.containers())
        arrival = self.arrival(self.target)
        self.assertTrue(arrival.arrive_again(None, self.arriving()))
        self.assert_has_them(self.target, self.connector_there)

    def test_volume_that_cannot_be_had_for_a_while(self):
        self.connector_there.lost.add(OTHER)
        self.assertRaises(exception.VolumeRefused, self.arrive, self.luggage)
        self.connector_there.lost.clear()
        self._assert_arrives_at_last()

    def test_container_that_cannot_be_made_for_a_while(self):
        self.target.engine.failures['create'] = exception.EngineError(
            action='create', reason='a test wants it so'
        )
        self.assertRaises(exception.EngineError, self.arrive, self.luggage)
        self._assert_arrives_at_last()

    def test_host_that_gives_no_volumes_for_a_while(self):
        off = volume_volumes.Settings(is_enabled=False, filesystem='ext4')
        before, self.target.volumes._settings = (
            self.target.volumes._settings,
            off,
        )
        self.assertRaises(exception.VolumeRefused, self.arrive, self.luggage)
        self.target.volumes._settings = before
        self._assert_arrives_at_last()

    def test_map_that_cannot_be_written_leaves_the_container(self):
        with mock.patch(
            'novadocker.privsep.runtime_map.add_volume',
            autospec=True,
            side_effect=exception.MapEntryInvalid(entry='e', reason='r'),
        ):
            self.assertRaises(
                exception.MapEntryInvalid, self.arrive, self.luggage
            )
        # It is as any other that is stopped.
        self.assertIsNone(ops_luggage.noted(self.target, self.uuid))
        self.assertEqual(['image'], list(self.glance.images))
        role = self.target.engine.inspect(f'nova-{self.uuid}')
        self.assertFalse(role.state.is_live)


class RevertTest(MoveTestCase):
    def test_volume_that_cannot_be_had_leaves_the_server_stopped(self):
        self.arrive(self.depart())
        self.destroy_moved(self.target)
        self.connector.lost.add(DISK)
        for power_on in (True, False):
            self.assertRaises(
                exception.VolumeRefused, self.revert, power_on=power_on
            )
            self.assertFalse(self.found().state.is_live)
        self.connector.lost.clear()
        self.revert()
        self.assert_they_stayed()

    def test_volume_that_stays_in_use_leaves_the_server_to_be_started(self):
        self.arrive(self.depart())
        self.disks.held.add(DISK)
        self.assertRaises(
            exception.VolumeBusy, self.destroy_moved, self.target
        )
        self.assertGreater(self.now, 59)
        self.assertEqual({DISK}, self.connector_there.connected)
        ports = [port['id'] for port in self.ports]
        self.assertEqual({self.uuid: ports}, self.target.plumber.plugged)
        self.disks.held.clear()
        self.instance.task_state = None
        power.reboot(
            self.target,
            self.instance,
            self.view,
            self.ports,
            is_hard=True,
            attached=self.volumes,
        )
        self.assert_has_them(self.target, self.connector_there)

    def test_volume_that_is_in_use_for_a_while_is_waited_for(self):
        self.arrive(self.depart())
        self.disks.held.add(DISK)

        def free():
            if self.now > 50:
                self.disks.held.clear()

        self.while_asleep = free
        self.destroy_moved(self.target)
        self.assert_host_is_empty(self.target)
        self.revert()
        self.assert_they_stayed()

    def test_engine_that_is_away_keeps_them_and_the_server(self):
        self.arrive(self.depart())
        self.target.engine.is_available = False
        self.assertRaises(
            exception.ContainerNotRemoved, self.destroy_moved, self.target
        )
        self.target.engine.is_available = True
        self.assert_has_them(self.target, self.connector_there)

    def test_server_that_is_gone_already_gives_them_back(self):
        self.arrive(self.depart())
        (found,) = self.target.engine.containers()
        self.target.engine.remove(found.id, force=True)
        self.destroy_moved(self.target)
        self.assertEqual(set(), self.connector_there.connected)


class EvacuationTest(MoveTestCase):
    """The host that comes back finds that another one has the volumes."""

    def _clear(self):
        destroy.destroy(
            self.source,
            self.instance,
            self.ports,
            attached=self.volumes,
            is_elsewhere=True,
        )

    def test_it_gives_back_what_it_has(self):
        self._clear()
        self.assert_host_is_empty(self.source)
        self.assertEqual(set(), self.connector.connected)

    def test_what_is_in_use_is_left_and_told(self):
        # Hosts of one machine see it so.
        self.disks.held.add(DISK)
        self._clear()
        self.assert_host_is_empty(self.source)
        self.assertEqual({DISK}, self.connector.connected)
        self.assertIn('It may be left on this host', self.log.output)
