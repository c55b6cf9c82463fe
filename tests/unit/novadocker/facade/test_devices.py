"""Devices with a tag are told of, and what cannot be told is undone."""

from unittest import mock

from nova import objects
from nova.network import model as network_model
from oslo_utils.fixture import uuidsentinel

from novadocker.facade import devices
from tests.fixtures import vif
from tests.unit.novadocker.facade import test_volume

MAC = 'fa:16:3e:00:00:02'


class DevicesTestCase(test_volume.VolumeTestCase):
    def setUp(self):
        super().setUp()
        self.saves = 0
        self.failure = None
        self.instance.save = self._save
        self.row = test_volume.Row(serial=uuidsentinel.volume)

    def _save(self):
        if self.failure:
            raise self.failure
        self.saves += 1

    def told(self):
        return [
            (each.tags, *self._name(each))
            for each in self.instance.device_metadata.devices
        ]

    def _name(self, device):
        if isinstance(device, objects.NetworkInterfaceMetadata):
            return (device.mac,)
        path = device.path if 'path' in device else None
        return device.serial, path

    def tag_port(self, tag='front', mac=MAC):
        self.vifs.append(objects.VirtualInterface(address=mac, tag=tag))


class BootTest(DevicesTestCase):
    def test_server_without_tags(self):
        self.tag_port(tag=None)
        self.know(self.row)
        self.boot()
        self.assertFalse('device_metadata' in self.instance)

    def test_tagged_devices_are_told_of_before_the_drive_is_made(self):
        self.tag_port()
        self.know(self.row, tag='data')
        seen = []

        def create(creator, context, boot):
            # The story does, once it has the ports.
            boot.describe()
            seen.extend(self.told())

        with mock.patch('novadocker.ops.create.Creator.create', create):
            self.boot()
        self.assertEqual(
            [
                (['front'], MAC),
                (['data'], uuidsentinel.volume, '/volumes/data'),
            ],
            seen,
        )

    def test_path_that_cannot_be_used_is_not_told(self):
        self.instance.metadata = {'docker:mount:data': 'nonsense'}
        self.know(self.row, tag='data')
        devices.describe(None, self.instance)
        self.assertEqual([(['data'], uuidsentinel.volume, None)], self.told())


class LaterTest(DevicesTestCase):
    def setUp(self):
        super().setUp()
        self.boot(self.port)
        self.instance.info_cache = objects.InstanceInfoCache(
            network_info=network_model.NetworkInfo([self.port])
        )
        self.more = vif.vif(mac=MAC)

    def _plugged(self):
        return self.driver._plumber.plugged.get(self.instance.uuid)

    def test_port_with_a_tag_comes_and_goes(self):
        self.tag_port()
        self.driver.attach_interface(None, self.instance, None, self.more)
        self.assertEqual([(['front'], MAC)], self.told())
        self.driver.detach_interface(None, self.instance, self.more)
        self.assertEqual([], self.told())
        self.assertEqual(2, self.saves)

    def test_port_without_one_is_not_told_of(self):
        self.driver.attach_interface(None, self.instance, None, self.more)
        self.driver.detach_interface(None, self.instance, self.more)
        self.assertEqual(0, self.saves)

    def test_port_that_cannot_be_told_of_is_given_back(self):
        before = self._plugged()
        self.tag_port()
        self.failure = ValueError()
        self.assertRaises(
            ValueError,
            self.driver.attach_interface,
            *(None, self.instance, None, self.more),
        )
        self.assertEqual(before or [], self._plugged() or [])

    def test_volume_with_a_tag(self):
        self.know(self.row, tag='data')
        self.attach()
        self.assertEqual(
            [(['data'], uuidsentinel.volume, '/volumes/data')], self.told()
        )
        self.assertEqual(1, self.saves)

    def test_volume_that_cannot_be_told_of_is_given_back(self):
        self.know(self.row, tag='data')
        self.failure = ValueError()
        self.assertRaises(ValueError, self.attach)
        self.assertEqual(set(), self.connector.connected)
        self.assertEqual({}, self.targets())
