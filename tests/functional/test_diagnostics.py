"""Diagnostics of a real server, compared with what it did."""

import pathlib

from nova import objects

from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.functional import test_survival_host as streaming

_MIB = 1024 * 1024


@dockerd.needs_dockerd
@ovs.needs_ovs
class DiagnosticsTest(streaming.StreamTestCase):
    def setUp(self):
        super().setUp()
        self.instance.config_drive = ''
        self.instance.info_cache = objects.InstanceInfoCache(
            network_info=self.ports
        )
        self.container_before = self.boot()

    def _look(self):
        return self.driver.get_instance_diagnostics(self.instance)

    def _inside(self):
        """Read the counters of the port where the server sees them."""
        read = pathlib.Path('/proc/thread-self/net/dev').read_text
        lines = self.namespace.run(read).splitlines()
        (line,) = (each for each in lines if 'eth0:' in each)
        words = [int(word) for word in line.partition(':')[2].split()]
        return {
            'rx_octets': words[0],
            'rx_packets': words[1],
            'tx_octets': words[8],
            'tx_packets': words[9],
        }

    def test_port_is_counted_as_the_server_sees_it(self):
        with self.stream() as stream:
            before = self._look().nic_details[0]
            self.wait_for_blocks(stream, 100)
        after = self._look().nic_details[0]
        # It sends back what it gets, 4 KiB at a time.
        for key in ('rx_octets', 'tx_octets'):
            grown = getattr(after, key) - getattr(before, key)
            self.assertGreater(grown, 100 * 4096)
        netns.wait_until(self._is_as_inside, 'the same numbers on both ends')
        self.assertEqual(self.port['address'], after.mac_address)

    def _is_as_inside(self):
        inside = self._inside()
        (nic,) = self._look().nic_details
        return inside == {key: getattr(nic, key) for key in inside}

    def test_time_of_the_cpu_is_that_of_the_kernel(self):
        before = self._look().cpu_details[0].time
        burnt_ns = self._burn()
        used_ns = self._look().cpu_details[0].time - before
        # At least: the stream is at work, too.
        self.assertGreaterEqual(used_ns, burnt_ns)

    def _burn(self):
        """Have the server work, and give the time that its work took."""
        client = self.dockerd.client
        command = ['bash', '-c', 'for i in {1..200000}; do :; done; times']
        made = client.exec_create(self.container_before.id, command)
        # The first line: user and system time, as 0m0.123s.
        words = client.exec_start(made['Id']).decode().split()[:2]
        minutes = [word.rstrip('s').split('m') for word in words]
        return sum(
            int((60 * int(whole) + float(rest)) * 10**9)
            for whole, rest in minutes
        )

    def test_memory_and_disk(self):
        found = self._look()
        self.assertEqual(64, found.memory_details.maximum)
        self.assertIn(found.memory_details.used, range(64))
        before = found.disk_details[0].write_bytes or 0
        command = 'dd if=/dev/zero of=/file bs=1M count=8 oflag=direct'
        made = self.dockerd.client.exec_create(
            self.container_before.id, command.split()
        )
        said = self.dockerd.client.exec_start(made['Id'])
        self.assertIn(b'8+0 records out', said)
        after = self._look().disk_details[0].write_bytes
        self.assertGreaterEqual(after - before, 8 * _MIB)

    def test_older_clients_get_the_same(self):
        found = self.driver.get_diagnostics(self.instance)
        self.assertEqual(64 * 1024, found['memory'])
        self.assertGreater(found['cpu0_time'], 0)
        self.assertIn(f'{self.port["devname"]}_rx', found)
