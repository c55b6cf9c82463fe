"""Services of the machine and of its nodes."""

import pathlib

import testtools

from deploy.quickstart import home as home_module
from deploy.quickstart import roster

HOME = home_module.Home(pathlib.Path('/srv/cloud'))
NODE = home_module.Node('node2', 'docker', 0)
STATE = home_module.State('ovs', nodes=(NODE,))


class RosterTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.known = roster.by_name(HOME, STATE)

    def test_node_does_not_hide_the_machine(self):
        self.assertIn('nova-compute', self.known)
        self.assertIn('node2.nova-compute', self.known)

    def test_cinder_is_there_if_it_was_asked_for(self):
        self.assertNotIn('cinder-volume', self.known)
        state = home_module.State('ovs', nodes=(NODE,), volumes=True)
        known = roster.by_name(HOME, state)
        self.assertIn('cinder-volume', known)
        self.assertNotIn('node2.cinder-volume', known)

    def test_heat_is_there_if_it_was_asked_for(self):
        self.assertNotIn('heat-engine', self.known)
        state = home_module.State('ovs', nodes=(NODE,), stacks=True)
        known = roster.by_name(HOME, state)
        self.assertIn('heat-engine', known)
        self.assertNotIn('node2.heat-engine', known)

    def test_service_enters_all_namespaces(self):
        command = self.known['node2.dockerd'].command
        for kind in ('net', 'mount', 'uts'):
            self.assertIn(
                f'--{kind}=/srv/cloud/nodes/node2/ns/{kind}', command
            )
        self.assertIn('/usr/sbin/dockerd', command)

    def test_user_is_taken_after_entering(self):
        found = self.known['node2.nova-compute']
        self.assertEqual('root', found.user)
        self.assertLess(
            found.command.index('--uts=/srv/cloud/nodes/node2/ns/uts'),
            found.command.index('--reuid=nova'),
        )

    def test_root_stays_root(self):
        command = self.known['node2.ovs-vswitchd'].command
        self.assertNotIn('/usr/bin/setpriv', command)

    def test_tools_talk_to_the_switch_of_the_node(self):
        found = self.known['node2.neutron-openvswitch-agent']
        self.assertEqual(
            '/srv/cloud/nodes/node2/run/openvswitch',
            found.environment['OVS_RUNDIR'],
        )

    def test_programs_are_shared(self):
        command = self.known['node2.nova-compute'].command
        self.assertIn('/srv/cloud/venv/bin/nova-compute', command)
