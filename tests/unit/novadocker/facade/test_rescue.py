"""Rescue, as Nova asks for it."""

import dataclasses
from unittest import mock

from nova import exception as nova_exception
from nova import objects
from nova.compute import power_state
from nova.compute import vm_states
from nova.network import model as network_model
from oslo_utils.fixture import uuidsentinel

from novadocker import exception
from tests.fixtures import fake_engine
from tests.unit.novadocker import test_driver

OTHER = uuidsentinel.other_image


class RescueTestCase(test_driver.DriverTestCase):
    def setUp(self):
        super().setUp()
        self.properties = {}
        patcher = mock.patch('nova.image.glance.API', autospec=True)
        patcher.start().return_value.get.side_effect = self._get
        self.addCleanup(patcher.stop)
        self.instance.image_ref = uuidsentinel.image
        self.instance.metadata = {'docker:command': 'serve'}
        self.instance.info_cache = objects.InstanceInfoCache(
            network_info=network_model.NetworkInfo([])
        )

    def _get(self, context, image_id):
        return {'id': image_id, 'properties': self.properties}

    def _rescue(self, image_id=OTHER, **image):
        image.setdefault('container_format', 'docker')
        meta = objects.ImageMeta.from_dict({'id': image_id, **image})
        self.driver.rescue(
            *(None, self.instance, [], meta, 'secret', {}, None)
        )
        self.instance.vm_state = vm_states.RESCUED

    def _boot_and_stop(self):
        self.boot()
        self.driver.power_off(self.instance)

    def _process(self):
        (found,) = (
            spec.process
            for spec in self.engine.specs.values()
            if spec.name.endswith('-rescue')
        )
        return found

    def test_state_of_a_rescued_server_is_that_of_its_rescue(self):
        self._boot_and_stop()
        self._rescue()
        found = self.driver.get_info(self.instance)
        self.assertEqual(power_state.RUNNING, found.state)
        self.driver.power_off(self.instance)
        found = self.driver.get_info(self.instance)
        self.assertEqual(power_state.SHUTDOWN, found.state)

    def test_nova_lists_the_server_once(self):
        self._boot_and_stop()
        self._rescue()
        uuids = self.driver.list_instance_uuids()
        self.assertEqual([self.instance.uuid], uuids)

    def test_log_is_that_of_the_rescue(self):
        self._boot_and_stop()
        self.engine.outcome = fake_engine.Outcome(output=b'rescuing')
        self._rescue()
        log = self.driver.get_console_output(None, self.instance)
        self.assertEqual('rescuing', log)

    def test_unrescue(self):
        self._boot_and_stop()
        self._rescue()
        self.driver.unrescue(None, self.instance)
        self.instance.vm_state = vm_states.ACTIVE
        found = self.driver.get_info(self.instance)
        self.assertEqual(power_state.RUNNING, found.state)
        self.assertEqual(1, len(self.engine.containers()))

    def test_other_image_runs_as_its_own_properties_say(self):
        self.properties = {'os_command_line': 'mend', 'docker_tty': 'true'}
        self._boot_and_stop()
        self._rescue()
        self.assertEqual(('mend',), self._process().command)
        self.assertTrue(self._process().tty)

    def test_own_image_runs_as_the_server_does(self):
        self._boot_and_stop()
        self._rescue(uuidsentinel.image)
        self.assertEqual(('serve',), self._process().command)

    def test_base_of_its_image_runs_as_the_server_does(self):
        self.instance.system_metadata = {'image_base_image_ref': OTHER}
        self._boot_and_stop()
        self._rescue(OTHER)
        self.assertEqual(('serve',), self._process().command)

    def test_image_that_is_no_container(self):
        self._boot_and_stop()
        self.assertRaises(
            nova_exception.ImageUnacceptable,
            self._rescue,
            container_format='bare',
        )

    def test_engine_that_gives_no_access_to_roots(self):
        for changes in (
            {'storage_driver': 'vfs'},
            {'containerd_image_store': True},
        ):
            with self.subTest(changes):
                self.engine._info = dataclasses.replace(
                    fake_engine.INFO, **changes
                )
                self.assertRaises(exception.RescueRefused, self._rescue)

    def test_missing_container_in_novas_words(self):
        self.instance.vm_state = vm_states.RESCUED
        for deed in (
            self._rescue,
            lambda: self.driver.unrescue(None, self.instance),
            lambda: self.driver.get_info(self.instance),
        ):
            self.assertRaises(nova_exception.InstanceNotFound, deed)
        self.assertEqual([], self.engine.containers())
