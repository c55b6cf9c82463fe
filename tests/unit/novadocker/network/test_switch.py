"""What a switch says of its ports, be it there or not."""

import fixtures
import testtools

from novadocker import exception
from novadocker.network import switch


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
        return switch.Switch(lambda: None).is_wired('tap1')

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
        self.assertFalse(switch.Switch(lambda: None).is_wired('tap1'))


class PortsTestCase(testtools.TestCase):
    def test_switch_that_is_away_is_not_one_without_ports(self):
        def away(settings):
            raise RuntimeError('connection refused')

        self.useFixture(
            fixtures.MonkeyPatch('vif_plug_ovs.ovsdb.ovsdb_lib.BaseOVS', away)
        )
        raised = self.assertRaises(
            exception.SwitchUnreadable,
            switch.Switch(lambda: None).ports_of,
            'an-instance',
        )
        self.assertIn('connection refused', str(raised))


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
