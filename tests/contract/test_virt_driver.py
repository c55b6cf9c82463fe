"""Nova's own cases for virt drivers, run against ours.

The engine and the network are the fakes that pass the same contracts as the
real ones; everything between them and Nova is the driver's own.
"""

import base64
import inspect
import json
import pathlib
from unittest import mock

from nova import conf as nova_conf
from nova import objects
from nova import test
from nova.compute import task_states
from nova.network import model as network_model
from nova.tests.unit import utils as test_utils
from nova.tests.unit.virt import test_virt_drivers
from nova.virt import driver as nova_driver
from oslo_utils.fixture import uuidsentinel

from novadocker import driver
from novadocker import exception
from tests.fixtures import archives
from tests.fixtures import fake_disks
from tests.fixtures import fake_engine
from tests.fixtures import fake_glance
from tests.fixtures import fake_network
from tests.fixtures import fake_terminals
from tests.fixtures import ports
from tests.fixtures import vif

CONF = nova_conf.CONF
HOST = 'myhostname'
# What Nova's cases may leave unimplemented and this driver does implement:
# there they would pass by doing nothing.
IMPLEMENTED = (
    'attach_interface',
    'attach_volume',
    'cleanup',
    'confirm_migration',
    'default_root_device_name',
    'delete_instance_files',
    'destroy',
    'detach_interface',
    'detach_volume',
    'extend_volume',
    'finish_migration',
    'finish_revert_migration',
    'get_available_nodes',
    'get_available_resource',
    'get_console_output',
    'get_diagnostics',
    'get_host_ip_addr',
    'get_host_uptime',
    'get_info',
    'get_instance_diagnostics',
    'get_num_instances',
    'get_serial_console',
    'get_volume_connector',
    'init_host',
    'inject_network_info',
    'list_instance_uuids',
    'list_instances',
    'migrate_disk_and_power_off',
    'pause',
    'plug_vifs',
    'power_off',
    'power_on',
    'prepare_for_spawn',
    'quiesce',
    'reboot',
    'rebuild',
    'rescue',
    'resume',
    'resume_state_on_host_boot',
    'set_admin_password',
    'snapshot',
    'spawn',
    'suspend',
    'swap_volume',
    'trigger_crash_dump',
    'unpause',
    'unplug_vifs',
    'unquiesce',
    'unrescue',
    'update_provider_tree',
)


def _fetch(context, image_href, path, trusted_certs=None):
    pathlib.Path(path).write_bytes(archives.saved([archives.layer()]))


def _docker_image(context, instance):
    return objects.ImageMeta.from_dict(
        {'id': instance['image_ref'], 'container_format': 'docker'}
    )


def _takes_the_same(theirs, ours):
    """Tell whether a call of Nova's fits our method as it fits Nova's."""
    ours = list(inspect.signature(ours).parameters.values())
    theirs = list(inspect.signature(theirs).parameters.values())
    if any(each.kind is each.VAR_POSITIONAL for each in ours):
        return True
    return [each.name for each in ours] == [
        each.name for each in theirs
    ] and all(
        wanted.default in (wanted.empty, has.default)
        for wanted, has in zip(theirs, ours, strict=True)
    )


def _ours():
    """Yield what the driver has of its own, whichever facade has it."""
    for kind in driver.DockerDriver.__mro__:
        if kind.__module__.startswith('novadocker.'):
            for name, value in vars(kind).items():
                if callable(value):
                    yield name, value


