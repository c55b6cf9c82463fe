"""Waiting for the agent of a host, as long as that makes sense."""

import fixtures
import testtools

from novadocker.network import wiring
from tests.fixtures import vif


class WiringTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.instance = vif.instance('11111111-2222-4333-8444-555555555555')
        self.now = 0.0
        self.wired_at = 0.0
        self.looked_at = []

    def _wiring(self, **more):
        return wiring.Wiring(
            self._is_wired,
            clock=lambda: self.now,
            sleep=self._sleep,
            **{'within_s': 10.0, **more},
        )

    def _is_wired(self, port):
        self.looked_at.append(port)
        return self.now >= self.wired_at

    def _sleep(self, seconds):
        self.now += seconds

    def test_ports_that_are_wired_are_not_waited_for(self):
        self._wiring().wait(self.instance, [vif.vif(), vif.vif()])
        self.assertEqual(0.0, self.now)
        self.assertEqual('', self.log.output)

    def test_agent_is_waited_for(self):
        self.wired_at = 3.0
        self._wiring().wait(self.instance, [vif.vif()])
        self.assertAlmostEqual(3.0, self.now, places=0)
        self.assertEqual('', self.log.output)

    def test_agent_that_does_not_come_is_no_failure(self):
        self.wired_at = 100.0
        self._wiring().wait(self.instance, [vif.vif()])
        self.assertAlmostEqual(10.0, self.now, places=0)
        self.assertIn('has not wired', self.log.output)

    def test_second_server_does_not_wait_for_an_agent_that_is_away(self):
        self.wired_at = 100.0
        room = self._wiring()
        room.wait(self.instance, [vif.vif()])
        before = self.now
        room.wait(self.instance, [vif.vif()])
        self.assertEqual(before, self.now)

    def test_agent_that_is_back_is_waited_for_again(self):
        self.wired_at = 100.0
        room = self._wiring()
        room.wait(self.instance, [vif.vif()])
        self.now = self.wired_at
        room.wait(self.instance, [vif.vif()])
        self.wired_at = self.now + 3
        room.wait(self.instance, [vif.vif()])
        self.assertAlmostEqual(103.0, self.now, places=0)

    def test_operator_who_turned_waiting_off(self):
        self._wiring(within_s=0).wait(self.instance, [vif.vif()])
        self.assertEqual([], self.looked_at)

    def test_switch_that_does_not_answer_is_no_failure(self):
        def fail(port):
            raise TimeoutError('no answer')

        room = wiring.Wiring(fail, within_s=10)
        room.wait(self.instance, [vif.vif()])
        self.assertIn('no answer', self.log.output)

    def test_names_on_the_switch(self):
        port_id = '0123456789abcdef'
        for expected, details in (
            ('tap0123456789a', None),
            ('qvo0123456789a', {'ovs_hybrid_plug': True}),
        ):
            port = vif.vif(port_id=port_id, details=details)
            self.looked_at.clear()
            self._wiring().wait(self.instance, [port])
            self.assertEqual([expected], self.looked_at)
