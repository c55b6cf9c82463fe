"""CPUs that are set aside, from a flavor to a container.

Nova's scheduler, its claims and Placement decide; hosts are in memory.
"""

import dataclasses

from nova import context as nova_context
from nova import objects

from tests.fixtures import hosts
from tests.suites import test_operations

# Of ten CPUs, five on each node.
DEDICATED = '1-3,7-8'
SHARED = '0,4,5,6,9'
OWN = {'hw:cpu_policy': 'dedicated'}


class DedicatedTest(test_operations.OperationsTestCase):
    """Hosts with CPUs to dedicate, and a server that has none of them."""

    dedicated = DEDICATED

    def setUp(self):
        self.flags(cpu_dedicated_set=self.dedicated, group='compute')
        self.flags(allow_resize_to_same_host=True)
        # As an operator of such a cloud does.
        self.flags(
            enabled_filters=['ComputeFilter', 'NUMATopologyFilter'],
            group='filter_scheduler',
        )
        self.flags(disable_fallback_pcpu_query=True, group='workarounds')
        super().setUp()

    def flavor(self, vcpus=2, **extra_spec):
        return self._create_flavor(
            vcpu=vcpus,
            memory_mb=512,
            extra_spec={
                key.replace('hw_', 'hw:'): value
                for key, value in extra_spec.items()
            },
        )

    def pinned(self, vcpus=2, **request):
        flavor = self.flavor(vcpus, **OWN)
        return self._create_server(
            flavor_id=flavor, networks='none', **request
        )

    def held(self, server, host='compute'):
        """Give the CPUs of each container of a server, by its name's end."""
        engine, _ = self.below.of(host)
        return {
            each.name.partition(server['id'])[2]: each.cpuset_cpus
            for each in engine.containers()
            if server['id'] in each.name
        }

    def claimed(self, server):
        """Give what Nova has picked, as the engine is told."""
        admin = nova_context.get_admin_context()
        found = objects.Instance.get_by_uuid(
            admin, server['id'], expected_attrs=['numa_topology']
        ).numa_topology.cpu_pinning
        return ','.join(str(each) for each in sorted(found))

    def allocated(self, server):
        """Give what Placement has of a server's CPUs, by host."""
        found = self._get_allocations_by_server_uuid(server['id'])
        hosts_by_id = {
            self._get_provider_uuid_by_host(host): host
            for host in self.computes
        }
        return {
            hosts_by_id[provider]: {
                name: amount
                for name, amount in each['resources'].items()
                if 'CPU' in name
            }
            for provider, each in found.items()
        }


class BootTest(DedicatedTest):
    def test_server_has_what_placement_and_nova_have_for_it(self):
        server = self.pinned(3)
        self.assertEqual({'compute': {'PCPU': 3}}, self.allocated(server))
        self.assertEqual({'': '1,2,3'}, self.held(server))
        self.assertEqual('1,2,3', self.claimed(server))

    def test_others_are_kept_off(self):
        self.assertEqual({'': SHARED}, self.held(self.server))
        self.assertEqual({'compute': {'VCPU': 1}}, self.allocated(self.server))

    def test_no_cpu_is_given_twice(self):
        first, second = self.pinned(), self.pinned()
        given = f'{self.held(first)[""]},{self.held(second)[""]}'.split(',')
        self.assertEqual(4, len(set(given)))
        refused = self.pinned(expected_state='ERROR')
        self.assertIn('No valid host', refused['fault']['message'])
        self._delete_server(first)
        self.assertEqual(
            {'': given[0] + ',' + given[1]}, self.held(self.pinned())
        )

    def test_image_asks_for_them(self):
        properties = self.glance.images[self.glance.image2['id']]['properties']
        properties['hw_cpu_policy'] = 'dedicated'
        server = self._create_server(
            image_uuid=self.glance.image2['id'],
            flavor_id=self.flavor(1),
            networks='none',
        )
        self.assertEqual({'compute': {'PCPU': 1}}, self.allocated(server))
        self.assertEqual({'': self.claimed(server)}, self.held(server))

    def test_what_a_container_does_not_keep(self):
        for words, why in (
            (
                {'hw_cpu_policy': 'mixed', 'hw_cpu_dedicated_mask': '0'},
                'hw:cpu_policy=mixed',
            ),
            (
                {**OWN, 'hw_emulator_threads_policy': 'share'},
                'hw:emulator_threads_policy=share',
            ),
            ({**OWN, 'hw_numa_nodes': '2'}, 'hw:numa_nodes=2'),
            ({'hw_numa_nodes': '1'}, 'only with hw:cpu_policy=dedicated'),
            (
                {
                    **OWN,
                    'hw_cpu_realtime': 'yes',
                    'hw_cpu_realtime_mask': '^0',
                },
                'hw:cpu_realtime=yes',
            ),
        ):
            with self.subTest(why):
                refused = self._create_server(
                    flavor_id=self.flavor(**words),
                    networks='none',
                    expected_state='ERROR',
                )
                self.assertIn(why, refused['fault']['message'])
                self.assertEqual({}, self.held(refused))
                self.assertEqual({}, self.allocated(refused))
                self._delete_server(refused)

    def test_what_no_host_of_ours_has(self):
        for words in (
            {**OWN, 'hw_mem_page_size': 'large'},
            {**OWN, 'hw_cpu_thread_policy': 'require'},
        ):
            refused = self._create_server(
                flavor_id=self.flavor(**words),
                networks='none',
                expected_state='ERROR',
            )
            self.assertIn('No valid host', refused['fault']['message'])


