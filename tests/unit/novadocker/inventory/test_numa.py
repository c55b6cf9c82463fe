"""CPUs of a host: what the kernel says, and what an operator sets aside."""

import dataclasses
import pathlib

import fixtures
from nova import objects
from nova.virt import hardware
import testtools

from novadocker import exception
from novadocker import model
from novadocker.inventory import numa

NODES = (
    model.NumaNode(0, frozenset({0, 1}), 2048),
    model.NumaNode(1, frozenset({2, 3}), 1024),
)
HOST = model.HostCpus(
    shared=frozenset({0, 1, 2, 3}),
    nodes=NODES,
    cores=(frozenset({0, 1}), frozenset({2, 3})),
)
REFUSED = {
    'offline': ({3, 7, 8}, set(), '0-3 online and not 7-8'),
    'shared offline': ({3}, {0, 9}, 'online and not 9'),
    'both': ({1, 2}, {2, 3}, '2 would be shared, too'),
    'all': ({0, 1, 2, 3}, set(), 'leaves no CPU'),
}


class HostCpusTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.top = self.useFixture(fixtures.TempDir()).path
        self._write('cpu/online', '0-2,4')

    def _write(self, path, text):
        found = pathlib.Path(self.top, path)
        found.parent.mkdir(parents=True, exist_ok=True)
        found.write_text(text + '\n')

    def test_nodes_and_cores_of_what_is_online(self):
        for each, threads in ((0, '0,2'), (1, '1,3'), (2, '0,2'), (4, '4')):
            self._write(
                f'cpu/cpu{each}/topology/thread_siblings_list', threads
            )
        for each, cpus, kb in ((0, '0-3', 2048), (10, '4-7', 3 * 1024)):
            self._write(f'node/node{each}/cpulist', cpus)
            self._write(
                f'node/node{each}/meminfo', f'Node {each} MemTotal: {kb} kB'
            )
        self.assertEqual(
            model.HostCpus(
                shared=frozenset({0, 1, 2, 4}),
                nodes=(
                    model.NumaNode(0, frozenset({0, 1, 2}), 2),
                    model.NumaNode(10, frozenset({4}), 3),
                ),
                cores=(frozenset({0, 2}), frozenset({1}), frozenset({4})),
            ),
            numa.host_cpus(self.top),
        )

    def test_kernel_without_nodes_and_threads(self):
        found = numa.host_cpus(self.top)
        self.assertEqual((), found.nodes)
        self.assertEqual(4, len(found.cores))
        self.assertFalse(found.has_threads)

    def test_node_without_memory(self):
        self._write('node/node0/cpulist', '')
        self._write('node/node0/meminfo', 'Node 0 MemFree: 1 kB')
        (node,) = numa.host_cpus(self.top).nodes
        self.assertEqual(model.NumaNode(0, frozenset(), 0), node)

    def test_this_host(self):
        found = numa.host_cpus()
        self.assertLessEqual({0}, found.shared)
        self.assertEqual(found.shared, frozenset().union(*found.cores))


class DividedTestCase(testtools.TestCase):
    def _divided(self, dedicated, shared=(), host=HOST):
        return numa.divided(host, frozenset(dedicated), frozenset(shared))

    def test_nothing_is_set_aside(self):
        self.assertEqual(HOST, self._divided((), shared={0}))

    def test_what_is_left_is_shared(self):
        found = self._divided({2})
        self.assertEqual({0, 1, 3}, found.shared)
        self.assertEqual({2}, found.dedicated)

    def test_less_than_what_is_left_is_shared(self):
        self.assertEqual({1}, self._divided({2}, {1}).shared)

    def test_what_cannot_be(self):
        for name, (dedicated, shared, why) in REFUSED.items():
            with self.subTest(name):
                err = self.assertRaises(
                    exception.CpuSetInvalid, self._divided, dedicated, shared
                )
                self.assertIn(why, str(err))

    def test_kernel_without_nodes(self):
        host = dataclasses.replace(HOST, nodes=())
        err = self.assertRaises(
            exception.CpuSetInvalid, self._divided, {1}, host=host
        )
        self.assertIn('no NUMA nodes', str(err))


class TopologyTestCase(testtools.TestCase):
    """Nova itself picks CPUs of what it is told."""

    def setUp(self):
        super().setUp()
        objects.register_all()

    def _fit(self, *, vcpus=1, memory_mb=512, host=None, **specs):
        found = numa.topology(
            host or numa.divided(HOST, frozenset({1, 2, 3}), frozenset())
        )
        flavor = objects.Flavor(
            vcpus=vcpus,
            memory_mb=memory_mb,
            extra_specs={
                f'hw:{key}': value
                for key, value in {'cpu_policy': 'dedicated', **specs}.items()
            },
        )
        asked = hardware.numa_get_constraints(
            flavor, objects.ImageMeta.from_dict({})
        )
        fitted = hardware.numa_fit_instance_to_host(found, asked, None)
        if fitted is not None:
            # Nova counts what is used with the same objects.
            hardware.numa_usage_from_instance_numa(found, fitted)
        return fitted

    def test_none_where_nothing_is_set_aside(self):
        self.assertIsNone(numa.topology(HOST))

    def test_nova_picks_cpus_of_one_node(self):
        found = self._fit(vcpus=2)
        self.assertEqual({2, 3}, found.cpu_pinning)
        self.assertEqual([1], [cell.id for cell in found.cells])

    def test_nova_keeps_to_the_memory_of_the_node(self):
        self.assertIsNone(self._fit(vcpus=2, memory_mb=1025))
        self.assertEqual({1}, self._fit(memory_mb=1025).cpu_pinning)

    def test_what_does_not_fit(self):
        self.assertIsNone(self._fit(vcpus=3))
        self.assertIsNone(self._fit(mem_page_size='large'))

    def test_thread_policies(self):
        self.assertEqual(
            {2, 3}, self._fit(vcpus=2, cpu_thread_policy='require').cpu_pinning
        )
        self.assertIsNone(self._fit(cpu_thread_policy='isolate'))
        single = dataclasses.replace(
            HOST, cores=tuple(frozenset({each}) for each in range(4))
        )
        host = numa.divided(single, frozenset({1}), frozenset())
        found = self._fit(cpu_thread_policy='isolate', host=host)
        self.assertEqual({1}, found.cpu_pinning)

    def test_cpu_that_is_nobodys_is_no_sibling(self):
        host = numa.divided(HOST, frozenset({3}), frozenset({0}))
        cells = numa.topology(host).cells
        self.assertEqual([[{0}], [{3}]], [cell.siblings for cell in cells])
        self.assertEqual([{0}, set()], [cell.cpuset for cell in cells])
        self.assertEqual([set(), {3}], [cell.pcpuset for cell in cells])
