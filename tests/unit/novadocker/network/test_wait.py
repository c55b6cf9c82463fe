"""Ports of Nova in, events of Neutron out."""

import testtools

from novadocker.network import wait
from tests.fixtures import vif


class WaitTest(testtools.TestCase):
    def test_each_port_that_is_not_active_is_waited_for(self):
        ports = [vif.vif(), vif.vif(active=True), vif.vif()]
        self.assertEqual(
            [
                ('network-vif-plugged', ports[0]['id']),
                ('network-vif-plugged', ports[2]['id']),
            ],
            wait.events(ports, timeout_s=300),
        )

    def test_remote_managed_port_is_not_waited_for(self):
        port = vif.vif(vnic_type='remote-managed')
        self.assertEqual([], wait.events([port], timeout_s=300))

    def test_no_timeout_no_waiting(self):
        self.assertEqual([], wait.events([vif.vif()], timeout_s=0))
