"""Power: from every state, and absence is no success."""

import dataclasses

import fixtures
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
            is_hard=is_hard,
            timeout_s=5,
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

    def test_on_waits_for_the_agent_of_the_host(self):
        container = self.boot()
        self._off()
        self.unwired.add(self.ports[0]['devname'])
        seen = []

        def look():
            seen.append(self.engine.inspect(container.id).state)
            self.unwired.clear()

        self.while_asleep = look
        self._on()
        self.assertEqual([EXITED], seen)
        self.assertIs(RUNNING, self.found().state)

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

    def _plugs_anew(self, deed):
        """Tell whether ports were unplugged meanwhile."""
        unplugged = []
        unplug = self.plumber.unplug

        def remember(instance, network_info):
            unplugged.append(instance.uuid)
            self.plumber.broken.clear()
            unplug(instance, network_info)

        self.patch(self.plumber, 'unplug', remember)
        deed()
        self.assertIs(RUNNING, self.found().state)
        self.assertEqual(
            [self.ports[0]['id']], self.plumber.plugged[self.uuid]
        )
        return unplugged == [self.uuid]

    def test_hard_reboot_keeps_a_network_that_is_right(self):
        self.boot()
        self.assertFalse(self._plugs_anew(lambda: self._reboot(is_hard=True)))

    def test_hard_reboot_makes_anew_what_cannot_be_repaired(self):
        self.boot()
        self.plumber.broken.add(self.ports[0]['id'])
        self.assertTrue(self._plugs_anew(lambda: self._reboot(is_hard=True)))
        self.assertIn('Making the network anew', self.log.output)

    def test_hard_reboot_makes_anew_what_the_server_could_change(self):
        flavor = dataclasses.replace(
            stories.FLAVOR, extra_specs={'docker:privileged': 'true'}
        )
        self.view = dataclasses.replace(self.view, flavor=flavor)
        self.boot()
        self.assertTrue(self._plugs_anew(lambda: self._reboot(is_hard=True)))

    def test_soft_reboot_repairs_no_more_than_a_start(self):
        self.boot()
        self.plumber.broken.add(self.ports[0]['id'])
        self.assertRaises(
            nova_exception.VirtualInterfacePlugException,
            self._reboot,
            is_hard=False,
        )

    def _is_silent(self):
        return self.ports[0]['id'] in self.plumber.silent

    def test_only_what_runs_answers(self):
        self.boot()
        for deed, is_silent in (
            (self._off, True),
            (self._on, False),
            (lambda: power.pause(self.tools, self.instance), True),
            (lambda: power.unpause(self.tools, self.instance), False),
            (lambda: power.pause(self.tools, self.instance), True),
            (lambda: self._reboot(is_hard=True), False),
            (lambda: self._reboot(is_hard=False), False),
        ):
            deed()
            self.assertEqual(is_silent, self._is_silent())

    def test_ports_that_go_on_answering_fail_nothing(self):
        self.boot()
        self.plumber.has_stuck_carrier = True
        self._off()
        self.assertIs(EXITED, self.found().state)
        self.assertIn('may still answer', self.log.output)

    def test_server_that_would_have_no_network_stays_frozen(self):
        self.boot()
        power.pause(self.tools, self.instance)
        self.plumber.has_stuck_carrier = True
        self.assertRaises(
            nova_exception.VirtualInterfacePlugException,
            power.unpause,
            self.tools,
            self.instance,
        )
        self.assertIs(model.ContainerState.PAUSED, self.found().state)

    def test_pause_and_unpause(self):
        self.boot()
        power.pause(self.tools, self.instance)
        self.assertIs(model.ContainerState.PAUSED, self.found().state)
        power.unpause(self.tools, self.instance)
        self.assertIs(RUNNING, self.found().state)


class InterruptedStartTestCase(stories.StoryTestCase):
    """dockerd is killed while it starts a server again."""

    def setUp(self):
        super().setUp()
        self.lost = set()
        self.ended = []
        self.useFixture(
            fixtures.MonkeyPatch('novadocker.ops.orphan.end', self._end)
        )
        self.container_id = self.boot().id
        power.power_off(self.tools, self.instance, timeout_s=0)
        self.ended.clear()

    def _end(self, container_id):
        if container_id in self.lost:
            self.lost.remove(container_id)
            self.ended.append(container_id)
            return True
        return False

    def _on(self):
        power.power_on(self.tools, self.instance, self.view, self.ports)

    def _go(self, *, has_started, returns=True):
        real = self.engine.start

        def go(container_id):
            if has_started:
                real(container_id)
            else:
                self.lost.add(container_id)
            self.engine.is_available = False
            raise exception.EngineUnavailable(host='h', reason='r')

        def come_back():
            self.engine.is_available = returns

        self.patch(self.engine, 'start', go)
        self.while_asleep = come_back

    def test_process_that_the_engine_has_lost_is_ended(self):
        self._go(has_started=False)
        self.assertRaises(exception.EngineUnavailable, self._on)
        self.assertEqual([self.container_id], self.ended)

    def test_process_that_the_engine_knows_is_its_own(self):
        self._go(has_started=True)
        self.assertRaises(exception.EngineUnavailable, self._on)
        self.assertEqual([], self.ended)
        self.assertIs(RUNNING, self.found().state)

    def test_engine_that_stays_away_leaves_it_to_the_next_start(self):
        self._go(has_started=False, returns=False)
        self.assertRaises(exception.EngineUnavailable, self._on)
        self.assertEqual({self.container_id}, self.lost)
        self.assertIn('may be running', self.log.output)

    def test_start_waits_until_a_lost_process_is_cleared_up(self):
        self.lost.add(self.container_id)
        self.engine.failures['start'] = exception.EngineError(
            action='start', reason='already exists'
        )
        self._on()
        self.assertIs(RUNNING, self.found().state)

    def test_start_that_fails_otherwise_is_not_tried_again(self):
        self.engine.failures['start'] = exception.EngineError(
            action='start', reason='no such user'
        )
        self.assertRaises(exception.EngineError, self._on)

    def test_stop_ends_a_lost_process(self):
        self.lost.add(self.container_id)
        power.power_off(self.tools, self.instance, timeout_s=0)
        self.assertEqual([self.container_id], self.ended)
