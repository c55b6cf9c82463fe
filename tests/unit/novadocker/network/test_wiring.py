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


class SwitchTestCase(testtools.TestCase):
    def _is_wired(self, tag, **external_ids):
        rows = {
            ('Interface', 'tap1', 'external_ids'): external_ids,
            ('Port', 'tap1', 'tag'): tag,
        }
        self.useFixture(
            fixtures.MonkeyPatch(
                'vif_plug_ovs.ovsdb.ovsdb_lib.BaseOVS',
                lambda settings: FakeOVS(rows),
            )
        )
        return wiring.Switch(lambda: None).is_wired('tap1')

    def test_port_without_a_network_is_not_wired(self):
        self.assertFalse(self._is_wired([]))

    def test_dead_port_is_not_wired(self):
        self.assertFalse(self._is_wired(4095))

    def test_port_with_a_tag_is_wired(self):
        self.assertTrue(self._is_wired(1))

    def test_port_of_ovn_is_wired_when_its_flows_are(self):
        self.assertFalse(self._is_wired(4095, **{'ovn-installed': 'false'}))
        self.assertTrue(self._is_wired(4095, **{'ovn-installed': 'true'}))

    def test_port_that_the_switch_does_not_have_is_not_wired(self):
        self.useFixture(
            fixtures.MonkeyPatch(
                'vif_plug_ovs.ovsdb.ovsdb_lib.BaseOVS',
                lambda settings: FakeOVS({}),
            )
        )
        self.assertFalse(wiring.Switch(lambda: None).is_wired('tap1'))


class FakeOVS:
    """The rows of a switch, read as through ovsdbapp."""

    def __init__(self, rows):
        self.ovsdb = self
        self._rows = rows

    def db_list(self, table, records, columns, if_exists):
        keys = [(table, record, columns[0]) for record in records]
        return FakeCommand(
            [{key[2]: self._rows[key]} for key in keys if key in self._rows]
        )


class FakeCommand:
    def __init__(self, result):
        self._result = result

    def execute(self, check_error, log_errors):
        return self._result
