"""os-brick's connectors, and what they fail with."""

from unittest import mock

from os_brick import exception as brick_exception
from os_brick.initiator import connector as brick_connector
from oslo_concurrency import processutils
import testtools

from novadocker import exception
from novadocker.volume import connector
from novadocker.volume import request

FAILURES = (
    brick_exception.VolumeDeviceNotFound(device='x'),
    processutils.ProcessExecutionError(stderr='no such target'),
    OSError('no such program'),
    ValueError('no device_path'),
    KeyError('target_portal'),
)


class ConnectorTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.connector = connector.Connector('sudo')
        self.brick = mock.Mock()
        self.factory = self._patched('InitiatorConnector.factory')
        self.factory.return_value = self.brick
        self.volume = request.Volume('id1', 'iscsi', {'target_lun': 1})

    def _patched(self, name):
        owner, _, attribute = name.rpartition('.')
        target = getattr(brick_connector, owner) if owner else brick_connector
        patcher = mock.patch.object(target, attribute, autospec=True)
        self.addCleanup(patcher.stop)
        return patcher.start()

    def test_cinder_is_told_the_address_of_the_storage_network(self):
        found = self._patched('get_connector_properties')
        found.return_value = {'ip': '192.0.2.1'}
        self.assertEqual(
            {'ip': '192.0.2.1'},
            self.connector.properties('192.0.2.1', 'host1'),
        )
        found.assert_called_once_with(
            *('sudo', '192.0.2.1'),
            multipath=False,
            enforce_multipath=False,
            host='host1',
        )

    def test_device_of_a_volume(self):
        for path in ('/dev/sdb', b'/dev/sdb'):
            self.brick.connect_volume.return_value = {'path': path}
            self.assertEqual('/dev/sdb', self.connector.connect(self.volume))
        self.factory.assert_called_with('iscsi', 'sudo', use_multipath=False)

    def test_connector_that_brings_no_device(self):
        self.brick.connect_volume.return_value = {'path': object()}
        error = self.assertRaises(
            exception.VolumeRefused, self.connector.connect, self.volume
        )
        self.assertIn('iscsi brings no block device', str(error))

    def test_what_os_brick_fails_with(self):
        for deed, name in (
            (self.connector.connect, 'connect_volume'),
            (self.connector.paths, 'get_volume_paths'),
            (self.connector.disconnect, 'disconnect_volume'),
            (self.connector.extend, 'extend_volume'),
        ):
            for failure in FAILURES:
                getattr(self.brick, name).side_effect = failure
                error = self.assertRaises(
                    exception.VolumeRefused, deed, self.volume
                )
                self.assertIn('id1', str(error))

    def test_protocol_that_this_host_does_not_speak(self):
        self.factory.side_effect = brick_exception.InvalidConnectorProtocol(
            'x'
        )
        error = self.assertRaises(
            exception.VolumeRefused, self.connector.connect, self.volume
        )
        self.assertIn('no connector for iscsi', str(error))

    def test_paths_are_those_of_the_devices(self):
        self.brick.get_volume_paths.return_value = ['/dev/../dev/sdb']
        self.assertEqual(['/dev/sdb'], self.connector.paths(self.volume))

    def test_disconnect(self):
        self.connector.disconnect(self.volume)
        self.brick.disconnect_volume.assert_called_once_with(
            self.volume.data, None
        )

    def test_new_size(self):
        for size, found in ((2**30, 2**30), (None, 0)):
            self.brick.extend_volume.return_value = size
            self.assertEqual(found, self.connector.extend(self.volume))
