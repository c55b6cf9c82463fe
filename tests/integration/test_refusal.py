"""What is refused leaves a server as it is, and says why."""

import openstack.exceptions

from tests.integration import cloud


class RefusalTest(cloud.CloudTestCase):
    def setUp(self):
        super().setUp()
        self.server = self.boot()
        self.pid = self.container(self.server)['State']['Pid']

    def _assert_untouched(self, action, *, sentence=''):
        """See that an action failed and the server runs as before."""
        failed = cloud.wait_until(
            lambda: self._failure_of(action), f'the end of {action}'
        )
        self.assertIn(sentence, failed)
        self._assert_as_before()

    def _assert_as_before(self):
        self.wait_for_status(self.server, 'ACTIVE')
        self.assertEqual(self.pid, self.container(self.server)['State']['Pid'])

    def _failure_of(self, action):
        compute = self.admin.compute
        for each in compute.server_actions(self.server):
            if each.action == action:
                events = compute.get_server_action(
                    each.request_id, self.server
                ).events
                failed = [it for it in events if it['result'] == 'Error']
                return ' '.join(f'{it.get("details")}.' for it in failed)
        return None

    def test_live_migration(self):
        # With one docker host only the scheduler is asked, and the API gives
        # its answer; the driver's own is tested with Nova's manager.
        error = self.assertRaises(
            openstack.exceptions.BadRequestException,
            self.admin.compute.live_migrate_server,
            self.server,
            block_migration='auto',
        )
        self.assertIn('No valid host', str(error))
        self._assert_as_before()

    def test_crash_dump(self):
        self.admin.compute.trigger_server_crash_dump(self.server)
        self._assert_untouched('trigger_crash_dump', sentence='no kernel')
