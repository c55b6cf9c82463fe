"""A second compute host on the same machine, as a host of its own."""

import unittest

from tests.integration import cloud

NAME = 'node-of-test'


def has_ovs():
    """Nodes are of the Open vSwitch flavour; OVN has no such agents."""
    if not cloud.is_up():
        return False
    names = {each['name'] for each in cloud.parsed(['status', '--json'])}
    return 'neutron-openvswitch-agent' in names


@unittest.skipUnless(has_ovs(), 'needs a cloud with --network ovs')
class NodeTest(cloud.CloudTestCase):
    def test_server_on_a_node_is_reached_through_the_cable(self):
        added = cloud.quickstart('node', 'add', NAME, '--driver', 'docker')
        self.addCleanup(self._remove)
        self.assertEqual(0, added.returncode, added.stderr)
        server = self.boot(
            availability_zone=f'nova:{NAME}',
            security_groups=[{'name': self.open_port()}],
        )
        self.assertEqual(NAME, server.compute_host)
        # Another engine has it: this machine's own does not.
        label = f'org.openstack.nova.uuid={server.id}'
        own = self.engine.containers(all=True, filters={'label': label})
        self.assertEqual([], own)
        # The router and the DHCP server are on the other host.
        answer = cloud.ask_memcached(self.floating_ip(server), 'version\r\n')
        self.assertIn('VERSION', answer)
        refused = cloud.quickstart('node', 'remove', NAME)
        self.assertEqual(1, refused.returncode)
        self.assertIn(server.name, refused.stderr)

    def _remove(self):
        removed = cloud.quickstart('node', 'remove', NAME)
        self.assertEqual(0, removed.returncode, removed.stderr)
        hosts = {each.host for each in self.admin.compute.services()}
        self.assertNotIn(NAME, hosts)
        self.assert_no_leaks()

    def test_name_that_cannot_be_one(self):
        found = cloud.quickstart('node', 'add', 'No/Name')
        self.assertEqual(3, found.returncode)
        self.assertIn('lower case', found.stderr)
