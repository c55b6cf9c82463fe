"""The door: what it refuses, how it waits, and in whose words it fails."""

from unittest import mock

import fixtures
from nova import exception as nova_exception
from nova import objects
from nova import test
from nova.compute import provider_tree
from nova.network import model as network_model
from oslo_utils.fixture import uuidsentinel

from novadocker import driver
from novadocker import exception
from novadocker import model
from novadocker.bridge import client
from novadocker.facade import rooms
from tests.contract import engine_contract
from tests.fixtures import fake_engine
from tests.fixtures import fake_network
from tests.fixtures import vif
from tests.fixtures import virtapi

HOST = 'host1'


class DriverTestCase(test.NoDBTestCase):
    def setUp(self):
        super().setUp()
        self.engine = fake_engine.FakeEngine()
        for name, fake in (
            ('engine.engine.Engine', self.engine),
            ('network.plumber.Plumber', fake_network.FakePlumber()),
        ):
            patcher = mock.patch(f'novadocker.{name}', return_value=fake)
            patcher.start()
            self.addCleanup(patcher.stop)
        self.stub_out(
            'nova.objects.BlockDeviceMappingList.get_by_instance_uuid',
            lambda *args: [],
        )
        # The ports that Nova's database knows of.
        self.vifs = []
        self.stub_out(
            'nova.objects.VirtualInterfaceList.get_by_instance_uuid',
            lambda *args: self.vifs,
        )
        self.flags(instances_path=self.useFixture(fixtures.TempDir()).path)
        self.driver = self.started_driver()
        self.instance = vif.instance(uuidsentinel.instance)
        self.instance.flavor = objects.Flavor(
            vcpus=1, memory_mb=1, swap=0, root_gb=0, extra_specs={}
        )
        self.instance.metadata = {}
        self.instance.system_metadata = {}
        self.instance.hostname = 'web'
        self.instance.trusted_certs = None
        self.port = vif.vif(active=False)

    def started_driver(self):
        """Start a driver, as nova-compute does."""
        made = driver.DockerDriver(virtapi.FakeVirtAPI())
        made.init_host(HOST)
        self.addCleanup(made.cleanup_host, HOST)
        return made

    def boot(self, *ports):
        """Boot the server, of an image that the engine holds."""
        self.engine.add_image('nova-image/x:digest')
        images = mock.Mock()
        images.ensure.return_value = model.LoadedImage(
            'x', 'nova-image/x:digest', 'sha256:0', 1, has_command=True
        )
        self.driver._images = images
        meta = objects.ImageMeta.from_dict(
            {'id': uuidsentinel.image, 'container_format': 'docker'}
        )
        self.driver.spawn(None, self.instance, meta, [], None, {}, [*ports])


class StartTest(DriverTestCase):
    def test_engine_without_the_runtime_keeps_the_service_from_starting(self):
        self.flags(runtime='other', group='docker')
        error = self.assertRaises(
            exception.EngineUnsupported, self.driver.init_host, HOST
        )
        self.assertIn('no runtime "other"', str(error))

    def test_engine_that_is_away_is_no_empty_host(self):
        self.engine.is_available = False
        for method in ('list_instances', 'list_instance_uuids'):
            self.assertRaises(
                nova_exception.HypervisorUnavailable,
                getattr(self.driver, method),
            )

    def test_engine_that_is_away_is_no_stopped_server(self):
        self.engine.is_available = False
        self.assertRaises(
            nova_exception.HypervisorUnavailable,
            self.driver.get_info,
            self.instance,
        )


class ImageCacheTest(DriverTestCase):
    def setUp(self):
        super().setUp()
        self.images = mock.Mock()
        self.driver._images = self.images
        self.instance.image_ref = uuidsentinel.image

    def test_images_of_servers_are_in_use(self):
        self.flags(
            remove_unused_original_minimum_age_seconds=7, group='image_cache'
        )
        self.driver.manage_image_cache(None, [self.instance])
        self.images.remove_unused.assert_called_once_with(
            {uuidsentinel.image}, now_s=mock.ANY, min_age_s=7
        )

    def test_nothing_goes_where_the_operator_said_so(self):
        self.flags(remove_unused_base_images=False, group='image_cache')
        self.driver.manage_image_cache(None, [self.instance])
        self.images.remove_unused.assert_not_called()

    def test_an_aggregate_can_have_images_in_advance(self):
        self.images.cache.return_value = True
        self.assertTrue(self.driver.cache_image('context', 'image'))
        self.images.cache.assert_called_once_with('context', 'image')


