"""What the empty cloud is filled with, once."""

import pathlib
import platform

import fixtures
import openstack.exceptions
import requests
import testtools

from deploy.quickstart import exception
from deploy.quickstart import outside
from deploy.quickstart import process
from deploy.quickstart import seed
from tests.unit.quickstart import records

NAME = 'memcached:latest'


class Compute:
    def __init__(self):
        self.kinds = records.Records()
        self.zones = records.Records()
        self.find_flavor = self.kinds.find
        self.create_flavor = self.kinds.create
        self.find_aggregate = self.zones.find
        self.state = 'up'
        self.hosts = ['here']

    def create_aggregate(self, *, name):
        return self.zones.create(name=name, metadata=None, hosts=None)

    def set_aggregate_metadata(self, zone, metadata):
        zone.metadata = {**(zone.metadata or {}), **metadata}

    def add_host_to_aggregate(self, zone, host):
        zone.hosts = [*(zone.hosts or []), host]

    def services(self):
        return [
            records.row(binary='nova-scheduler', host='here', state='up'),
            records.row(binary='nova-compute', host='here', state=self.state),
        ]

    def hypervisors(self, *, details):
        return [records.row(service_details={'host': it}) for it in self.hosts]


class Image:
    def __init__(self):
        self.rows = []
        self.uploads = []
        self.deleted = []
        self.status_code = 204

    def images(self, *, name):
        return [it for it in self.rows if it.name == name]

    def create_image(self, name, **properties):
        made = records.row(
            id='id', name=name, status='queued', properties=properties
        )
        self.rows.append(made)
        return made

    def put(self, path, *, data, headers):
        (found,) = [it for it in self.rows if path == f'/images/{it.id}/file']
        self.uploads.append((data.read(), headers['X-Image-Meta-Store']))
        answer = requests.Response()
        answer.status_code = self.status_code
        if answer.ok:
            found.status = 'active'
        return answer

    def update_image(self, image, **properties):
        image.properties = properties

    def delete_image(self, image):
        self.rows.remove(image)
        self.deleted.append(image)


class Identity:
    def find_project(self, name):
        return records.row(id=f'id-of-{name}')


class Network:
    def __init__(self):
        self.nets = records.Records()
        self.subs = records.Records()
        self.groups = records.Records()
        self.rules = records.Records()
        self.gates = records.Records()
        self.legs = []
        self.alive = [('Open vSwitch agent', 'here', True)]
        self.find_network = self.nets.find
        self.create_network = self.nets.create
        self.find_subnet = self.subs.find
        self.create_subnet = self.subs.create
        self.find_router = self.gates.find
        self.create_router = self.gates.create
        self.find_security_group = self.groups.find
        self.create_security_group = self.groups.create
        self.create_security_group_rule = self.rules.create

    def security_group_rules(self, *, security_group_id, direction):
        return [
            it
            for it in self.rules.rows
            if it.security_group_id == security_group_id
        ]

    def ports(self, *, device_id, network_id):
        return [it for it in self.legs if it == (device_id, network_id)]

    def add_interface_to_router(self, router, *, subnet_id):
        (subnet,) = [it for it in self.subs.rows if it.id == subnet_id]
        self.legs.append((router.id, subnet.network_id))

    def agents(self):
        return [
            records.row(agent_type=kind, host=host, is_alive=is_alive)
            for kind, host, is_alive in self.alive
        ]


class SeedTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.compute = Compute()
        self.image = Image()
        self.network = Network()
        self.identity = Identity()
        self.cloud = records.row(
            compute=self.compute,
            image=self.image,
            network=self.network,
            identity=self.identity,
            current_project_id='project',
        )


class FlavorsTestCase(SeedTestCase):
    def test_they_are_made_once(self):
        seed.flavors(self.cloud)
        seed.flavors(self.cloud)
        self.assertEqual(
            ['m1.nano', 'm1.tiny', 'm1.small', 'm1.medium'],
            self.compute.kinds.names(),
        )
        tiny = self.compute.find_flavor('m1.tiny')
        self.assertEqual((1, 512, 1), (tiny.vcpus, tiny.ram, tiny.disk))


class ImageTestCase(SeedTestCase):
    def setUp(self):
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.archive = pathlib.Path(folder) / 'memcached.tar'
        self.archive.write_bytes(b'archive')

    def _seed(self, is_docker=True):
        seed.image(self.cloud, self.archive, is_docker=is_docker)

    def test_it_asks_for_docker_hosts_where_there_are_such(self):
        self._seed()
        found = seed.find_image(self.cloud).properties
        self.assertEqual('required', found['trait:CUSTOM_NOVA_DOCKER'])
        self.assertEqual('docker', found['img_hv_type'])
        self.assertEqual('docker', found['container_format'])
        self.assertEqual(platform.machine(), found['hw_architecture'])

    def test_archive_stays_as_it_is(self):
        self._seed()
        self.assertEqual([(b'archive', 'file')], self.image.uploads)

    def test_upload_that_is_refused(self):
        self.image.status_code = 503
        self.assertRaises(openstack.exceptions.HttpException, self._seed)

    def test_another_driver_takes_it_as_it_is(self):
        self._seed(is_docker=False)
        found = seed.find_image(self.cloud).properties
        self.assertNotIn('img_hv_type', found)

    def test_whole_one_is_not_uploaded_again(self):
        self._seed(is_docker=False)
        self._seed()
        self.assertEqual(1, len(self.image.uploads))
        found = seed.find_image(self.cloud)
        self.assertEqual('docker', found.properties['img_hv_type'])

    def test_interrupted_upload_is_done_anew(self):
        half = records.row(name=NAME, status='queued')
        self.image.rows.append(half)
        self._seed()
        self.assertEqual([half], self.image.deleted)
        self.assertEqual('active', seed.find_image(self.cloud).status)

    def test_upload_makes_room_for_what_is_pushed(self):
        pushed = records.row(
            name=NAME, properties={'docker_repository': 'demo/memcached'}
        )
        upload = records.row(name=NAME, properties={})
        self.image.rows += [pushed, upload]
        seed.remove_upload(self.cloud)
        self.assertEqual([upload], self.image.deleted)

    def test_name_with_a_colon_is_found(self):
        self.assertIsNone(seed.find_image(self.cloud))
        self.image.rows.append(records.row(name='memcached'))
        self.assertIsNone(seed.find_image(self.cloud))


