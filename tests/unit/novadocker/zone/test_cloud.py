from keystoneauth1 import exceptions as keystone_exceptions
import openstack
import testtools

from novadocker.zone import cloud
from novadocker.zone import error
from novadocker.zone import model
from tests.fixtures import fake_cloud


class ReadTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.connection = fake_cloud.FakeConnection()
        self.connection.add_host('d1', 'docker', servers=2)

    def _read(self):
        return cloud.read(self.connection)

    def _host(self):
        (found,) = self._read().hosts.values()
        return found

    def test_host(self):
        self.assertEqual(
            model.Host(
                'd1',
                'd1.example',
                zone='nova',
                hypervisor_type='docker',
                architecture='x86_64',
                servers=2,
                has_trait=True,
            ),
            self._host(),
        )

    def test_host_that_takes_no_servers(self):
        self.connection.compute.states['d1'] |= {
            'state': 'down',
            'status': 'disabled',
            'disabled_reason': 'broken fan',
        }
        found = self._host()
        self.assertEqual((False, False), (found.is_up, found.is_enabled))
        self.assertEqual('broken fan', found.disabled_reason)

    def test_host_that_never_reported(self):
        self.connection.compute.nodes.clear()
        found = self._host()
        self.assertEqual(('', '', 0), (found.node, found.hypervisor_type, 0))
        self.assertFalse(found.has_trait)

    def test_driver_that_says_nothing_of_its_processor(self):
        node = self.connection.compute.nodes['d1']
        for info in ({}, None, ''):
            node['cpu_info'] = info
            self.assertEqual('', self._host().architecture)

    def test_other_services_are_no_hosts(self):
        self.connection.compute.add_host('c1', '', binary='nova-conductor')
        self.assertEqual({'d1'}, {*self._read().hosts})

    def test_trait_that_no_host_ever_reported(self):
        self.connection.placement.traits.clear()
        self.assertFalse(self._host().has_trait)

    def test_aggregate(self):
        compute = self.connection.compute
        compute.add_host('d2', 'docker')
        compute.create_aggregate(name='docker')
        (found,) = compute.aggregates()
        compute.update_aggregate(found, availability_zone='z')
        compute.set_aggregate_metadata(found, {'k': 'v'})
        compute.add_host_to_aggregate(found, 'd2')
        self.assertEqual(
            {
                'docker': model.Aggregate(
                    'docker',
                    zone='z',
                    hosts=frozenset({'d2'}),
                    metadata={'k': 'v'},
                    nodes=frozenset({'d2.example'}),
                )
            },
            self._read().aggregates,
        )
        self.assertEqual('z', self._read().hosts['d2'].zone)
        self.connection.placement.unmirrored.add('d2')
        self.assertEqual(frozenset(), self._read().aggregates['docker'].nodes)

    def test_flavor(self):
        compute = self.connection.compute
        compute.create_flavor(name='f', vcpus=1, ram=2, disk=3)
        compute.kinds['f'] |= {
            'swap': 4,
            'OS-FLV-EXT-DATA:ephemeral': 5,
            'extra_specs': {'k': 'v'},
        }
        self.assertEqual(
            {'f': model.Flavor('f', 1, 2, 3, 5, 4, {'k': 'v'})},
            self._read().flavors,
        )

    def test_image(self):
        self.connection.image.add(
            *('i1', 'web:1'),
            img_hv_type='docker',
            os_hidden=False,
            min_ram=64,
            min_disk=1,
            **{'trait:X': 'required'},
        )
        (found,) = self._read().images
        self.assertTrue(found.is_docker)
        self.assertEqual('web:1 (i1)', str(found))
        self.assertEqual((64, 1), (found.min_ram_mb, found.min_disk_gb))
        self.assertEqual(
            {'img_hv_type': 'docker', 'trait:X': 'required'}, found.properties
        )

    def test_image_without_a_name_and_a_format(self):
        self.connection.image.add('i1', None, None, status='queued')
        (found,) = self._read().images
        self.assertEqual(('i1', False), (str(found), found.is_docker))
        self.assertEqual('queued', found.status)

    def test_hidden_image_is_read_by_its_id(self):
        image_id = '7d4a51ea-9ac4-4f31-8f5a-9d6a6f1c2d11'
        self.connection.image.add(image_id, 'moving', os_hidden=True)
        self.assertEqual((), self._read().images)
        found = cloud.read_image(self.connection, image_id)
        self.assertEqual('moving', found.name)
        for other in ('moving', '../flavors', image_id.replace('7', '8')):
            self.assertIsNone(cloud.read_image(self.connection, other))

    def test_properties_by_their_old_names(self):
        self.connection.image.add('i1', 'x', 'bare', hypervisor_type='qemu')
        (found,) = self._read().images
        self.assertEqual({'img_hv_type': 'qemu'}, found.properties)

    def test_api_that_is_away(self):
        self.connection.placement.is_away = True
        self.assertRaises(error.CloudUnclear, self._read)


class ProviderTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.connection = fake_cloud.FakeConnection()
        self.connection.add_host('d1', 'docker')

    def test_capacity_is_counted_as_placement_does(self):
        placement = self.connection.placement
        placement.inventories['d1'] = {
            'VCPU': {
                'total': 10,
                'reserved': 1,
                'allocation_ratio': 1.5,
                'max_unit': 10,
            }
        }
        placement.usages['d1'] = {'VCPU': 3}
        self.assertEqual(
            model.Provider(
                frozenset({'CUSTOM_NOVA_DOCKER'}),
                {'VCPU': model.Inventory(capacity=13, used=3, largest=10)},
            ),
            cloud.read_provider(self.connection, 'd1.example'),
        )

    def test_unknown_node_has_nothing(self):
        for node in ('', 'd2.example'):
            self.assertEqual(
                model.Provider(), cloud.read_provider(self.connection, node)
            )

    def test_api_that_is_away(self):
        self.connection.placement.is_away = True
        self.assertRaises(
            error.CloudUnclear, cloud.read_provider, self.connection, 'x'
        )


class ConnectTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.given = []
        self.failure = None
        self.patch(openstack, 'connect', self._connect)

    def _connect(self, **given):
        self.given.append(given)
        if self.failure:
            raise self.failure
        return 'connection'

    def test_named_cloud_or_the_environment(self):
        usual = {'compute_default_microversion': '2.87'}
        self.assertEqual('connection', cloud.connect(None, None))
        cloud.connect('mine', 'north')
        self.assertEqual(
            [
                {'cloud': None, **usual},
                {'cloud': 'mine', 'region_name': 'north', **usual},
            ],
            self.given,
        )

    def test_no_such_cloud(self):
        for failure in (
            openstack.exceptions.ConfigException('no cloud'),
            keystone_exceptions.MissingAuthPlugin('no auth_url'),
        ):
            self.failure = failure
            self.assertRaises(error.CloudUnclear, cloud.connect, 'x', None)

    def test_cloud_is_told_from_others_by_address_and_region(self):
        self.assertEqual(
            'http://cloud.example:5000/v3 RegionOne',
            cloud.identity(fake_cloud.FakeConnection()),
        )