class BootTest(DriverTestCase):
    """What Nova hands over at a boot reaches it."""

    def setUp(self):
        super().setUp()
        self.driver._creator = self.creator = mock.Mock()

    def _boot(self, **changes):
        for name, value in changes.items():
            setattr(self.instance, name, value)
        meta = objects.ImageMeta.from_dict(
            {'id': uuidsentinel.image, 'container_format': 'docker'}
        )
        files = [('/etc/motd', b'hello')]
        self.driver.spawn(
            None, self.instance, meta, files, 'word', {}, [self.port]
        )
        return self.creator.create.call_args.args[1]

    def test_public_key(self):
        self.assertEqual('', self._boot().public_key)
        boot = self._boot(key_data='ssh-ed25519 AAAA')
        self.assertEqual('ssh-ed25519 AAAA', boot.public_key)

    def test_server_that_is_unshelved(self):
        self.assertFalse(self._boot().is_unshelved)
        shelved = {'shelved_image_id': uuidsentinel.image}
        self.assertTrue(self._boot(system_metadata=shelved).is_unshelved)

    def test_injected_files(self):
        self.assertEqual((('/etc/motd', b'hello'),), self._boot().files)

    def test_server_without_a_config_drive(self):
        self.assertIsNone(self._boot().config_drive)

    def test_config_drive_has_what_nova_tells_of_the_server(self):
        with mock.patch(
            'nova.api.metadata.base.InstanceMetadata', autospec=True
        ) as rendered:
            rendered.return_value.metadata_for_config_drive.return_value = [
                ('a', 'text'),
                ('b', b'bytes'),
            ]
            drive = self._boot(config_drive='True').config_drive
            # It takes Neutron, whose ports are not yet known at that time.
            rendered.assert_not_called()
            self.assertEqual([('a', b'text'), ('b', b'bytes')], [*drive()])
        rendered.assert_called_once_with(
            self.instance,
            content=[('/etc/motd', b'hello')],
            extra_md={'admin_pass': 'word'},
            network_info=[self.port],
        )


class SnapshotTest(DriverTestCase):
    def test_leftovers_go_at_the_start(self):
        self.engine.add_image('nova-image/x:digest')
        container_id = self.engine.create(
            engine_contract.spec('nova-image/x:digest', 'nova')
        )
        name = f'nova-snapshot/{uuidsentinel.instance}:1'
        self.engine.commit(container_id, name)
        self.driver.init_host(HOST)
        self.addCleanup(self.driver.cleanup_host, HOST)
        self.assertEqual([], self.engine.find_images('nova-snapshot/*'))

    def test_missing_container_is_in_our_words(self):
        self.driver._uploader.discard = mock.Mock()
        error = self.assertRaises(
            exception.ContainerNotFound,
            self.driver.snapshot,
            None,
            self.instance,
            uuidsentinel.image,
            mock.Mock(),
        )
        self.assertIn(self.instance.uuid, str(error))


class RefusalsTest(DriverTestCase):
    def _spawn(self, **image):
        meta = objects.ImageMeta.from_dict({'id': uuidsentinel.image, **image})
        self.driver.spawn(None, self.instance, meta, [], None, {}, [])

    def test_image_that_is_no_container(self):
        for image in ({}, {'container_format': 'bare'}):
            error = self.assertRaises(
                nova_exception.ImageUnacceptable, self._spawn, **image
            )
            self.assertIn('container_format=docker', str(error))

    def test_refusal_of_the_engine_reaches_the_user(self):
        failure = exception.EngineError(action='start', reason='no such user')
        self._assert_aborted(failure, 'no such user')

    def test_port_that_no_docker_host_can_plug_reaches_the_user(self):
        failure = exception.PortUnusable(port='p', reason='it is bound as x')
        self._assert_aborted(failure, 'it is bound as x')

    def _assert_aborted(self, failure, sentence):
        self.driver._creator = mock.Mock(create=mock.Mock(side_effect=failure))
        error = self.assertRaises(
            nova_exception.BuildAbortException,
            self._spawn,
            container_format='docker',
        )
        self.assertIn(sentence, str(error))

    def test_flavor_with_a_device_reaches_the_user(self):
        # Where an operator has told Placement of more than there is.
        for key in ('resources:VGPU', 'accel:device_profile'):
            with self.subTest(key):
                self.instance.flavor.extra_specs = {key: '1'}
                err = self.assertRaises(
                    nova_exception.BuildAbortException, self.boot, self.port
                )
                self.assertIn(f'{key}=1 cannot be used', str(err))
                self.assertEqual([], self.engine.containers())

    def test_image_is_fine(self):
        self.instance.image_ref = uuidsentinel.image
        self.driver.prepare_for_spawn(self.instance)

    def test_missing_container_in_novas_words(self):
        deeds = {
            'get_info': (self.instance,),
            'power_off': (self.instance,),
            'power_on': (None, self.instance, []),
            'resume_state_on_host_boot': (None, self.instance, []),
            'reboot': (None, self.instance, [], 'SOFT'),
            'pause': (self.instance,),
            'unpause': (self.instance,),
            'get_console_output': (None, self.instance),
            'set_admin_password': (self.instance, 'word'),
        }
        for name, arguments in deeds.items():
            error = self.assertRaises(
                nova_exception.InstanceNotFound,
                getattr(self.driver, name),
                *arguments,
            )
            self.assertIn(self.instance.uuid, str(error))

    def test_missing_container_is_no_reason_not_to_delete(self):
        self.driver.destroy(None, self.instance, [])
        self.driver.cleanup(None, self.instance, [])


