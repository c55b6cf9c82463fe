"""Suspend and resume: a state of its own, and as before where they fail."""

from unittest import mock

from nova import exception as nova_exception
from nova.compute import power_state

from novadocker import exception
from novadocker import model
from novadocker.ops import power
from novadocker.ops import suspend
from novadocker.ops import suspension
from tests.unit.novadocker.ops import stories

PAUSED = model.ContainerState.PAUSED
RUNNING = model.ContainerState.RUNNING


class SuspendTestCase(stories.StoryTestCase):
    def setUp(self):
        super().setUp()
        patcher = mock.patch(
            'novadocker.privsep.cgroup.reclaim', autospec=True
        )
        self.reclaim = patcher.start()
        self.addCleanup(patcher.stop)
        self.container = self.boot()

    def _state(self):
        return suspension.power_state_of(self.tools, self.found(), self.uuid)

    def _suspend(self):
        suspend.suspend(self.tools, self.instance)

    def _resume(self):
        suspend.resume(self.tools, self.instance, self.view, self.ports)

    def test_suspended_server_is_frozen_and_gives_its_memory_back(self):
        self._suspend()
        self.assertIs(PAUSED, self.found().state)
        self.assertEqual(power_state.SUSPENDED, self._state())
        self.reclaim.assert_called_once_with(
            self.container.id, self.container.pid
        )

    def test_resumed_server_runs_where_it_was(self):
        self._suspend()
        self._resume()
        self.assertEqual(self.container.pid, self.found().pid)
        self.assertEqual(power_state.RUNNING, self._state())

    def test_suspended_server_does_not_answer(self):
        port_id = self.ports[0]['id']
        self._suspend()
        self.assertEqual({port_id}, self.plumber.silent)
        self._resume()
        self.assertEqual(set(), self.plumber.silent)

    def test_server_that_would_have_no_network_stays_suspended(self):
        self._suspend()
        self.plumber.has_stuck_carrier = True
        self.assertRaises(
            nova_exception.VirtualInterfacePlugException, self._resume
        )
        self.assertEqual(power_state.SUSPENDED, self._state())

    def test_server_that_somebody_froze_is_suspended(self):
        self.engine.pause(self.container.id)
        self._suspend()
        self.assertEqual(power_state.SUSPENDED, self._state())

    def test_server_whose_host_was_rebooted_starts(self):
        self._suspend()
        self.engine.exit(self.container.id, 137)
        self.plumber.remove_netns(self.uuid)
        self._resume()
        self.assertIs(RUNNING, self.found().state)
        self.assertIn(self.uuid, self.plumber.netns)

    def test_pause_after_a_reboot_of_the_host_is_a_pause(self):
        self._suspend()
        self.engine.exit(self.container.id, 137)
        power.power_on(self.tools, self.instance, self.view, self.ports)
        power.pause(self.tools, self.instance)
        self.assertEqual(power_state.PAUSED, self._state())

    def test_reboot_ends_it(self):
        self._suspend()
        power.reboot(
            self.tools, self.instance, self.view, self.ports, is_hard=True
        )
        self.engine.pause(self.container.id)
        self.assertEqual(power_state.PAUSED, self._state())

    def test_resume_ends_it(self):
        self._suspend()
        self._resume()
        self.engine.pause(self.container.id)
        self.assertEqual(power_state.PAUSED, self._state())

    def test_server_that_does_not_run_stays_as_it_is(self):
        self.engine.exit(self.container.id, 0)
        self.assertRaises(exception.ContainerConflict, self._suspend)
        self.assertEqual(power_state.SHUTDOWN, self._state())
        power.power_on(self.tools, self.instance, self.view, self.ports)
        self.engine.pause(self.container.id)
        self.assertEqual(power_state.PAUSED, self._state())

    def test_memory_that_cannot_be_taken_is_told(self):
        self.reclaim.side_effect = exception.MemoryNotReclaimed(
            container='c', reason='the kernel is too old'
        )
        self._suspend()
        self.assertEqual(power_state.SUSPENDED, self._state())
        self.assertIn('the kernel is too old', self.log.output)

    def test_failure_leaves_the_server_running(self):
        self.reclaim.side_effect = ValueError('of a daemon without power')
        self.assertRaises(ValueError, self._suspend)
        self.assertEqual(power_state.RUNNING, self._state())

    def test_resume_that_fails_leaves_it_suspended(self):
        self._suspend()
        self.engine.failures['unpause'] = exception.EngineError(
            action='unpause', reason='r'
        )
        self.assertRaises(exception.EngineError, self._resume)
        self.assertEqual(power_state.SUSPENDED, self._state())

    def test_missing_server_is_a_failure(self):
        self.engine.remove(self.container.id, force=True)
        for deed in (self._suspend, self._resume):
            self.assertRaises(exception.ContainerNotFound, deed)
