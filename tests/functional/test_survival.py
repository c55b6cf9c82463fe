"""What servers survive: restarts of dockerd, containerd and the host."""

from nova import exception as nova_exception
from nova.compute import power_state
from nova.virt import event as virtevent

from novadocker import exception
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.functional import survival


@dockerd.needs_dockerd
@ovs.needs_ovs
class IdleTest(survival.SurvivalTestCase):
    """dockerd goes while nothing is asked of it; live-restore is on."""

    def test_server_keeps_its_process_and_network(self):
        before = self.boot()
        self.restart()
        after = self.assert_running()
        self.assertEqual((before.id, before.pid), (after.id, after.pid))

    def test_all_that_nova_asks_for_works_afterwards(self):
        self.boot()
        self.restart()
        self.driver.power_off(self.instance)
        self.assertEqual(power_state.SHUTDOWN, self.state())
        self.power_on()
        self.driver.pause(self.instance)
        self.assertEqual(power_state.PAUSED, self.state())
        self.driver.unpause(self.instance)
        self.driver.reboot(None, self.instance, self.ports, 'HARD')
        self.assert_running()
        self.destroy()
        self.assert_nothing_left()

    def test_frozen_server_stays_frozen_and_can_be_deleted(self):
        self.boot()
        self.driver.pause(self.instance)
        self.restart()
        self.assertEqual(power_state.PAUSED, self.state())
        self.destroy()
        self.assert_nothing_left()

    def test_engine_that_is_away_is_never_a_stopped_server(self):
        self.boot()
        self.dockerd.kill()
        for deed in (
            self.state,
            self.driver.list_instances,
            self.driver.list_instance_uuids,
            self.driver.get_num_instances,
            lambda: self.driver.instance_exists(self.instance),
            lambda: self.driver.get_available_resource(survival.HOST),
            lambda: self.driver.power_off(self.instance),
            self.power_on,
            lambda: self.driver.pause(self.instance),
            lambda: self.driver.reboot(
                None, self.instance, self.ports, 'SOFT'
            ),
            lambda: self.driver.get_console_output(None, self.instance),
            self.started_driver,
        ):
            self.assert_away(deed)
        self.dockerd.start()
        self.assert_running()

    def test_plugging_needs_no_engine(self):
        # Nova does it for each server when nova-compute starts.
        self.boot()
        self.dockerd.kill()
        self.driver.plug_vifs(self.instance, self.ports)
        self.dockerd.start()
        self.assert_running()

    def test_end_of_a_server_while_the_engine_is_away_is_told(self):
        container = self.boot_heard()
        self.dockerd.kill()
        survival.kill(container.pid)
        self.dockerd.start()
        netns.wait_until(
            lambda: virtevent.EVENT_LIFECYCLE_STOPPED in self.told,
            'the event',
        )
        self.assertEqual(power_state.SHUTDOWN, self.state())

    def test_server_that_runs_on_is_not_told_of(self):
        self.boot_heard()
        self.restart()
        # What comes next comes after all that was missed.
        self.driver.pause(self.instance)
        paused = virtevent.EVENT_LIFECYCLE_PAUSED
        netns.wait_until(lambda: paused in self.told, 'the next event')
        # Its start is told once; to Nova it is no news, so it may be missed.
        started = virtevent.EVENT_LIFECYCLE_STARTED
        self.assertIn(self.told, ([paused], [started, paused]))


@dockerd.needs_dockerd
@ovs.needs_ovs
class WithoutLiveRestoreTest(survival.SurvivalTestCase):
    """An engine that ends its containers whenever it is restarted."""

    config = {'live-restore': False}

    def test_operator_is_told(self):
        self.assertIn('live-restore', self.log.output)

    def test_server_is_stopped_and_can_be_started(self):
        for end in (self.dockerd.kill, self.dockerd.stop):
            before = self.boot_heard()
            self.told.clear()
            end()
            self.assert_away(self.state)
            self.dockerd.start()
            self.assertEqual(power_state.SHUTDOWN, self.state())
            netns.wait_until(
                lambda: virtevent.EVENT_LIFECYCLE_STOPPED in self.told,
                'the event',
            )
            self.power_on()
            self.assertEqual(before.id, self.assert_running().id)
            self.destroy()
            self.assert_nothing_left()


@dockerd.needs_dockerd
@ovs.needs_ovs
class StrangersTest(survival.SurvivalTestCase):
    def test_container_that_was_removed_behind_novas_back(self):
        container = self.spawn()
        self.engine.remove(container.id, force=True)
        self.assert_not_found()
        self.assertRaises(nova_exception.InstanceNotFound, self.power_on)
        self.assertEqual([], self.driver.list_instance_uuids())
        self.destroy()
        self.assert_nothing_left()

    def _foreign(self, **options):
        self.dockerd.load_image()
        created = self.dockerd.client.create_container(
            dockerd.IMAGE, **options
        )
        self.addCleanup(
            self.dockerd.client.remove_container, created['Id'], force=True
        )
        self.dockerd.client.start(created['Id'])
        return created['Id']

    def _assert_runs(self, container_id):
        found = self.dockerd.client.inspect_container(container_id)
        self.assertTrue(found['State']['Running'])

    def test_foreign_container_with_our_label(self):
        # A docker run of a snapshot: its image has the labels.
        self.boot()
        labels = self.container().labels
        stranger = self._foreign(name='web', labels=labels)
        uuids = self.driver.list_instance_uuids()
        self.assertEqual([self.instance.uuid], uuids)
        self.destroy()
        self._assert_runs(stranger)
        self.assert_not_found()
        self.assertEqual([], self.driver.list_instance_uuids())

    def test_foreign_container_with_our_name(self):
        name = f'nova-{self.instance.uuid}'
        stranger = self._foreign(name=name)
        self.assert_not_found()
        self.assertRaises(nova_exception.InstanceExists, self.spawn)
        self.assertRaises(
            nova_exception.InstanceNotFound,
            self.driver.power_off,
            self.instance,
        )
        self.destroy()
        self._assert_runs(stranger)

    def test_host_that_was_renamed_under_a_server(self):
        before = self.boot()
        self.driver = self.started_driver('renamed')
        for deed in (self.state, self.power_on, self.destroy):
            error = self.assertRaises(exception.OptionChanged, deed)
            self.assertIn(survival.HOST, str(error))
        self.driver = self.started_driver()
        self.assertEqual(before.pid, self.assert_running().pid)
