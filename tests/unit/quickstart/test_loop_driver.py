"""What Cinder asks of its back end."""

import importlib
import os
import pathlib
import sys
import types
from unittest import mock

import fixtures
import testtools

from deploy.quickstart.loop import disk
from tests.fixtures import fake_cinder

ID = '77777777-7777-4777-8777-777777777777'
OTHER_ID = '99999999-9999-4999-8999-999999999999'
SNAPSHOT_ID = '88888888-8888-4888-8888-888888888888'
MODULE = 'deploy.quickstart.loop.driver'


def a_volume(volume_id=ID, size=1):
    return types.SimpleNamespace(id=volume_id, size=size)


class DriverTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(fake_cinder.FakeCinder())
        self.addCleanup(sys.modules.pop, MODULE, None)
        self.module = importlib.import_module(MODULE)
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.disks = mock.create_autospec(disk.Disks, instance=True)
        self.patch(disk, 'Disks', lambda folder: self.disks)
        self.driver = self._driver(self.folder)

    def _driver(self, folder):
        return self.module.LoopDriver(
            configuration=fake_cinder.Configuration(
                loop_folder=str(folder), volume_backend_name='loop'
            )
        )

    def test_machine_that_is_fit(self):
        self.patch(os, 'geteuid', lambda: 0)
        self.patch(self.module, '_CONTROL', self.folder)
        self.driver.check_for_setup_error()

    def test_machine_that_is_not(self):
        self.patch(os, 'geteuid', lambda: 0)
        self.patch(self.module, '_CONTROL', self.folder)
        gone = self.folder / 'gone'
        self._refused(self._driver(gone), 'gone is no folder')
        self.patch(self.module, '_CONTROL', gone)
        self._refused(self.driver, 'there is no')
        self.patch(os, 'geteuid', lambda: 1000)
        self._refused(self.driver, 'does not run as root')

    def _refused(self, driver, sentence):
        err = self.assertRaises(
            fake_cinder.VolumeBackendAPIException, driver.check_for_setup_error
        )
        self.assertIn(sentence, err.fields['data'])

    def test_disks_are_named_by_cinders_own_ids(self):
        volume, other = a_volume(), a_volume(OTHER_ID, 2)
        snapshot = types.SimpleNamespace(
            id=SNAPSHOT_ID, volume=volume, volume_size=1
        )
        name, second = f'volume-{ID}', f'volume-{OTHER_ID}'
        third = f'snapshot-{SNAPSHOT_ID}'
        self.driver.create_volume(volume)
        self.driver.create_cloned_volume(other, volume)
        self.driver.create_snapshot(snapshot)
        self.driver.create_volume_from_snapshot(other, snapshot)
        self.driver.extend_volume(volume, 3)
        self.driver.ensure_export(None, volume)
        self.driver.delete_snapshot(snapshot)
        self.driver.delete_volume(volume)
        self.assertEqual(
            [
                mock.call.create(name, 1),
                mock.call.copy(name, second, 2),
                mock.call.copy(name, third, 1),
                mock.call.copy(third, second, 2),
                mock.call.extend(name, 3),
                mock.call.connect(name),
                mock.call.delete(third),
                mock.call.delete(name),
            ],
            self.disks.mock_calls,
        )

    def test_host_is_told_of_the_device(self):
        self.disks.connect.return_value = f'/dev/nova-docker/volume-{ID}'
        volume = a_volume()
        self.assertIsNone(self.driver.create_export(None, volume, {}))
        found = self.driver.initialize_connection(volume, {'host': 'x'})
        self.assertEqual('local', found['driver_volume_type'])
        self.assertEqual(
            f'/dev/nova-docker/volume-{ID}', found['data']['device_path']
        )

    def test_device_stays_when_one_attachment_ends(self):
        volume = a_volume()
        self.driver.terminate_connection(volume, {'host': 'x'}, force=True)
        self.driver.remove_export(None, volume)
        self.assertEqual([], self.disks.mock_calls)

    def test_volume_in_use_is_busy(self):
        self.disks.delete.side_effect = disk.DiskRefused('in use')
        err = self.assertRaises(
            fake_cinder.VolumeIsBusy, self.driver.delete_volume, a_volume()
        )
        self.assertEqual(ID, err.fields['volume_name'])

    def test_room_is_that_of_the_folder(self):
        self.disks.size_gb.return_value = 7.0
        self.driver._update_volume_stats()
        stats = self.driver._stats
        self.assertEqual('loop', stats['volume_backend_name'])
        self.assertEqual(7.0, stats['provisioned_capacity_gb'])
        self.assertLessEqual(
            stats['free_capacity_gb'], stats['total_capacity_gb']
        )
