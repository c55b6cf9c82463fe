"""Devices: a flavor that asks for one gets none, and hears so."""

import os_resource_classes
import testtools

from novadocker import exception
from novadocker import model
from novadocker.spec import device

DEVICES = (
    *('FPGA', 'PCI_DEVICE', 'PGPU', 'SRIOV_NET_VF'),
    *('VGPU', 'VGPU_DISPLAY_HEAD'),
)
REFUSED = (
    ('accel:device_profile', 'gpu'),
    ('hw:pmem', '4GB'),
    ('pci_passthrough:alias', 'a100:1'),
    *((f'resources:{each}', '1') for each in DEVICES),
    ('resources1:VGPU', '2'),
    ('resources_GPU-a:PGPU', '1'),
)
FINE = (
    ('resources:VGPU', '0'),
    ('resources:VCPU', '2'),
    ('resources:CUSTOM_LICENSE', '1'),
    ('resources:MEMORY_MB', '512'),
    ('trait:CUSTOM_GPU', 'forbidden'),
    ('docker:shm_size_mb', '64'),
)


def _flavor(key, value):
    return model.Flavor(1, 64, 0, 1, {key: value})


class DeviceTestCase(testtools.TestCase):
    def test_flavors_with_devices(self):
        for key, value in REFUSED:
            with self.subTest(key):
                err = self.assertRaises(
                    exception.InvalidContainerOption,
                    device.require_none,
                    _flavor(key, value),
                )
                self.assertIn(f'{key}={value} cannot be used', str(err))

    def test_flavors_without(self):
        for key, value in FINE:
            with self.subTest(key):
                device.require_none(_flavor(key, value))

    def test_placement_has_these_classes(self):
        known = set(os_resource_classes.STANDARDS)
        self.assertEqual(set(), set(DEVICES) - known)
