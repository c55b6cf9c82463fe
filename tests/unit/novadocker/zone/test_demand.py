import testtools

from novadocker.zone import demand
from novadocker.zone import model
from tests.unit.novadocker.zone import clouds


class FlavorTestCase(testtools.TestCase):
    def test_resources(self):
        for more, expected in (
            ({}, {'VCPU': 2, 'MEMORY_MB': 512, 'DISK_GB': 1}),
            (
                {'ephemeral_gb': 2, 'swap_mb': 1025},
                {'VCPU': 2, 'MEMORY_MB': 512, 'DISK_GB': 5},
            ),
            (
                {'extra_specs': {'hw:cpu_policy': 'dedicated'}},
                {'PCPU': 2, 'MEMORY_MB': 512, 'DISK_GB': 1},
            ),
            (
                {
                    'extra_specs': {
                        'resources:DISK_GB': '0',
                        'resources:CUSTOM_X': '3',
                        'resources:CUSTOM_Y': 'no number',
                        'hw:cpu_policy': 'shared',
                    }
                },
                {'VCPU': 2, 'MEMORY_MB': 512, 'CUSTOM_X': 3},
            ),
        ):
            flavor = model.Flavor('f', 2, 512, 1, **more)
            self.assertEqual(expected, demand.of_flavor(flavor))


class ShortageTestCase(testtools.TestCase):
    def _said(self, count, **stock):
        provider = model.Provider(
            inventories={'VCPU': model.Inventory(**stock)} if stock else {}
        )
        return list(demand.shortages({'VCPU': count}, provider))

    def test_enough(self):
        self.assertEqual([], self._said(2, capacity=4, used=2, largest=2))

    def test_too_little_is_free(self):
        (found,) = self._said(3, capacity=4, used=2, largest=4)
        self.assertIn('2 of 4 are free', found)

    def test_too_much_for_one_server(self):
        (found,) = self._said(3, capacity=16, used=0, largest=2)
        self.assertIn('one server gets at most 2', found)

    def test_none_is_offered(self):
        (found,) = self._said(1)
        self.assertIn('the host offers none', found)


class MismatchTestCase(testtools.TestCase):
    def _said(self, kind, architecture='x86_64', **properties):
        host = clouds.host('h', kind, architecture=architecture)
        return list(demand.mismatches(clouds.disk(**properties), host))

    def test_what_fits(self):
        for kind, properties in (
            ('docker', {}),
            ('docker', {'img_hv_type': 'docker', 'hw_vm_mode': 'exe'}),
            ('QEMU', {'img_hv_type': 'kvm', 'hw_vm_mode': 'HVM'}),
            ('QEMU', {'img_hv_type': 'QEMU', 'hw_architecture': 'i686'}),
            ('docker', {'hw_architecture': 'amd64'}),
            ('fake', {'img_hv_type': 'fake'}),
        ):
            self.assertEqual([], self._said(kind, **properties))

    def test_what_does_not(self):
        for kind, properties, sentence in (
            ('QEMU', {'img_hv_type': 'docker'}, 'the host has kvm, qemu'),
            ('docker', {'img_hv_type': 'kvm'}, 'the host has docker'),
            ('docker', {'hw_vm_mode': 'hvm'}, 'the host has exe'),
            ('docker', {'hw_architecture': 'aarch64'}, 'has i686, x86_64'),
        ):
            (found,) = self._said(kind, **properties)
            self.assertIn(sentence, found)

    def test_what_the_api_does_not_say_is_taken_for_granted(self):
        for kind, properties in (
            ('fake', {'hw_architecture': 'aarch64'}),
            ('', {'img_hv_type': 'docker'}),
            ('VMware vCenter Server', {'hw_vm_mode': 'xen'}),
        ):
            self.assertEqual(
                [], self._said(kind, architecture='', **properties)
            )
