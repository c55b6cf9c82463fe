"""Metadata ports: asked for with OVN alone, and once for each network."""

import testtools

from novadocker.network import metadata
from tests.fixtures import vif

NETWORK = 'n'
OVN = {'bound_drivers': {'0': 'ovn'}}


def port(*addresses):
    return {'fixed_ips': [{'ip_address': each} for each in addresses]}


class MetadataPortsTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.asked = []
        self.answers = [[port('fd00::2', '10.0.0.2')]]
        self.ports = metadata.MetadataPorts(self._list_ports)

    def _list_ports(self, network_id):
        self.asked.append(network_id)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _addresses(self, details=OVN, cidr='10.0.0.0/24'):
        subnets = [vif.subnet('fd00::/64'), vif.subnet(cidr)]
        return self.ports.addresses(
            [vif.vif(*subnets, network_id=NETWORK, details=details)]
        )

    def test_first_address_of_version_4(self):
        self.assertEqual({NETWORK: '10.0.0.2'}, self._addresses())

    def test_network_is_asked_for_once(self):
        self._addresses()
        self.assertEqual({NETWORK: '10.0.0.2'}, self._addresses())
        self.assertEqual([NETWORK], self.asked)

    def test_network_with_another_subnet_is_asked_for_again(self):
        self.answers.append([port('10.9.0.2')])
        self._addresses()
        self.assertEqual(
            {NETWORK: '10.9.0.2'}, self._addresses(cidr='10.9.0.0/24')
        )

    def test_what_was_known_serves_while_neutron_is_down(self):
        self.answers.append(OSError('refused'))
        self._addresses()
        self.assertEqual(
            {NETWORK: '10.0.0.2'}, self._addresses(cidr='10.9.0.0/24')
        )
        self.assertEqual(2, len(self.asked))

    def test_other_drivers_need_nobody(self):
        details = {'bound_drivers': {'0': 'openvswitch'}}
        self.assertEqual({}, self._addresses(details))
        self.assertEqual({}, self._addresses({}))
        self.assertEqual([], self.asked)

    def test_network_without_such_a_port(self):
        self.answers = [[], [port('10.0.0.2')]]
        self.assertEqual({}, self._addresses())
        # It may get one later.
        self.assertEqual({NETWORK: '10.0.0.2'}, self._addresses())

    def test_server_starts_while_neutron_is_down(self):
        self.answers = [OSError('refused'), [port('10.0.0.2')]]
        self.assertEqual({}, self._addresses())
        self.assertEqual({NETWORK: '10.0.0.2'}, self._addresses())
