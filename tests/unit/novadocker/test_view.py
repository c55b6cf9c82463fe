"""Views: Nova's objects as plain values."""

from nova import context
from nova import objects
from nova.tests.unit import fake_flavor
from nova.tests.unit import fake_instance
import testtools

from novadocker import model
from novadocker import view


class ViewTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        objects.register_all()
        flavor = fake_flavor.fake_flavor_obj(
            context.RequestContext('u', 'p', is_admin=False),
            expected_attrs=['extra_specs'],
            vcpus=3,
            memory_mb=7,
            swap=5,
            root_gb=2,
            extra_specs={'docker:pids_limit': '9'},
        )
        self.instance = fake_instance.fake_instance_obj(
            context.RequestContext('u', 'p', is_admin=False),
            expected_attrs=['metadata', 'system_metadata'],
            hostname='web',
            flavor=flavor,
            metadata={'docker:command': 'x'},
            system_metadata={'image_docker_tty': 'true', 'other': 'y'},
        )

    def test_instance(self):
        found = view.instance_view(self.instance)
        self.assertEqual(self.instance.uuid, found.uuid)
        self.assertEqual('web', found.hostname)
        self.assertEqual({'docker:command': 'x'}, found.metadata)

    def test_image_properties_come_without_their_prefix(self):
        found = view.instance_view(self.instance)
        self.assertEqual({'docker_tty': 'true'}, found.image_properties)

    def test_flavor(self):
        found = view.instance_view(self.instance).flavor
        self.assertEqual(
            (3, 7, 5, 2),
            (found.vcpus, found.memory_mb, found.swap_mb, found.root_gb),
        )
        self.assertEqual({'docker:pids_limit': '9'}, found.extra_specs)

    def test_flavor_and_image_that_leave_the_cpus_open(self):
        # The topology is not even looked at: it may be in the database.
        self.assertIsNone(view.instance_view(self.instance).cpu_claim)

    def _topology(self, *cpus):
        return objects.InstanceNUMATopology(
            cells=[
                objects.InstanceNUMACell(
                    id=3, cpu_pinning_raw={str(cpu): cpu for cpu in cpus}
                )
            ]
        )

    def test_cpus_that_nova_has_picked(self):
        self.instance.numa_topology = self._topology(4, 7)
        expected = model.CpuClaim(True, frozenset({4, 7}), frozenset({3}))
        self.instance.flavor.extra_specs['hw:cpu_policy'] = 'dedicated'
        found = view.instance_view(self.instance)
        self.assertEqual(expected, found.cpu_claim)

    def test_image_may_ask_too(self):
        self.instance.numa_topology = self._topology(4)
        metadata = {'image_hw_cpu_policy': 'dedicated'}
        self.instance.system_metadata = metadata
        found = view.instance_view(self.instance)
        self.assertEqual({4}, found.cpu_claim.cpus)

    def test_host_of_which_nova_knows_no_cpus(self):
        self.instance.numa_topology = None
        for key, value, is_dedicated in (
            ('hw:cpu_policy', 'dedicated', True),
            ('resources:PCPU', '3', True),
            ('hw:numa_nodes', '1', False),
        ):
            with self.subTest(key):
                self.instance.flavor.extra_specs = {key: value}
                found = view.instance_view(self.instance)
                self.assertEqual(model.CpuClaim(is_dedicated), found.cpu_claim)

    def test_flavor_that_a_server_shall_have_and_what_is_claimed_for_it(self):
        self.instance.numa_topology = self._topology(4)
        self.instance.migration_context = objects.MigrationContext(
            new_numa_topology=self._topology(5, 6)
        )
        flavor = self.instance.flavor.obj_clone()
        flavor.vcpus = 2
        flavor.extra_specs = {'hw:cpu_policy': 'dedicated'}
        found = view.resized_view(self.instance, flavor)
        self.assertEqual(2, found.flavor.vcpus)
        self.assertEqual({5, 6}, found.cpu_claim.cpus)
        self.assertIsNone(view.instance_view(self.instance).cpu_claim)

    def test_full_name_is_split(self):
        self.instance.hostname = 'web.example.org'
        found = view.instance_view(self.instance)
        self.assertEqual('web', found.hostname)
        self.assertEqual('example.org', found.domain)

    def test_hostname_is_one_that_the_kernel_takes(self):
        expected = {
            '': ('', ''),
            'web': ('web', ''),
            'web.': ('web', ''),
            '..a..b..': ('a', 'b'),
            '-.-': ('', ''),
            '-web-.a': ('web', 'a'),
            'x' * 255: ('x' * 63, ''),
            'x' * 62 + '-y.z': ('x' * 62, 'z'),
            'x.' + 'y' * 100 + '.z': ('x', 'y' * 63 + '.z'),
        }
        for name, parts in expected.items():
            with self.subTest(name):
                self.assertEqual(parts, view.split_hostname(name))

    def test_instance_without_a_hostname_is_called_by_its_uuid(self):
        self.instance.hostname = None
        found = view.instance_view(self.instance)
        self.assertEqual(self.instance.uuid, found.hostname)
