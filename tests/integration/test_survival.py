"""What a server does not notice, and what an interrupted operation leaves.

Each service is killed, not stopped: nothing of it gets to say goodbye. The
supervisor starts it again, as systemd would.
"""

import os
import signal

import openstack.exceptions

from tests.integration import cloud
from tests.integration import stream

# Nobody but these has a hand in a boot or a delete on a host.
SERVICES = (
    'nova-compute',
    'dockerd',
    'containerd',
    'neutron-openvswitch-agent',
    'ovn-controller',
    'rabbitmq',
    'neutron-api',
    'neutron-rpc-server',
    'glance',
)
# What an operation that lost its service is given to end.
SETTLED_S = 240.0


class SurvivalCase(cloud.CloudTestCase):
    def services(self):
        """List which of the services this cloud's flavour has."""
        known = {each['name'] for each in cloud.parsed(['status', '--json'])}
        return [name for name in SERVICES if name in known]

    def kill(self, name):
        """Kill a service with all its workers; give its old pid."""
        pid = self._service(name)['pid']
        os.killpg(pid, signal.SIGKILL)
        return pid

    def wait_well(self, name, killed):
        """Wait until another process of a service is well."""

        def is_well():
            found = self._service(name)
            return found['is_well'] and found['pid'] != killed

        cloud.wait_until(is_well, f'service {name}')
        cloud.wait_until(self._are_hosts_up, 'the compute service')

    def _service(self, name):
        return next(
            each
            for each in cloud.parsed(['status', '--json'])
            if each['name'] == name
        )

    def _are_hosts_up(self):
        try:
            compute = list(self.admin.compute.services(binary='nova-compute'))
            agents = list(self.admin.network.agents())
        except openstack.exceptions.SDKException:
            return False  # RabbitMQ or an API is on its way up
        return all(each.state == 'up' for each in compute) and all(
            each.is_alive for each in agents
        )

    def settled(self, server):
        """Wait until nothing is under way; give the server or ``None``."""

        def is_settled():
            try:
                found = self.admin.compute.find_server(server.id)
            except openstack.exceptions.SDKException:
                return False
            if found is None:
                return ('gone',)
            is_done = found.status in {'ACTIVE', 'ERROR'}
            return (found,) if is_done and not found.task_state else False

        (found,) = cloud.wait_until(
            is_settled,
            f'the end of what is done to {server.name}',
            within_s=SETTLED_S,
        )
        return None if found == 'gone' else found


class IdleTest(SurvivalCase):
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


class InterruptedTest(SurvivalCase):
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
                self.delete(server)
                self.assert_no_leaks()
