"""Ports of Nova in, events of Neutron out."""

import fixtures
from nova import exception as nova_exception
import testtools

from novadocker import exception
from novadocker.network import wait
from tests.fixtures import vif
from tests.fixtures import virtapi


class EventsTest(testtools.TestCase):
    def test_each_port_that_is_not_active_is_waited_for(self):
        ports = [vif.vif(), vif.vif(active=True), vif.vif()]
        self.assertEqual(
            [
                ('network-vif-plugged', ports[0]['id']),
                ('network-vif-plugged', ports[2]['id']),
            ],
            wait.events(ports, timeout_s=300),
        )

    def test_remote_managed_port_is_not_waited_for(self):
        port = vif.vif(vnic_type='remote-managed')
        self.assertEqual([], wait.events([port], timeout_s=300))

    def test_no_timeout_no_waiting(self):
        self.assertEqual([], wait.events([vif.vif()], timeout_s=0))


class WaiterTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.virtapi = virtapi.FakeVirtAPI()
        self.port = vif.vif(active=False)

    def _wait(self, *, is_fatal=True):
        waiter = wait.Waiter(self.virtapi, timeout_s=7, is_fatal=is_fatal)
        with waiter.wired(vif.instance('i'), [self.port]):
            pass

    def test_every_port_that_is_not_up_is_waited_for(self):
        self._wait()
        self.assertEqual(
            [('network-vif-plugged', self.port['id'])], self.virtapi.events
        )

    def test_no_answer_fails_the_boot(self):
        self.virtapi.failure = nova_exception.InstanceEventTimeout()
        error = self.assertRaises(exception.PortsNotReady, self._wait)
        self.assertIn(self.port['id'], str(error))

    def test_no_answer_where_that_is_not_fatal(self):
        self.virtapi.failure = nova_exception.InstanceEventTimeout()
        self._wait(is_fatal=False)
        self.assertIn('has not wired', self.log.output)

    def test_failed_port_fails_the_boot(self):
        self.virtapi.failed_event = 'network-vif-plugged-x'
        error = self.assertRaises(exception.PortFailed, self._wait)
        self.assertIn('network-vif-plugged-x', str(error))

    def test_failed_port_where_that_is_not_fatal(self):
        self.virtapi.failed_event = 'network-vif-plugged-x'
        self._wait(is_fatal=False)
        self.assertIn('as failed', self.log.output)
