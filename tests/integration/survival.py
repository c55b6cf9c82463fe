"""Services that are killed, and a cloud that gets over it."""

import datetime
import os
import pathlib
import signal

import openstack.exceptions

from tests.integration import cloud

# Nobody but these has a hand in a boot or a delete on a host.
SERVICES = (
    'nova-compute',
    'dockerd',
    'containerd',
    'ovsdb-server',
    'ovs-vswitchd',
    'neutron-openvswitch-agent',
    'ovn-controller',
    'rabbitmq',
    'neutron-api',
    'neutron-rpc-server',
    'glance',
)
# One that drives, one that is driven, one that wires: in a whole run only
# these are killed, all of them in test_survival_each.
CHOSEN = (
    'nova-compute',
    'dockerd',
    'neutron-openvswitch-agent',
    'ovn-controller',
)
HOME = pathlib.Path(os.environ.get('NOVA_DOCKER_HOME', '/var/lib/nova-docker'))
# What an operation that lost its service is given to end.
SETTLED_S = 240.0
# The device of a datapath in userspace.
_DATAPATH = pathlib.Path('/sys/class/net/ovs-netdev')


class SurvivalCase(cloud.CloudTestCase):
    chosen: tuple[str, ...] = CHOSEN

    def services(self):
        """List which of the chosen services this cloud's flavour has."""
        known = cloud.services()
        return [name for name in self.chosen if name in known]

    def kill(self, name):
        """Kill a service with all its workers; give its old pid."""
        pid = self.pid(name)
        os.killpg(pid, signal.SIGKILL)
        return pid

    def pid(self, name):
        """Give the pid of a service, which leads its workers."""
        return self._service(name)['pid']

    def wait_well(self, name, killed):
        """Wait until another process of a service is well."""
        since = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)

        def is_well():
            found = self._service(name)
            return found['is_well'] and found['pid'] != killed

        cloud.wait_until(is_well, f'service {name}')
        if name == 'ovs-vswitchd' and self._loses_agents_devices():
            restarted = cloud.quickstart('restart', name)
            self.assertEqual(0, restarted.returncode, restarted.stderr)
        if name == 'nova-compute':
            cloud.wait_until(
                lambda: self._has_reported(since), 'word of nova-compute'
            )
        cloud.wait_until(self._are_hosts_up, 'the compute service')

    def _has_reported(self, since):
        """Tell whether nova-compute is done with its start.

        Nova puts servers into ERROR that it finds in the middle of a boot.
        """
        (service,) = self.admin.compute.services(
            binary='nova-compute', host=cloud.HOST
        )
        seen = service.updated_at or ''
        return seen and datetime.datetime.fromisoformat(seen) > since

    def _loses_agents_devices(self):
        """Tell whether a switch that ends takes routers and DHCP with it.

        A userspace switch does not find its own devices again in the
        namespaces of ML2/OVS's agents. Those of servers are no such devices.
        """
        is_ovs = 'neutron-openvswitch-agent' in cloud.services()
        return is_ovs and _DATAPATH.exists()

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