class AggregateTestCase(SeedTestCase):
    def test_it_is_made_once_and_takes_every_host(self):
        for host in ('here', 'here', 'there'):
            seed.aggregate(self.cloud, host)
        (zone,) = self.compute.zones.made
        self.assertEqual(['here', 'there'], zone.hosts)
        self.assertEqual(
            {'trait:CUSTOM_NOVA_DOCKER': 'required'}, zone.metadata
        )


class TraitTestCase(SeedTestCase):
    def _has_trait(self, status_code, providers=()):
        answer = records.row(
            status_code=status_code,
            json=lambda: {'resource_providers': list(providers)},
        )
        self.cloud.placement = records.row(get=lambda path, headers: answer)
        return seed.has_trait(self.cloud)

    def test_host_that_carries_it(self):
        self.assertTrue(self._has_trait(200, [{'uuid': 'x'}]))

    def test_no_host_carries_it(self):
        self.assertFalse(self._has_trait(200))

    def test_trait_that_nobody_ever_reported(self):
        self.assertFalse(self._has_trait(400))


class WaitForHostTestCase(SeedTestCase):
    def setUp(self):
        super().setUp()
        self.patch(process, 'wait_until', self._expect)

    def _expect(self, predicate, timeout_s, what):
        if not predicate():
            raise exception.OperationFailed(what)

    def _missed(self):
        err = self.assertRaises(
            exception.OperationFailed, seed.wait_for_host, self.cloud, 'here'
        )
        return str(err)

    def test_nova_and_neutron_know_it(self):
        seed.wait_for_host(self.cloud, 'here')

    def test_service_that_is_down(self):
        self.compute.state = 'down'
        self.assertIn('compute host here is up', self._missed())

    def test_host_without_its_hypervisor(self):
        self.compute.hosts = ['there']
        self.assertIn('compute host here is up', self._missed())

    def test_agent_that_does_not_wire(self):
        for agent in (
            ('DHCP agent', 'here', True),
            ('Open vSwitch agent', 'there', True),
            ('Open vSwitch agent', 'here', False),
        ):
            self.network.alive = [agent]
            self.assertIn('network agent of here', self._missed())


class NetworksTestCase(SeedTestCase):
    def setUp(self):
        super().setUp()
        self.patch(outside, 'addresses', list)

    def test_outside_tenant_and_a_router_between(self):
        seed.networks(self.cloud, self.cloud)
        public = self.network.find_network('public')
        # Whoever boots without naming one shall not find two.
        self.assertEqual('id-of-service', public.project_id)
        private = self.network.find_network('private')
        self.assertTrue(public.is_router_external)
        self.assertTrue(private.is_shared)
        outer = self.network.find_subnet('public-subnet')
        self.assertEqual('203.0.113.1', outer.gateway_ip)
        self.assertFalse(outer.is_dhcp_enabled)
        router = self.network.find_router('router1')
        self.assertEqual(
            {'network_id': public.id}, router.external_gateway_info
        )
        self.assertEqual([(router.id, private.id)], self.network.legs)

    def test_interrupted_run_is_completed(self):
        seed.networks(self.cloud, self.cloud)
        self.network.legs.clear()
        self.network.subs.rows.pop()
        seed.networks(self.cloud, self.cloud)
        seed.networks(self.cloud, self.cloud)
        self.assertEqual(1, len(self.network.legs))
        self.assertEqual(2, len(self.network.nets.rows))
        self.assertEqual(2, len(self.network.subs.rows))
        self.assertEqual(1, len(self.network.gates.rows))

    def test_address_of_a_package_source_is_no_floating_ip(self):
        self.patch(outside, 'addresses', lambda: ['203.0.113.10'])
        seed.networks(self.cloud, self.cloud)
        outer = self.network.find_subnet('public-subnet')
        self.assertEqual('203.0.113.11', outer.allocation_pools[0]['start'])


class SecurityGroupTestCase(SeedTestCase):
    def test_memcached_and_ping_are_open_once(self):
        seed.security_group(self.cloud)
        seed.security_group(self.cloud)
        self.assertEqual(['memcached'], self.network.groups.names())
        ping, port = self.network.rules.made
        self.assertEqual('icmp', ping.protocol)
        self.assertEqual(
            ('tcp', 11211, 11211),
            (port.protocol, port.port_range_min, port.port_range_max),
        )

    def test_missing_rule_is_added(self):
        seed.security_group(self.cloud)
        self.network.rules.rows.pop()
        seed.security_group(self.cloud)
        self.assertEqual(
            ['icmp', 'tcp'], [it.protocol for it in self.network.rules.rows]
        )
