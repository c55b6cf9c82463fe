"""Diagnostics, through the public API."""

from tests.integration import cloud


class DiagnosticsTest(cloud.CloudTestCase):
    def _look(self, server, microversion):
        found = self.admin.compute.get(
            f'/servers/{server.id}/diagnostics', microversion=microversion
        )
        self.assertEqual(200, found.status_code, found.text)
        return found.json()

    def test_running_server(self):
        server = self.boot()
        (port,) = self.admin.network.ports(device_id=server.id)
        flavor = self.admin.compute.find_flavor(cloud.FLAVOR)
        found = self._look(server, '2.48')
        self.assertEqual('running', found['state'])
        self.assertEqual('docker', found['hypervisor'])
        self.assertEqual(flavor.ram, found['memory_details']['maximum'])
        self.assertEqual(flavor.vcpus, found['num_cpus'])
        (nic,) = found['nic_details']
        self.assertEqual(port.mac_address, nic['mac_address'])
        self.assertGreater(nic['tx_octets'] + nic['rx_octets'], 0)
        later = self._look(server, '2.48')
        before, after = (
            each['cpu_details'][0]['time'] for each in (found, later)
        )
        self.assertGreaterEqual(after, before)

    def test_older_clients(self):
        found = self._look(self.boot(), '2.1')
        self.assertGreater(found['cpu0_time'], 0)

    def test_stopped_server_has_none(self):
        server = self.boot()
        self.admin.compute.stop_server(server)
        self.wait_for_status(server, 'SHUTOFF')
        found = self.admin.compute.get(f'/servers/{server.id}/diagnostics')
        self.assertEqual(409, found.status_code)
