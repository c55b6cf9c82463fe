"""Power: from every state, and absence is no success."""

from nova import exception as nova_exception

from novadocker import exception
from novadocker import model
from novadocker.ops import power
from tests.fixtures import fake_engine
from tests.unit.novadocker.ops import stories

RUNNING = model.ContainerState.RUNNING
EXITED = model.ContainerState.EXITED


class PowerTestCase(stories.StoryTestCase):
    def _off(self, timeout_s=0):
        power.power_off(self.tools, self.instance, timeout_s=timeout_s)

    def _on(self):
        power.power_on(self.tools, self.instance, self.view, self.ports)

    def _reboot(self, *, is_hard):
        power.reboot(
            self.tools,
            self.instance,
            self.view,
            self.ports,
            timeout_s=0 if is_hard else 5,
            rebuild_network=is_hard,
        )

    def test_off_asks_where_there_is_time(self):
        self.boot()
        self._off(timeout_s=5)
        self.assertIs(EXITED, self.found().state)
        self.assertIn('stop', self.engine.calls)

    def test_off_kills_where_there_is_none(self):
        self.boot()
        self._off(timeout_s=0)
        self.assertIs(EXITED, self.found().state)
        self.assertIn('kill', self.engine.calls)

    def test_off_from_a_frozen_server(self):
        self.boot()
        power.pause(self.tools, self.instance)
        self._off()
        self.assertIs(EXITED, self.found().state)

    def test_off_twice(self):
        self.boot()
        self._off()
        self._off()
        self.assertIs(EXITED, self.found().state)

    def test_off_of_a_command_that_ends_meanwhile(self):
        container = self.boot()

        def end_first(container_id):
            self.engine.exit(container_id, 0)
            raise exception.ContainerConflict(action='kill', reason='gone')

        self.patch(self.engine, 'kill', end_first)
        self._off()
        self.assertIs(EXITED, self.engine.inspect(container.id).state)

    def test_off_that_does_not_work_is_a_failure(self):
        self.boot()
        self.patch(self.engine, 'kill', lambda container_id: None)
        self.assertRaises(nova_exception.InstancePowerOffFailure, self._off)

    def test_missing_server_is_a_failure(self):
        deeds = {
            'off': self._off,
            'on': self._on,
            'reboot': lambda: self._reboot(is_hard=True),
            'pause': lambda: power.pause(self.tools, self.instance),
            'unpause': lambda: power.unpause(self.tools, self.instance),
        }
        for name, deed in deeds.items():
            with self.subTest(name):
                self.assertRaises(exception.ContainerNotFound, deed)

    def test_on_makes_what_a_reboot_of_the_host_has_taken(self):
        container = self.boot()
        self._off()
        self.plumber.unplug(self.instance, self.ports)
        self.plumber.remove_netns(self.uuid)
        self.plumber.unmap(container.id)
        self._on()
        self.assertIs(RUNNING, self.found().state)
        self.assertIn(self.uuid, self.plumber.netns)
        self.assertEqual({container.id: self.uuid}, self.plumber.mapped)

    def test_on_of_what_runs_changes_nothing(self):
        before = self.boot()
        self._on()
        self.assertEqual(before, self.found())

    def test_on_that_ends_at_once_keeps_the_server_and_its_data(self):
        self.boot()
        self._off()
        self.engine.outcome = fake_engine.Outcome(exit_code=1)
        self.assertRaises(exception.ContainerExited, self._on)
        self.assertIs(EXITED, self.found().state)

    def test_reboots(self):
        for is_hard in (False, True):
            with self.subTest(is_hard=is_hard):
                before = self.found() if is_hard else self.boot()
                self._reboot(is_hard=is_hard)
                after = self.found()
                self.assertEqual(before.id, after.id)
                self.assertNotEqual(before.pid, after.pid)
                self.assertIs(RUNNING, after.state)

    def test_pause_and_unpause(self):
        self.boot()
        power.pause(self.tools, self.instance)
        self.assertIs(model.ContainerState.PAUSED, self.found().state)
        power.unpause(self.tools, self.instance)
        self.assertIs(RUNNING, self.found().state)