class PortsTest(DriverTestCase):
    """Nova's calls, with what it hands over, reach the network."""

    def setUp(self):
        super().setUp()
        self._cache(self.port)
        self.boot(self.port)
        self.more = vif.vif(mac='fa:16:3e:00:00:02')

    def _cache(self, *ports):
        self.instance.info_cache = objects.InstanceInfoCache(
            network_info=network_model.NetworkInfo(ports)
        )

    def _plugged(self):
        return self.driver._plumber.plugged[self.instance.uuid]

    def test_port_that_nova_has_in_its_cache_already_is_attached(self):
        self._cache(self.port, self.more)
        self.driver.attach_interface(None, self.instance, None, self.more)
        self.assertEqual([self.port['id'], self.more['id']], self._plugged())

    def test_port_is_detached(self):
        self.driver.detach_interface(None, self.instance, self.port)
        self.assertEqual([], self._plugged())

    def test_new_addresses_are_set_up(self):
        self.port['network']['subnets'].append(
            vif.subnet('10.7.0.0/24', '10.7.0.5')
        )
        self.driver.inject_network_info(self.instance, [self.port])
        self.assertEqual(
            ('10.7.0.5/24',),
            self.driver._plumber.addresses[self.port['id']],
        )

    def test_ports_are_repaired(self):
        self.driver.unplug_vifs(self.instance, [self.port])
        self.driver.plug_vifs(self.instance, [self.port])
        self.assertEqual([self.port['id']], self._plugged())

    def test_server_that_is_gone_in_novas_words(self):
        self.driver.destroy(None, self.instance, [self.port])
        self.assertRaises(
            nova_exception.InstanceNotFound,
            self.driver.attach_interface,
            None,
            self.instance,
            None,
            self.more,
        )
        self.assertRaises(
            nova_exception.InstanceNotFound,
            self.driver.inject_network_info,
            self.instance,
            [self.port],
        )


class PlacementTest(DriverTestCase):
    def _traits(self, before=()):
        tree = provider_tree.ProviderTree()
        tree.new_root(HOST, uuidsentinel.node)
        tree.add_traits(HOST, *before)
        self.driver.update_provider_tree(tree, HOST)
        self.assertEqual(
            {'VCPU', 'MEMORY_MB', 'DISK_GB'}, set(tree.data(HOST).inventory)
        )
        return tree.data(HOST).traits

    def test_docker_host_has_its_trait(self):
        self.assertIn('CUSTOM_NOVA_DOCKER', self._traits())

    def test_trait_that_is_no_longer_true_goes(self):
        name = 'CUSTOM_NOVA_DOCKER_DISK_QUOTA'
        self.assertNotIn(name, self._traits(before=[name]))

    def test_cpu_has_the_traits_that_the_kernel_names(self):
        words = frozenset({'sse4_2', 'avx2'})
        with mock.patch(
            'novadocker.inventory.host.cpu_words',
            autospec=True,
            return_value=words,
        ) as asked:
            found = self._traits(before=['HW_CPU_X86_XOP', 'CUSTOM_OTHER'])
            self._traits()
        # Reading it is slow where there are many CPUs.
        asked.assert_called_once_with()
        self.assertEqual(
            {'HW_CPU_X86_SSE42', 'HW_CPU_X86_AVX2', 'CUSTOM_OTHER'},
            {name for name in found if 'NOVA_DOCKER' not in name},
        )

    def test_reserved_resources_are_the_operators(self):
        self.flags(reserved_host_memory_mb=77)
        tree = provider_tree.ProviderTree()
        tree.new_root(HOST, uuidsentinel.node)
        self.driver.update_provider_tree(tree, HOST)
        inventory = tree.data(HOST).inventory['MEMORY_MB']
        self.assertEqual(77, inventory['reserved'])


