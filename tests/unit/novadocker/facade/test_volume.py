"""What Nova says of volumes reaches the stories, and what it hears of them."""

import contextlib
import itertools
import types
from unittest import mock

from nova import exception as nova_exception
from nova import objects
from nova.network import model as network_model
import testtools

from novadocker import exception
from novadocker.facade import volumes
from tests.fixtures import fake_disks
from tests.unit.novadocker import test_driver

DISK = '/dev/sdb'


class Row(dict):
    """A row of the block device mapping, as drivers see it."""

    def __init__(self, disk=DISK, device='/dev/vdb', **info):
        self.saved = 0
        connection_info = {
            'driver_volume_type': 'iscsi',
            'serial': f'of {disk}',
            'data': {'where': disk},
            **info,
        }
        super().__init__(mount_device=device, connection_info=connection_info)

    def save(self):
        self.saved += 1


class VolumeTestCase(test_driver.DriverTestCase):
    def setUp(self):
        self.connector = fake_disks.FakeConnector()
        patcher = mock.patch(
            'novadocker.volume.connector.Connector',
            return_value=self.connector,
        )
        patcher.start()
        super().setUp()
        self.addCleanup(patcher.stop)
        self.flags(volumes=True, group='docker')
        self.driver = self.started_driver()
        self.disks = self.useFixture(fake_disks.FakeDisks(self.engine))
        self.disks.content = {DISK: '', '/dev/sdc': 'xfs'}
        self.instance.save = lambda: None
        self.row = Row()
        self.rows = []
        # What Nova's database has.
        self.known = []
        self.stub_out(
            'nova.objects.BlockDeviceMappingList.get_by_instance_uuid',
            lambda *args: self.known,
        )
        self.stub_out(
            'nova.virt.driver.get_block_device_info',
            lambda instance, found: self.info if found else {},
        )

    @property
    def info(self):
        return {'block_device_mapping': self.rows}

    def know(self, row, tag=None):
        self.rows.append(row)
        found = types.SimpleNamespace(
            volume_id=row['connection_info']['serial'],
            tag=tag,
            device_name=row['mount_device'],
            connection_info='{}',
        )
        self.known.append(found)

    def attach(self, row=None, **more):
        row = row or self.row
        self.driver.attach_volume(
            *(None, row['connection_info'], self.instance),
            row['mount_device'],
            **more,
        )

    def detach(self):
        self.driver.detach_volume(
            *(None, self.row['connection_info'], self.instance),
            self.row['mount_device'],
        )

    def targets(self):
        (entry,) = self.disks.entries.values()
        return {disk: target for disk, (_, target, _) in entry.items()}


class DoorTest(VolumeTestCase):
    def test_connector_is_that_of_the_storage_network(self):
        self.flags(my_block_storage_ip='192.0.2.1', host='host1')
        found = self.driver.get_volume_connector(self.instance)
        self.assertEqual(('192.0.2.1', 'host1'), (found['ip'], found['host']))

    def test_names_of_devices_are_counted_from_vda(self):
        name = self.driver.default_root_device_name(self.instance, None, None)
        self.assertEqual('/dev/vda', name)

    def test_volume_comes_and_goes(self):
        self.boot()
        self.attach()
        self.assertEqual({DISK: '/volumes/vdb'}, self.targets())
        data = self.row['connection_info']['data']
        self.assertEqual(DISK, data['device_path'])
        self.detach()
        self.assertEqual({}, self.targets())
        self.assertEqual(set(), self.connector.connected)

    def test_path_that_its_owner_asks_for(self):
        self.instance.metadata = {
            'docker:mount:vdb': '/data',
            'docker:mount:db': '/db',
        }
        self.boot()
        self.attach()
        self.know(Row('/dev/sdc', '/dev/vdc'), tag='db')
        self.attach(self.rows[0])
        self.assertEqual({DISK: '/data', '/dev/sdc': '/db'}, self.targets())

    def test_path_that_another_volume_has(self):
        self.instance.metadata = {
            'docker:mount:vdb': '/data',
            'docker:mount:vdc': '/data',
        }
        self.know(Row('/dev/sdc', '/dev/vdc'))
        self.boot()
        self.assertRaises(exception.VolumeRefused, self.attach)

    def test_volume_in_use_stays_in_novas_words(self):
        self.boot()
        self.attach()
        self.disks.busy.add(DISK)
        error = self.assertRaises(
            nova_exception.DeviceDetachFailed, self.detach
        )
        self.assertIn('/dev/vdb', str(error))

    def test_larger_volume_is_filled(self):
        self.boot()
        self.attach()
        self.connector.size_bytes = 2**30
        self.driver.extend_volume(
            *(None, self.row['connection_info'], self.instance, 2**30)
        )
        self.assertEqual({DISK}, self.disks.grown)

    def test_encrypted_volume_is_refused(self):
        self.boot()
        self.assertRaises(
            nova_exception.VolumeEncryptionNotSupported,
            self.attach,
            encryption={'provider': 'luks'},
        )

    def test_server_that_is_not_there_in_novas_words(self):
        self.assertRaises(nova_exception.InstanceNotFound, self.attach)


