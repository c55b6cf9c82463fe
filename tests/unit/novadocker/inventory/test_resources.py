"""Resources: what Nova and Placement are told of a host."""

import json

from nova.objects import numa
import testtools

from novadocker import model
from novadocker.inventory import resources

GIB = 1024**3
ENGINE = model.EngineInfo(
    version='20.10.24+dfsg1',
    api_version=(1, 41),
    architecture='x86_64',
    cpus=4,
    memory_bytes=8 * GIB,
    root_dir='/var/lib/docker',
    storage_driver='overlay2',
    runtimes={'nova': '/nova'},
)
VERSIONS = [
    ('20.10.24+dfsg1', 20010024),
    ('26.1.5+dfsg1-9+b4', 26001005),
    ('28.5', 28005000),
    ('library-import', 0),
]


def usage(**changes):
    return resources.usage(
        ENGINE,
        **{'disk': (100 * GIB, 40 * GIB), 'memory_free_bytes': GIB, **changes},
    )


class ResourcesTestCase(testtools.TestCase):
    def test_version_numbers(self):
        for version, number in VERSIONS:
            with self.subTest(version):
                self.assertEqual(number, resources.version_number(version))

    def test_architecture_in_novas_words(self):
        self.assertEqual('aarch64', resources.architecture('arm64'))
        self.assertEqual('x86_64', resources.architecture('x86_64'))

    def test_usage_is_what_the_host_says(self):
        self.assertEqual(
            model.HostUsage(
                vcpus=4,
                vcpus_used=0,
                memory_mb=8192,
                memory_mb_used=7168,
                disk_gb=100,
                disk_gb_used=60,
            ),
            usage(),
        )

    def test_available_resource(self):
        found = resources.available_resource(
            ENGINE, usage(), node='host1', uptime='up 1 day'
        )
        self.assertEqual(4, found['vcpus'])
        self.assertEqual(40, found['disk_available_least'])
        self.assertEqual(
            [('x86_64', 'docker', 'exe')], found['supported_instances']
        )
        self.assertEqual('x86_64', json.loads(found['cpu_info'])['arch'])
        self.assertEqual({'uptime': 'up 1 day'}, found['stats'])

    def test_one_server_cannot_have_more_than_the_host(self):
        found = resources.inventories(
            usage(),
            ratios={'VCPU': 4.0, 'MEMORY_MB': 1.0, 'DISK_GB': 1.0},
            reserved={'VCPU': 1, 'MEMORY_MB': 512, 'DISK_GB': 0},
        )
        self.assertEqual(
            {
                'total': 4,
                'min_unit': 1,
                'max_unit': 4,
                'step_size': 1,
                'allocation_ratio': 4.0,
                'reserved': 1,
            },
            found['VCPU'],
        )

    def test_what_there_is_nothing_of_is_left_out(self):
        tiny = resources.usage(ENGINE, disk=(GIB - 1, 0), memory_free_bytes=0)
        found = resources.inventories(
            tiny,
            ratios={'VCPU': 1.0, 'MEMORY_MB': 1.0, 'DISK_GB': 1.0},
            reserved={'VCPU': 0, 'MEMORY_MB': 0, 'DISK_GB': 0},
        )
        self.assertNotIn('DISK_GB', found)

    def test_disk_quota_is_an_honest_trait(self):
        with_quota = resources.traits(has_disk_quota=True)
        without = resources.traits(has_disk_quota=False)
        name = 'CUSTOM_NOVA_DOCKER_DISK_QUOTA'
        self.assertTrue(with_quota[name])
        self.assertFalse(without[name])
        self.assertTrue(without['CUSTOM_NOVA_DOCKER'])

    def test_cpus_that_are_set_aside_are_counted_apart_and_once(self):
        cpus = model.HostCpus(
            shared=frozenset({0}), dedicated=frozenset({2, 3})
        )
        found = resources.inventories(
            usage(cpus=cpus),
            ratios={'VCPU': 4.0, 'MEMORY_MB': 1.0, 'DISK_GB': 1.0},
            reserved={'VCPU': 0, 'MEMORY_MB': 0, 'DISK_GB': 0},
        )
        self.assertEqual((1, 4.0), _counted(found['VCPU']))
        self.assertEqual((2, 1.0), _counted(found['PCPU']))
        self.assertEqual(2, found['PCPU']['max_unit'])
        self.assertEqual(0, found['PCPU']['reserved'])

    def test_topology_is_what_nova_keeps(self):
        topology = numa.NUMATopology(cells=[numa.NUMACell(id=7)])
        found = resources.available_resource(
            ENGINE, usage(), node='h', uptime='', numa_topology=topology
        )
        (cell,) = numa.NUMATopology.obj_from_db_obj(
            found['numa_topology']
        ).cells
        self.assertEqual(7, cell.id)


def _counted(inventory):
    return inventory['total'], inventory['allocation_ratio']
