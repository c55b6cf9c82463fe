"""Suspend on a real engine: what the processes and the memory tell."""

import os
import pathlib

from nova.compute import power_state

from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.functional import survival

_MIB = 1024 * 1024
# It leaves pages of a file in memory, which are the server's to account for.
_COMMAND = (
    'bash',
    '-c',
    'dd if=/dev/zero of=/file bs=1M count=24; cat /proc/net/dev; '
    'trap exit TERM; sleep 600 & wait',
)


@dockerd.needs_dockerd
@ovs.needs_ovs
class SuspendTest(survival.SurvivalTestCase):
    command = _COMMAND

    def setUp(self):
        super().setUp()
        self.before = self.boot()
        netns.wait_until(lambda: 'eth0' in self._log(), 'the command')

    def _log(self):
        return self.driver.get_console_output(None, self.instance)

    def _suspend(self):
        self.driver.suspend(None, self.instance)
        self.assertEqual(power_state.SUSPENDED, self.state())

    def _resume(self):
        self.driver.resume(None, self.instance, self.ports)

    def test_processes_stand_still_and_go_on(self):
        self._suspend()
        self.assertTrue(self._is_frozen())
        self._resume()
        self.assertFalse(self._is_frozen())
        self.assertEqual(self.before.pid, self.assert_running().pid)

    def _is_frozen(self):
        found = self.dockerd.client.inspect_container(self.before.id)
        return found['State']['Paused']

    def test_memory_is_given_back(self):
        before = self._used_bytes()
        self.assertGreater(before, 20 * _MIB)
        self._suspend()
        self.assertLess(self._used_bytes(), before - 20 * _MIB)
        self._resume()
        self.assert_running()

    def _used_bytes(self):
        stats = self.dockerd.client.stats(self.before.id, stream=False)
        return stats['memory_stats']['usage']

    def test_it_survives_a_restart_of_nova_compute_and_of_dockerd(self):
        self._suspend()
        self.restart()
        self.assertEqual(power_state.SUSPENDED, self.state())
        self.driver.cleanup_host(survival.HOST)
        self.driver = self.started_driver()
        self.driver.plug_vifs(self.instance, self.ports)
        self.assertEqual(power_state.SUSPENDED, self.state())
        self._resume()
        self.assertEqual(self.before.pid, self.assert_running().pid)

    def test_after_a_reboot_of_the_host_it_starts_with_its_data(self):
        self._suspend()
        self.reboot_the_host()
        self.assertEqual(power_state.SHUTDOWN, self.state())
        self._resume()
        self.assertEqual(self.before.id, self.assert_running().id)

    def test_engine_that_is_away_leaves_it_suspended(self):
        self._suspend()
        self.dockerd.kill()
        self.assert_away(self.state)
        self.dockerd.start()
        self.assertEqual(power_state.SUSPENDED, self.state())

    def test_delete_leaves_nothing(self):
        self._suspend()
        self.destroy()
        self.assert_nothing_left()
        self.assertFalse(os.path.exists(f'/proc/{self.before.pid}/exe'))

    def test_hard_reboot_brings_it_back(self):
        self._suspend()
        self.driver.reboot(None, self.instance, self.ports, 'HARD')
        self.assert_running()
        left = os.listdir(pathlib.Path(self.instances, self.instance.uuid))
        self.assertNotIn('suspended', left)
