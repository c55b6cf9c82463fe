"""What a server does not notice, and what an interrupted operation leaves.

Each service is killed, not stopped: nothing of it gets to say goodbye. The
supervisor starts it again, as systemd would.
"""

from tests.integration import cloud
from tests.integration import stream
from tests.integration import survival


class IdleTest(survival.SurvivalCase):
    def test_a_running_server_notices_nothing(self):
        server = self.boot(security_groups=[{'name': self.open_port()}])
        pid = self.container(server)['State']['Pid']
        talk = stream.Stream(self.floating_ip(server))
        self.addCleanup(talk.close)
        for name in self.services():
            with self.subTest(name):
                self.wait_well(name, self.kill(name))
                talk.check()
                state = self.container(server)['State']
                self.assertEqual((pid, True), (state['Pid'], state['Running']))
                found = self.admin.compute.get_server(server.id)
                self.assertEqual(
                    ('ACTIVE', 1), (found.status, found.power_state)
                )
        # And all of it still works together.
        self.admin.compute.reboot_server(server, 'HARD')
        self.wait_for_status(server, 'ACTIVE')
        self.delete(server)
        self.assert_no_leaks()


class InterruptedTest(survival.SurvivalCase):
    def test_a_boot_ends_well_or_in_a_clean_error(self):
        for name in self.services():
            with self.subTest(name):
                server = self.create()
                cloud.wait_until(
                    lambda it=server: self._is_spawning(it),
                    f'the boot of {server.name}',
                )
                self.wait_well(name, self.kill(name))
                found = self.settled(server)
                if found.status == 'ACTIVE':
                    state = self.container(server)['State']
                    self.assertTrue(state['Running'])
                self.delete(server)
                self.assert_no_leaks()

    def _is_spawning(self, server):
        found = self.admin.compute.get_server(server.id)
        # Each service is needed from here on.
        return found.task_state in {'networking', 'spawning'} or (
            found.status in {'ACTIVE', 'ERROR'}
        )

    def test_a_delete_can_be_asked_for_again(self):
        for name in self.services():
            with self.subTest(name):
                server = self.boot()
                self.admin.compute.delete_server(server.id)
                self.wait_well(name, self.kill(name))
                # Nova takes no second word before the first has ended, and
                # who waits for a lost answer waits a minute.
                self.settled(server)
                self.delete(server)
                self.assert_no_leaks()
