"""CPUs of their own, on a host that has some set aside."""

import os
import unittest
import uuid

from tests.integration import cloud
from tests.integration import two_hosts

# What the node dedicates; all other CPUs are for everybody.
OWN = max(os.sched_getaffinity(0))
SHARED = frozenset(os.sched_getaffinity(0)) - {OWN}


def setUpModule():
    if not SHARED:
        raise unittest.SkipTest('needs two CPUs')
    two_hosts.set_up('--dedicated-cpus', str(OWN))


class DedicatedTest(two_hosts.TwoHostsCase):
    def test_server_has_the_cpu_and_no_other_has_it(self):
        other = self.boot(availability_zone=f'nova:{two_hosts.NAME}')
        self.assert_runs_on(other, SHARED)
        server = self.boot(flavor_id=self.flavor())
        self.assertEqual(two_hosts.NAME, self.host_of(server))
        self.assert_runs_on(server, {OWN})
        self.assert_runs_on(other, SHARED)
        self.assertEqual({'PCPU': 1}, self._used_cpus(server))

    def test_there_is_no_second_one(self):
        first = self.boot(flavor_id=self.flavor())
        second = self.boot(flavor_id=self.flavor(), wait='ERROR')
        self.assertIn('No valid host', second.fault['message'])
        self.delete(first)
        third = self.boot(flavor_id=self.flavor())
        self.assert_runs_on(third, {OWN})

    def test_it_stays_through_stop_and_start(self):
        server = self.boot(flavor_id=self.flavor())
        self.compute.stop_server(server)
        self.wait_for_status(server, 'SHUTOFF')
        self.compute.start_server(server)
        self.wait_for_status(server, 'ACTIVE')
        self.assert_runs_on(server, {OWN})

    def test_resize_gives_it_and_takes_it(self):
        server = self.boot(availability_zone=f'nova:{two_hosts.NAME}')
        self._resize(server, self.flavor())
        self.assert_runs_on(server, {OWN})
        self._resize(server, self.compute.find_flavor(cloud.FLAVOR).id)
        self.assertEqual({'VCPU': 1}, self._used_cpus(server))
        is_on_node = self.host_of(server) == two_hosts.NAME
        self.assert_runs_on(server, SHARED if is_on_node else SHARED | {OWN})

    def flavor(self):
        flavor = self.compute.create_flavor(
            name=f'test-{uuid.uuid4().hex[:8]}', vcpus=1, ram=128, disk=1
        )
        self.addCleanup(self.compute.delete_flavor, flavor)
        self.compute.create_flavor_extra_specs(
            flavor, {'hw:cpu_policy': 'dedicated'}
        )
        return flavor.id

    def assert_runs_on(self, server, cpus):
        self.assertEqual(cpus, os.sched_getaffinity(self._pid(server)))

    def _resize(self, server, flavor):
        self.compute.resize_server(server, flavor)
        self.wait_for_status(server, 'VERIFY_RESIZE')
        self.compute.confirm_server_resize(server)
        self.wait_for_status(server, 'ACTIVE')

    def _pid(self, server):
        engine = self.engine_of(self.host_of(server))
        return engine.inspect_container(f'nova-{server.id}')['State']['Pid']

    def _used_cpus(self, server):
        """Ask Placement for what is allocated of each kind of CPU."""
        found = self.admin.placement.get(f'/allocations/{server.id}').json()
        return {
            kind: amount
            for each in found['allocations'].values()
            for kind, amount in each['resources'].items()
            if kind.endswith('CPU')
        }