class LifeTest(VolumeTestCase):
    def boot_with(self, row):
        spawn = self.driver.spawn
        self.know(row)

        def with_volumes(*args):
            spawn(*args, self.info)

        with mock.patch.object(self.driver, 'spawn', with_volumes):
            self.boot()

    def test_boot_with_a_volume_and_delete(self):
        self.boot_with(self.row)
        self.assertEqual({DISK: '/volumes/vdb'}, self.targets())
        self.assertEqual(1, self.row.saved)
        # Whatever its owner has made of its words meanwhile.
        self.instance.metadata = {'docker:mount:vdb': 'nonsense'}
        self.driver.cleanup(None, self.instance, [], self.info)
        self.assertEqual(set(), self.connector.connected)

    def test_volume_that_cinder_never_connected_is_no_obstacle_to_a_delete(
        self,
    ):
        self.boot()
        self.know(Row())
        self.rows[0]['connection_info'] = None
        self.driver.destroy(None, self.instance, [], self.info)

    def test_what_another_host_has_keeps_no_host_from_clearing_up(self):
        self.boot_with(self.row)
        self.disks.held.add(DISK)
        volumes = self.driver._tools.volumes
        for host, fails in (('host2', False), (self.driver._host, True)):
            volumes._clock = itertools.count(step=6).__next__
            self.instance.host = host
            guard = contextlib.nullcontext()
            if fails:
                guard = testtools.ExpectedException(exception.VolumeBusy)
            with guard:
                self.driver.destroy(None, self.instance, [], self.info)

    def test_volume_that_cannot_be_had_fails_the_boot_with_the_reason(self):
        for row, reason in (
            (Row('/dev/sdd'), 'nothing that is known'),
            (Row(multiattach=True), 'two servers'),
            (Row(data={'encrypted': True}), 'encrypted'),
        ):
            self.rows = []
            error = self.assertRaises(
                nova_exception.NovaException, self.boot_with, row
            )
            self.assertIn(reason, str(error))
            self.assertIsInstance(error, nova_exception.BuildAbortException)

    def test_every_start_has_the_volumes(self):
        self.boot_with(self.row)
        self.instance.vm_state = 'active'
        self.instance.info_cache = objects.InstanceInfoCache(
            network_info=network_model.NetworkInfo()
        )
        args = (None, self.instance, [])
        for deed in (
            lambda: self.driver.power_on(*args, self.info),
            lambda: self.driver.resume_state_on_host_boot(
                *args, None, self.info
            ),
            lambda: self.driver.resume(*args, self.info),
            lambda: self.driver.unrescue(None, self.instance),
        ):
            self.driver.power_off(self.instance)
            self.disks.entries.clear()
            deed()
            self.assertEqual({DISK: '/volumes/vdb'}, self.targets())
        self.driver.reboot(*args, 'HARD', self.info)
        self.assertEqual({DISK: '/volumes/vdb'}, self.targets())

    def test_nova_keeps_a_device_that_has_changed_and_no_other(self):
        row = Row()
        info = {'block_device_mapping': [row]}
        with contextlib.suppress(ValueError), volumes.remembered(info):
            row['connection_info']['data']['device_path'] = DISK
            # Whatever comes of the story, it is connected.
            raise ValueError
        self.assertEqual(1, row.saved)
        with volumes.remembered(info):
            pass
        self.assertEqual(1, row.saved)