class LifeTest(DedicatedTest):
    def setUp(self):
        super().setUp()
        self.own = self.pinned()
        self.first = self.held(self.own)['']

    def test_cpus_stay_with_the_server(self):
        self._reboot_server(self.own, hard=True)
        self._rebuild_server(self.own, self.glance.image3['id'])
        self.assertEqual({'': self.first}, self.held(self.own))
        self.assertEqual(self.first, self.claimed(self.own))

    def test_server_that_is_unshelved_has_cpus_that_are_free_then(self):
        self._shelve_server(self.own)
        other = self.pinned()
        self.assertEqual({'': self.first}, self.held(other))
        self._unshelve_server(self.own)
        self.assertNotEqual({'': self.first}, self.held(self.own))
        self.assertEqual({'': self.claimed(self.own)}, self.held(self.own))

    def _resized(self):
        # The host's own, for there is no other one.
        self._resize_server(self.own, self.flavor(1, **OWN))
        return self.held(self.own)

    def test_resized_server_has_new_cpus_and_the_old_one_its_own(self):
        found = self._resized()
        self.assertEqual(self.first, found['-resize'])
        self.assertEqual(self.claimed(self.own), found[''])
        self.assertNotIn(found[''], self.first.split(','))
        self._confirm_resize(self.own)
        self.assertEqual({'': found['']}, self.held(self.own))
        self.assertEqual({'compute': {'PCPU': 1}}, self.allocated(self.own))

    def test_reverted_server_has_the_cpus_that_it_had(self):
        self._resized()
        self._revert_resize(self.own)
        self.assertEqual({'': self.first}, self.held(self.own))
        self.assertEqual(self.first, self.claimed(self.own))
        self.assertEqual({'compute': {'PCPU': 2}}, self.allocated(self.own))

    def test_server_gives_them_back_by_a_resize(self):
        self._resize_server(self.own, self.flavor(1))
        self.assertEqual(SHARED, self.held(self.own)[''])
        self._confirm_resize(self.own)
        self.assertEqual({'compute': {'VCPU': 1}}, self.allocated(self.own))

    def test_server_that_moves_has_those_of_its_host(self):
        self._start_compute('other')
        self._migrate_server(self.own)
        (own,) = self.held(self.own, 'other').values()
        self.assertEqual(self.claimed(self.own), own)
        self.assertEqual({'-resize': self.first}, self.held(self.own))
        self._revert_resize(self.own)
        self.assertEqual({'': self.first}, self.held(self.own))
        self.assertEqual({}, self.held(self.own, 'other'))

    def test_evacuated_server_has_those_of_its_new_host(self):
        self._start_compute('other')
        self.compute.stop()
        service = self.compute.service_ref.uuid
        self.api.put_service(service, {'forced_down': True})
        self._evacuate_server(self.own, expected_host='other')
        self.assertEqual(
            {'': self.claimed(self.own)}, self.held(self.own, 'other')
        )


class NoneTest(DedicatedTest):
    """A host where none is set aside."""

    dedicated = None

    def test_nothing_is_told_and_nobody_is_held(self):
        self.assertEqual({'': ''}, self.held(self.server))
        provider = self._get_provider_uuid_by_host('compute')
        self.assertNotIn('PCPU', self._get_provider_inventory(provider))

    def test_scheduler_finds_no_host(self):
        refused = self.pinned(expected_state='ERROR')
        self.assertIn('No valid host', refused['fault']['message'])

    def test_driver_refuses_where_the_scheduler_was_not_asked(self):
        # Its second question is for VCPU, and a host that is named passes
        # every filter.
        self.flags(disable_fallback_pcpu_query=False, group='workarounds')
        refused = self.pinned(az='nova:compute', expected_state='ERROR')
        self.assertIn('no CPUs to dedicate', refused['fault']['message'])
        self.assertEqual({}, self.held(refused))
        self._delete_server(refused)


class ThreadTest(DedicatedTest):
    """A host whose CPUs are threads of cores."""

    def setUp(self):
        threads = ({0, 1}, {2, 3}, {4}, {5, 6}, {7, 8}, {9})
        cores = tuple(frozenset(each) for each in threads)
        cpus = dataclasses.replace(hosts.CPUS, cores=cores)
        self.stub_out('tests.fixtures.hosts.CPUS', cpus)
        super().setUp()

    def boot(self, policy, state):
        flavor = self.flavor(2, **OWN, hw_cpu_thread_policy=policy)
        return self._create_server(
            flavor_id=flavor, networks='none', expected_state=state
        )

    def test_threads_of_one_core(self):
        server = self.boot('require', 'ACTIVE')
        self.assertIn(self.held(server)[''], ('2,3', '7,8'))

    def test_core_that_others_could_use_is_not_given_as_one_alone(self):
        refused = self.boot('isolate', 'ERROR')
        self.assertIn('No valid host', refused['fault']['message'])
