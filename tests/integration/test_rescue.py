"""Rescue and unrescue, through the public APIs."""

import docker.errors

from tests.fixtures import rootfs
from tests.integration import cloud

_COMMAND = (
    'sh',
    '-c',
    'echo first >> /story; cat /story; exec sleep 600',
)
_RESCUE = (
    'sh',
    '-c',
    'cat /rescue/story; echo mended >> /rescue/story; '
    'cat /proc/net/dev; exec sleep 600',
)


class RescueCase(cloud.CloudTestCase):
    def image(self, name, command):
        """Upload an image that goes with the test, and give its id."""
        return self.upload(name, rootfs.archive(f'{name}:latest', command))

    def setUp(self):
        super().setUp()
        self.image('story', _COMMAND)
        self.server = self.boot(image='story')
        self.first = self.container(self.server)['Id']
        # What is rescued is what it has written.
        self.log_with(self.server, 'first\n')

    def rescue(self, image_id, *, status='RESCUE'):
        self.admin.compute.rescue_server(self.server, image_ref=image_id)
        self.wait_for_status(self.server, status)

    def rescuing(self):
        return self.engine.inspect_container(f'nova-{self.server.id}-rescue')

    def assert_no_rescue(self):
        self.assertRaises(docker.errors.NotFound, self.rescuing)


class RescueTest(RescueCase):
    def setUp(self):
        super().setUp()
        self.tools_id = self.image('tools', _RESCUE)

    def test_rescue_mends_the_root(self):
        self.rescue(self.tools_id)
        log = self.log_with(self.server, 'eth0:')
        self.assertTrue(log.startswith('first\n'), log)
        self.assertFalse(self.container(self.server)['State']['Running'])
        self.admin.compute.unrescue_server(self.server)
        self.wait_for_status(self.server, 'ACTIVE')
        self.assert_no_rescue()
        self.assertEqual(self.first, self.container(self.server)['Id'])
        self.log_with(self.server, 'first\nfirst\nmended\nfirst\n')

    def test_it_survives_a_restart_of_nova_compute(self):
        self.rescue(self.tools_id)
        pid = self.rescuing()['State']['Pid']
        restarted = cloud.quickstart('restart', 'nova-compute')
        self.assertEqual(0, restarted.returncode)
        cloud.wait_until(self._is_compute_up, 'nova-compute')
        found = self.admin.compute.get_server(self.server.id)
        self.assertEqual(('RESCUE', 1), (found.status, found.power_state))
        self.assertEqual(pid, self.rescuing()['State']['Pid'])
        self.admin.compute.unrescue_server(self.server)
        self.wait_for_status(self.server, 'ACTIVE')

    def _is_compute_up(self):
        services = self.admin.compute.services(binary='nova-compute')
        return all(service.state == 'up' for service in services)

    def test_stopped_server_is_rescued_too(self):
        self.admin.compute.stop_server(self.server)
        self.wait_for_status(self.server, 'SHUTOFF')
        self.rescue(self.tools_id)
        self.admin.compute.unrescue_server(self.server)
        self.wait_for_status(self.server, 'ACTIVE')

    def test_delete_leaves_nothing(self):
        self.rescue(self.tools_id)
        self.delete(self.server)
        self.assert_no_rescue()
        self.assert_no_leaks()


class FailedRescueTest(RescueCase):
    def test_server_comes_back_by_a_hard_reboot(self):
        broken = self.image('broken', ('sh', '-c', 'echo no tools; exit 3'))
        self.rescue(broken, status='ERROR')
        fault = self.admin.compute.get_server(self.server.id).fault['message']
        self.assertIn('exit code 3', fault)
        self.assert_no_rescue()
        self.admin.compute.reboot_server(self.server, 'HARD')
        self._wait_until_active()
        self.assertEqual(self.first, self.container(self.server)['Id'])
        self.assertTrue(self.container(self.server)['State']['Running'])

    def _wait_until_active(self):
        # Until Nova has taken it up it still is in ERROR.
        cloud.wait_until(
            lambda: (
                self.admin.compute.get_server(self.server.id).status
                == 'ACTIVE'
            ),
            'ACTIVE',
        )

    def test_delete_leaves_nothing(self):
        broken = self.image('broken', ('sh', '-c', 'exit 3'))
        self.rescue(broken, status='ERROR')
        self.delete(self.server)
        self.assert_no_leaks()
