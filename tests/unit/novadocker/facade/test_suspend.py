"""Suspend and resume, as Nova asks for them."""

from unittest import mock

from nova import exception as nova_exception
from nova.compute import power_state

from novadocker import exception
from tests.unit.novadocker import test_driver


class SuspendTestCase(test_driver.DriverTestCase):
    def setUp(self):
        super().setUp()
        patcher = mock.patch(
            'novadocker.privsep.cgroup.reclaim', autospec=True
        )
        patcher.start()
        self.addCleanup(patcher.stop)

    def _rolled_back(self, method, *args):
        error = self.assertRaises(
            nova_exception.InstanceFaultRollback, method, *args
        )
        return error.inner_exception

    def test_nova_is_told_that_it_is_suspended(self):
        self.boot()
        self.driver.suspend(None, self.instance)
        self.assertEqual(power_state.SUSPENDED, self._state())
        self.driver.resume(None, self.instance, [])
        self.assertEqual(power_state.RUNNING, self._state())

    def test_it_stays_so_for_another_nova_compute(self):
        self.boot()
        self.driver.suspend(None, self.instance)
        self.driver = self.started_driver()
        self.assertEqual(power_state.SUSPENDED, self._state())

    def _state(self):
        return self.driver.get_info(self.instance).state

    def test_failure_leaves_the_server_as_it_was(self):
        self.boot()
        failure = exception.EngineError(action='freeze', reason='r')
        for method, call, args in (
            ('suspend', 'pause', (None, self.instance)),
            ('resume', 'unpause', (None, self.instance, [])),
        ):
            self.engine.failures[call] = failure
            found = self._rolled_back(getattr(self.driver, method), *args)
            self.assertIs(failure, found)
            self.driver.suspend(None, self.instance)

    def test_missing_container_in_novas_words(self):
        for method, args in (
            ('suspend', (None, self.instance)),
            ('resume', (None, self.instance, [])),
        ):
            found = self._rolled_back(getattr(self.driver, method), *args)
            self.assertIsInstance(found, nova_exception.InstanceNotFound)
