"""What Nova's rebuild reaches, and what it hears meanwhile."""

from unittest import mock

from nova import exception as nova_exception
from nova import objects
from nova.compute import task_states
from oslo_utils.fixture import uuidsentinel

from tests.unit.novadocker import test_driver
from tests.unit.novadocker.facade import test_volume


class RebuildTest(test_driver.DriverTestCase):
    def setUp(self):
        super().setUp()
        self.driver._creator = self.creator = mock.Mock()
        self.creator.recreate.side_effect = self._recreate
        self.instance.task_state = task_states.REBUILDING
        self.instance.save = self._save
        self.steps = []

    def _recreate(self, context, boot, steps):
        self.boot = boot
        steps.stop()
        steps.change_volumes()
        steps.take_away()

    def _save(self, expected_task_state):
        self.steps.append((*expected_task_state, self.instance.task_state))

    def rebuild(self, container_format='docker', **changes):
        image = {
            'id': uuidsentinel.image,
            'container_format': container_format,
        }
        self.driver.rebuild(
            context='context',
            instance=self.instance,
            image_meta=objects.ImageMeta.from_dict(image),
            injected_files=[('/a', b'b')],
            admin_password=None,
            allocations={},
            bdms='bdms',
            detach_block_devices=lambda *args: self.steps.append(args),
            attach_block_devices=lambda *args: self.steps.append(args),
            network_info=[],
            **changes,
        )

    def test_nova_hears_where_it_is(self):
        self.rebuild()
        mapping = task_states.REBUILD_BLOCK_DEVICE_MAPPING
        self.assertEqual(
            [
                ('context', 'bdms'),
                (task_states.REBUILDING, mapping),
                ('context', self.instance, 'bdms'),
                (mapping, task_states.REBUILD_SPAWNING),
            ],
            self.steps,
        )

    def test_boot_is_as_that_of_a_new_server(self):
        self.rebuild()
        self.assertEqual(uuidsentinel.image, self.boot.image_id)
        self.assertEqual((('/a', b'b'),), self.boot.files)
        self.assertTrue(self.boot.power_on)

    def test_volumes_that_it_has_are_looked_at_first(self):
        row = test_volume.Row()
        self.rebuild(block_device_info={'block_device_mapping': [row]})
        self.assertEqual(
            ['/volumes/vdb'], [each.target for each in self.boot.volumes]
        )

    def test_where_nothing_of_it_is_nova_boots_it(self):
        self.assertRaises(NotImplementedError, self.rebuild, evacuate=True)
        self.assertEqual([], self.steps)

    def test_microversion_that_would_reimage_a_volume(self):
        self.rebuild(reimage_boot_volume=True)
        self.assertEqual(uuidsentinel.image, self.boot.image_id)

    def test_ephemeral_disks_cannot_be_kept_and_nothing_is_touched(self):
        error = self.assertRaises(
            nova_exception.InstanceFaultRollback,
            self.rebuild,
            preserve_ephemeral=True,
        )
        # Nova's manager raises this one, and leaves the server as it is.
        self.assertIsInstance(
            error.inner_exception,
            nova_exception.PreserveEphemeralNotSupported,
        )
        self.assertEqual([], self.steps)

    def test_image_of_another_hypervisor(self):
        self.assertRaises(
            nova_exception.ImageUnacceptable,
            self.rebuild,
            container_format='bare',
        )
        self.assertEqual([], self.steps)
