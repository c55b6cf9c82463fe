"""Diagnostics, as Nova asks for them."""

from nova import exception as nova_exception
from nova import objects
from nova.network import model as network_model

from tests.fixtures import fake_engine
from tests.unit.novadocker import test_driver


class DiagnosticsTestCase(test_driver.DriverTestCase):
    def setUp(self):
        super().setUp()
        self.instance.config_drive = ''
        self.instance.image_ref = ''
        self.instance.info_cache = objects.InstanceInfoCache(
            network_info=network_model.NetworkInfo([self.port])
        )

    def test_running_server(self):
        self.boot(self.port)
        found = self.driver.get_instance_diagnostics(self.instance)
        self.assertEqual('running', found.state)
        self.assertIn(found.uptime, range(60))
        (cpu,) = found.cpu_details
        self.assertEqual(fake_engine.USAGE.cpu_time_ns, cpu.time)
        (nic,) = found.nic_details
        self.assertEqual(self.port['address'], nic.mac_address)

    def test_stopped_server_is_up_for_no_time(self):
        self.boot()
        self.driver.power_off(self.instance)
        found = self.driver.get_instance_diagnostics(self.instance)
        self.assertEqual(('shutdown', 0), (found.state, found.uptime))

    def test_older_clients(self):
        self.boot()
        found = self.driver.get_diagnostics(self.instance)
        self.assertEqual(fake_engine.USAGE.cpu_time_ns, found['cpu0_time'])

    def test_missing_container_in_novas_words(self):
        for method in ('get_diagnostics', 'get_instance_diagnostics'):
            self.assertRaises(
                nova_exception.InstanceNotFound,
                getattr(self.driver, method),
                self.instance,
            )