class CpuTest(DriverTestCase):
    """A host with four CPUs, some of which are set aside."""

    def setUp(self):
        super().setUp()
        self.useFixture(
            fixtures.MonkeyPatch('novadocker.inventory.numa.host_cpus', _four)
        )

    def _inventory(self):
        tree = provider_tree.ProviderTree()
        tree.new_root(HOST, uuidsentinel.node)
        self.driver.update_provider_tree(tree, HOST)
        return {
            name: each['total']
            for name, each in tree.data(HOST).inventory.items()
            if 'CPU' in name
        }

    def test_nova_is_told_of_what_is_set_aside(self):
        self.flags(cpu_dedicated_set='2-3', group='compute')
        self.driver = self.started_driver()
        self.assertEqual({'VCPU': 2, 'PCPU': 2}, self._inventory())
        found = self.driver.get_available_resource(HOST)
        self.assertEqual(2, found['vcpus'])
        (cell,) = objects.NUMATopology.obj_from_db_obj(
            found['numa_topology']
        ).cells
        self.assertEqual({0, 1}, cell.cpuset)
        self.assertEqual({2, 3}, cell.pcpuset)

    def test_nothing_changes_without_the_option(self):
        self.flags(cpu_shared_set='0', group='compute')
        self.driver = self.started_driver()
        self.assertEqual({'VCPU': 4}, self._inventory())
        found = self.driver.get_available_resource(HOST)
        self.assertIsNone(found['numa_topology'])
        self.boot(self.port)
        (container,) = self.engine.containers()
        self.assertEqual('', container.cpuset_cpus)

    def test_servers_that_are_there_are_kept_off_at_the_start(self):
        self.boot(self.port)
        self.flags(cpu_dedicated_set='3', group='compute')
        self.flags(cpu_shared_set='0-1', group='compute')
        self.driver = self.started_driver()
        (container,) = self.engine.containers()
        self.assertEqual('0,1', container.cpuset_cpus)

    def test_service_does_not_start_with_cpus_that_are_not_there(self):
        self.flags(cpu_dedicated_set='3-4', group='compute')
        err = self.assertRaises(
            nova_exception.InvalidConfiguration, self.started_driver
        )
        self.assertIn('0-3 online and not 4', str(err))

    def test_server_that_asks_for_cpus_here_is_refused_with_a_reason(self):
        # The scheduler sees to it, unless it was told the host.
        self.instance.flavor.extra_specs['hw:cpu_policy'] = 'dedicated'
        self.instance.numa_topology = None
        err = self.assertRaises(
            nova_exception.BuildAbortException, self.boot, self.port
        )
        self.assertIn('no CPUs to dedicate', str(err))
        self.assertEqual([], self.engine.containers())


def _four():
    cpus = frozenset(range(4))
    return model.HostCpus(
        shared=cpus,
        nodes=(model.NumaNode(0, cpus, 4096),),
        cores=tuple(frozenset([each]) for each in cpus),
    )


class MetadataPortTest(test.NoDBTestCase):
    def test_neutron_is_asked_for_the_port_of_the_network(self):
        with mock.patch(
            'nova.network.neutron.get_client', autospec=True
        ) as get_client:
            client = get_client.return_value
            client.list_ports.return_value = {'ports': ['port']}
            found = rooms._metadata_ports('n')
        self.assertEqual(['port'], found)
        client.list_ports.assert_called_once_with(
            network_id='n', device_owner='network:distributed'
        )


class BridgeTest(DriverTestCase):
    def test_images_come_from_glance_alone(self):
        self.assertIsNone(self.driver._bridge)
        self.assertIsNone(self.driver._images._puller)

    def test_images_come_from_the_registry_where_there_is_one(self):
        self.flags(image_bridge_url='https://registry:5042', group='docker')
        started = self.started_driver()
        self.assertIsInstance(started._bridge, client.Bridge)
        self.assertIsNotNone(started._images._puller)
