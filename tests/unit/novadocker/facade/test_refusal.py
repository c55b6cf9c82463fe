"""What is refused: by an error that leaves the server as it is, in a sentence.

What Nova's manager does to a server depends on the class of the error.
"""

import inspect
from unittest import mock

from nova import exception as nova_exception
from nova.compute import manager

from tests.unit.novadocker import test_driver


class RefusalTestCase(test_driver.DriverTestCase):
    def _refused(self, kind, sentence, method, *args):
        error = self.assertRaises(kind, getattr(self.driver, method), *args)
        self.assertIn(sentence, str(error))
        return error

    def _manager(self):
        """Give Nova's manager, with no more than our driver."""
        return mock.Mock(driver=self.driver)

    def test_live_migration(self):
        # The conductor catches it and looks for another host.
        self._refused(
            *(nova_exception.MigrationPreCheckError, 'migrated live'),
            *('check_can_live_migrate_destination', None, self.instance),
            *(None, None),
        )

    def test_crash_dump(self):
        self._refused(
            *(nova_exception.TriggerCrashDumpNotSupported, 'no kernel'),
            *('trigger_crash_dump', self.instance),
        )

    def test_quiesce(self):
        for method in ('quiesce', 'unquiesce'):
            self._refused(
                *(nova_exception.InstanceQuiesceNotSupported, 'no agent'),
                *(method, None, self.instance, None),
            )

    def test_swap_of_a_volume(self):
        self._refused(
            *(nova_exception.NotSupported, 'detach it'),
            *('swap_volume', None, {}, {}, self.instance, '/dev/vdb', 0),
        )

    def test_boot_from_volume(self):
        self.instance.image_ref = ''
        self._refused(
            *(nova_exception.InstanceUnacceptable, 'attach the volume'),
            *('prepare_for_spawn', self.instance),
        )

    def test_volume_of_several_servers(self):
        self.assertRaises(
            nova_exception.MultiattachNotSupportedByVirtDriver,
            self._reserve_device,
        )

    def _reserve_device(self):
        reserve = inspect.unwrap(
            manager.ComputeManager.reserve_block_device_name
        )
        device = (None, 'volume', None, None, None, True)
        reserve(self._manager(), None, self.instance, *device)
