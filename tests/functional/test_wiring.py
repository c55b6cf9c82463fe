"""What Neutron's agents and ovn-controller write, read from a real switch."""

from nova import conf as nova_conf
import os_vif

from novadocker.network import switch
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.fixtures import vif
from tests.functional import plumbing


@ovs.needs_ovs
class WiringTest(plumbing.PlumberTestCase):
    def setUp(self):
        super().setUp()
        port = vif.vif(vif.subnet(plumbing.SUBNET, '10.0.0.5'))
        self.instance(port)
        self.name = port['devname']
        self.looking = switch.Switch(lambda: nova_conf.CONF.os_vif_ovs)

    def _wait_until_wired(self):
        netns.wait_until(
            lambda: self.looking.is_wired(self.name), 'the mark at the port'
        )

    def test_port_that_was_just_plugged(self):
        self.assertFalse(self.looking.is_wired(self.name))

    def test_port_that_the_switch_does_not_have(self):
        self.assertFalse(self.looking.is_wired('tap-of-nobody'))

    def test_port_to_which_the_agent_gives_a_network(self):
        self.switch.vsctl('set', 'Port', self.name, 'tag=4095')
        netns.wait_until(
            lambda: self.looking._get('Port', self.name, 'tag') == 4095,
            'the dead tag',
        )
        self.assertFalse(self.looking.is_wired(self.name))
        self.switch.vsctl('set', 'Port', self.name, 'tag=7')
        self._wait_until_wired()

    def test_port_for_which_ovn_has_made_flows(self):
        self.switch.vsctl(
            'set', 'Interface', self.name, 'external_ids:ovn-installed=true'
        )
        self._wait_until_wired()

    def test_switch_is_asked_over_the_connection_that_there_is(self):
        self.looking.is_wired(self.name)
        theirs = os_vif._EXT_MANAGER['ovs'].obj.ovsdb.ovsdb
        self.assertIs(
            theirs.ovsdb_connection, self.looking._ovsdb.ovsdb_connection
        )