class DockerDriverTestCase(
    test_virt_drivers._VirtDriverTestCase, test.TestCase
):
    def setUp(self):
        self.driver_module = 'nova.virt.docker.DockerDriver'
        self.engine = fake_engine.FakeEngine()
        # What the images of Nova's cases have.
        self.engine.outcomes[('chpasswd',)] = fake_engine.Outcome(exit_code=0)
        self.terminals = fake_terminals.FakeTerminals(self.engine)
        self.plumber = fake_network.FakePlumber()
        self.connector = fake_disks.FakeConnector()
        for name, fake in (
            ('novadocker.engine.engine.Engine', self.engine),
            ('novadocker.engine.terminal.Terminals', self.terminals),
            ('novadocker.network.plumber.Plumber', self.plumber),
            ('novadocker.volume.connector.Connector', self.connector),
        ):
            self._put_in_place(name, fake)
        super().setUp()
        self.stub_out('novadocker.privsep.cgroup.reclaim', lambda *args: None)
        self.useFixture(fake_glance.ReadingGlance())
        self.stub_out('nova.virt.images.fetch', _fetch)
        self.stub_out(
            'nova.tests.unit.utils.get_test_image_object', _docker_image
        )
        disks = self.useFixture(fake_disks.FakeDisks(self.engine))
        disks.content['/dev/sdx'] = ''
        self.flags(volumes=True, group='docker')
        # Nova's cases give no context to ask with.
        self.stub_out(
            'nova.objects.BlockDeviceMappingList.get_by_instance_uuid',
            lambda *args: [],
        )
        self.flags(enabled=True, group='serial_console')
        port = self.useFixture(ports.Port()).number
        self.flags(console_port=port, group='docker')
        self.connection.init_host(HOST)
        self.addCleanup(self.connection._consoles.stop)

    def _put_in_place(self, name, fake):
        # NOTE: before Nova's setUp, which makes the driver.
        patcher = mock.patch(name, autospec=True, return_value=fake)
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_live_migration(self):
        self.skipTest('a container cannot be migrated live')

    def test_live_migration_force_complete(self):
        self.skipTest('a container cannot be migrated live')

    def test_migrate_disk_and_power_off(self):
        instance, network_info = self._get_running_instance()
        luggage = self._migrate(instance, network_info)
        (kept,) = self.engine.containers()
        self.assertEqual(f'nova-{instance.uuid}-resize', kept.name)
        self.assertEqual([], self.connection.list_instance_uuids())
        json.loads(luggage)

    def test_resized_server_is_confirmed_and_reverted(self):
        instance, network_info = self._get_running_instance()
        for is_reverted in (True, False):
            (before,) = self.engine.containers()
            luggage = self._migrate(instance, network_info)
            self.connection.finish_migration(
                self.ctxt,
                self.migration,
                instance,
                luggage,
                network_info,
                None,
                False,
                {},
            )
            self.assertEqual(2, len(self.engine.containers()))
            self.assertEqual(
                [instance.uuid], self.connection.list_instance_uuids()
            )
            if is_reverted:
                instance.task_state = task_states.RESIZE_REVERTING
                self.connection.destroy(self.ctxt, instance, network_info)
                instance.task_state = None
                self.connection.finish_revert_migration(
                    self.ctxt, instance, network_info, self.migration
                )
            else:
                self.connection.confirm_migration(
                    self.ctxt, self.migration, instance, network_info
                )
            (after,) = self.engine.containers()
            self.assertTrue(after.state.is_live)
            self.assertIs(is_reverted, before.id == after.id)

    def _migrate(self, instance, network_info):
        self.migration = objects.Migration(
            id=7,
            uuid=uuidsentinel.migration,
            source_compute=HOST,
            dest_compute=HOST,
        )
        self.stub_out(
            'nova.objects.Migration.get_by_id_and_instance',
            lambda cls, context, number, uuid: self.migration,
        )
        instance.migration_context = objects.MigrationContext(migration_id=7)
        return self.connection.migrate_disk_and_power_off(
            self.ctxt, instance, '192.0.2.1', instance.flavor, network_info
        )

    def test_trigger_crash_dump(self):
        self.skipTest('a container has no kernel of its own')

    def test_swap_volume(self):
        self.skipTest('a volume is not replaced while it is attached')

    def test_snapshot_not_running(self):
        # NOTE: Nova's case wants InstanceNotRunning, which its manager takes
        # for a server that is being deleted: any other would be left in its
        # task state for ever, with no word of what is wrong.
        self.assertRaises(
            exception.ContainerNotFound,
            self.connection.snapshot,
            self.ctxt,
            vif.instance(uuidsentinel.instance),
            uuidsentinel.image,
            lambda *args, **kwargs: None,
        )

    def test_spawn_makes_one_running_container_on_its_network(self):
        instance, network_info = self._get_running_instance()
        (container,) = self.engine.containers()
        self.assertTrue(container.state.is_live)
        self.assertEqual(
            {instance.uuid: [vif['id'] for vif in network_info]},
            self.plumber.plugged,
        )
        self.assertEqual({container.id: instance.uuid}, self.plumber.mapped)
        self.assertEqual(
            [instance.uuid], self.connection.list_instance_uuids()
        )

    def test_config_drive_is_what_nova_renders(self):
        instance = test_utils.get_test_instance(obj=True)
        instance.config_drive, instance.hostname = 'True', 'web'
        port = vif.vif(vif.subnet('10.77.0.0/24', '10.77.0.5'), active=True)
        instance.user_data = base64.b64encode(b'#!/bin/sh').decode()
        self.stub_out(
            'nova.network.security_group_api.get_instance_security_groups',
            lambda context, instance: [{'name': 'default'}],
        )
        self.connection.spawn(
            self.ctxt,
            instance,
            _docker_image(self.ctxt, instance),
            [('/etc/motd', b'hello')],
            'herp',
            {},
            network_info=network_model.NetworkInfo([port]),
        )
        folder = pathlib.Path(CONF.instances_path, instance.uuid)
        latest = folder / 'config-drive/openstack/latest'
        told = json.loads((latest / 'meta_data.json').read_text())
        self.assertEqual(instance.uuid, told['uuid'])
        self.assertEqual('herp', told['admin_pass'])
        self.assertEqual('/etc/motd', told['files'][0]['path'])
        self.assertEqual('#!/bin/sh', (latest / 'user_data').read_text())
        self.assertTrue((latest / 'network_data.json').exists())

    def test_port_comes_and_goes(self):
        instance, network_info = self._get_running_instance()
        before = [vif['id'] for vif in network_info]
        port = vif.vif(vif.subnet('10.77.0.0/24', '10.77.0.5'))
        cache = network_model.NetworkInfo([*network_info, port])
        instance.info_cache = objects.InstanceInfoCache(network_info=cache)
        self.connection.attach_interface(self.ctxt, instance, None, port)
        self.assertEqual(
            [*before, port['id']], self.plumber.plugged[instance.uuid]
        )
        self.connection.detach_interface(self.ctxt, instance, port)
        self.assertEqual(before, self.plumber.plugged[instance.uuid])

    def test_destroy_leaves_nothing(self):
        instance, network_info = self._get_running_instance()
        self.connection.destroy(self.ctxt, instance, network_info)
        self.assertEqual([], self.engine.containers())
        self.assertEqual(set(), self.plumber.netns)
        self.assertEqual({}, self.plumber.mapped)

    def test_available_resource_is_of_a_host_of_containers(self):
        found = self.connection.get_available_resource(HOST)
        self.assertIn(
            found['hypervisor_type'],
            [
                each
                for triple in found['supported_instances']
                for each in triple
            ],
        )


class InterfaceTestCase(test.NoDBTestCase):
    def test_every_method_takes_what_nova_hands_over(self):
        wrong = [
            name
            for name, ours in self._overridden()
            if name != '__init__'
            and not _takes_the_same(
                getattr(nova_driver.ComputeDriver, name), ours
            )
        ]
        self.assertEqual([], wrong)

    def _overridden(self):
        for name, value in _ours():
            if hasattr(nova_driver.ComputeDriver, name):
                yield name, value

    def test_what_is_promised_is_implemented(self):
        self.assertEqual(
            set(),
            set(IMPLEMENTED) - {name for name, _ in self._overridden()},
        )

    def test_every_capability_is_one_that_nova_knows(self):
        self.assertEqual(
            set(nova_driver.ComputeDriver.capabilities),
            set(driver.DockerDriver.capabilities),
        )

    def test_it_answers_to_no_public_name_that_nova_does_not_know(self):
        public = {name for name, _ in _ours() if not name.startswith('_')}
        self.assertEqual(set(), public - set(dir(nova_driver.ComputeDriver)))
