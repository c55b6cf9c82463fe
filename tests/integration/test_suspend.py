"""Suspend and resume, through the public APIs."""

from tests.integration import cloud


class SuspendTest(cloud.CloudTestCase):
    def setUp(self):
        super().setUp()
        self.server = self.boot()
        self.pid = self.container(self.server)['State']['Pid']

    def _suspend(self):
        self.admin.compute.suspend_server(self.server)
        self.wait_for_status(self.server, 'SUSPENDED')

    def _assert_suspended(self):
        found = self.admin.compute.get_server(self.server.id)
        # nova.compute.power_state.SUSPENDED
        self.assertEqual(('SUSPENDED', 7), (found.status, found.power_state))
        self.assertTrue(self.container(self.server)['State']['Paused'])

    def _resume(self):
        self.admin.compute.resume_server(self.server)
        self.wait_for_status(self.server, 'ACTIVE')
        self.assertEqual(self.pid, self.container(self.server)['State']['Pid'])

    def test_suspend_and_resume(self):
        self._suspend()
        self._assert_suspended()
        self._resume()

    def test_it_stays_so_across_a_restart_of_nova_compute(self):
        self._suspend()
        restarted = cloud.quickstart('restart', 'nova-compute')
        self.assertEqual(0, restarted.returncode)
        # It compares all power states when it starts.
        cloud.wait_until(self._is_compute_up, 'nova-compute')
        self._assert_suspended()
        self._resume()

    def _is_compute_up(self):
        services = self.admin.compute.services(binary='nova-compute')
        return all(service.state == 'up' for service in services)

    def test_delete(self):
        self._suspend()
        self.delete(self.server)
        self.assert_no_leaks()
