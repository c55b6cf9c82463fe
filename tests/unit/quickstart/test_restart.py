"""What is restarted with a service, and what is made again after it."""

import pathlib

import testtools

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import network
from deploy.quickstart import restart
from deploy.quickstart import roster
from deploy.quickstart import supervise
from tests.unit.quickstart import journal

HOME = home_module.Home(pathlib.Path('/srv/cloud'))
NODE = home_module.Node('a', 'docker', 0)
STATE = home_module.State('ovs', nodes=(NODE,)).with_done('datapath', 'netdev')
AGENTS = {
    'neutron-openvswitch-agent',
    'neutron-dhcp-agent',
    'neutron-l3-agent',
}


def _affected(name, state=STATE):
    found = restart.affected(roster.services(HOME, state), name)
    return [it.name for it in found]


class AffectedTestCase(testtools.TestCase):
    def test_most_stand_alone(self):
        for name in ('keystone', 'a.nova-compute', 'mariadb'):
            self.assertEqual([name], _affected(name))

    def test_agents_follow_their_switch(self):
        for name in ('ovs-vswitchd', 'ovsdb-server'):
            found = _affected(name)
            self.assertEqual(['ovsdb-server', 'ovs-vswitchd'], found[:2])
            self.assertEqual(AGENTS, set(found[2:]))

    def test_switch_of_a_node_has_its_own_agent(self):
        self.assertEqual(
            [
                'a.ovsdb-server',
                'a.ovs-vswitchd',
                'a.neutron-openvswitch-agent',
            ],
            _affected('a.ovs-vswitchd'),
        )

    def test_ovn_has_others(self):
        found = _affected('ovs-vswitchd', home_module.State('ovn'))
        self.assertEqual(
            {'ovn-controller', 'neutron-ovn-metadata-agent'}, set(found[2:])
        )


class OutlivedTestCase(testtools.TestCase):
    def _outlived(self, **starts):
        names = {
            'switch': 'ovs-vswitchd',
            'agent': 'neutron-l3-agent',
            'other': 'a.ovs-vswitchd',
            'their': 'a.neutron-openvswitch-agent',
        }
        return restart.outlived(
            {
                names[key]: {
                    'statename': 'RUNNING' if start else 'STOPPED',
                    'start': start,
                }
                for key, start in starts.items()
            }
        )

    def test_agents_start_after_their_switch(self):
        self.assertEqual([], self._outlived(switch=1, agent=2))

    def test_switch_that_is_younger_came_back(self):
        self.assertEqual(
            ['ovs-vswitchd'], self._outlived(switch=3, agent=2, other=1)
        )

    def test_each_host_has_its_own(self):
        self.assertEqual(
            ['a.ovs-vswitchd'],
            self._outlived(switch=1, agent=2, other=4, their=3),
        )

    def test_agents_that_do_not_run_miss_nothing(self):
        self.assertEqual([], self._outlived(switch=1, agent=0))
        self.assertEqual([], self._outlived(switch=1))


class RunTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.journal = self.useFixture(journal.Journal())
        self.entries = self.journal.entries
        self.supervisor = journal.Supervisor(self.entries, {'dockerd'})
        self.patch(supervise, 'Supervisor', lambda home: self.supervisor)
        self.lost = {'qrouter-1': {'lo', 'qr-1', 'qg-1'}}
        self.journal.replace(network, 'forget_agents', result=self.lost)
        self.journal.replace(
            network, 'devices_of', result=self.lost['qrouter-1']
        )

    def test_one_service(self):
        self.assertEqual(['glance'], restart.run(HOME, STATE, 'glance'))
        self.assertEqual(
            ['stop glance', 'start glance'],
            [it for it in self.entries if 'glance' in it],
        )
        self.assertNotIn('network.forget_agents', self.entries)

    def test_agents_stop_first_and_start_last(self):
        restart.run(HOME, STATE, 'ovs-vswitchd')
        agents = ' '.join(sorted(AGENTS))
        positions = iter(self.entries)
        for entry in (
            f'stop {agents}',
            'stop ovs-vswitchd',
            'stop ovsdb-server',
            'network.forget_agents',
            'start ovsdb-server',
            'start ovs-vswitchd',
            f'start {agents}',
            'network.devices_of',
        ):
            self.assertIn(entry, positions)

    def test_switch_in_the_kernel_loses_nothing(self):
        state = STATE.with_done('datapath', 'system')
        restart.run(HOME, state, 'ovs-vswitchd')
        self.assertNotIn('network.forget_agents', self.entries)

    def test_switch_of_a_node_has_no_routers(self):
        restart.run(HOME, STATE, 'a.ovs-vswitchd')
        self.assertNotIn('network.forget_agents', self.entries)

    def test_what_is_not_made_again_is_a_failure(self):
        self.patch(restart, '_HEAL_TIMEOUT_S', 0)
        self.journal.replace(network, 'devices_of', result={'lo'})
        err = self.assertRaises(
            exception.OperationFailed,
            restart.run,
            HOME,
            STATE,
            'ovs-vswitchd',
        )
        self.assertIn('the agents make routers and DHCP again', str(err))

    def test_cloud_that_is_down(self):
        self.supervisor.is_up = False
        self.assertRaises(
            exception.OperationFailed, restart.run, HOME, STATE, 'glance'
        )
