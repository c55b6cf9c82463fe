"""Ports of Nova in, interfaces of a container out."""

from nova.network import os_vif_util
import testtools

from novadocker import model
from novadocker.network import plan
from tests.fixtures import vif

_PORT = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'
_OTHER_NETWORK = '5f2b5b1e-0000-4000-8000-000000000002'
_METADATA = '169.254.169.254/32'


def _routes(*vifs, **more):
    """Give for each port its routes, as pairs."""
    return [
        [(route.destination, route.gateway) for route in nic.routes]
        for nic in plan.nics(vifs, **more)
    ]


class NicTest(testtools.TestCase):
    def test_a_port_of_a_usual_network(self):
        port = vif.vif(
            vif.subnet('10.0.0.0/24', '10.0.0.5', gateway='10.0.0.1'),
            port_id=_PORT,
            mac='FA:16:3E:00:00:01',
        )
        self.assertEqual(
            (
                model.Nic(
                    port_id=_PORT,
                    name='eth0',
                    devname='tap0f1e2d3c-4b',
                    mac='fa:16:3e:00:00:01',
                    mtu=1442,
                    addresses=('10.0.0.5/24',),
                    routes=(model.Route('0.0.0.0/0', '10.0.0.1'),),
                    userspace_datapath=True,
                ),
            ),
            plan.nics([port]),
        )

    def test_no_ports_no_interfaces(self):
        self.assertEqual((), plan.nics([]))

    def test_interfaces_are_named_in_the_order_of_vifs(self):
        nics = plan.nics([vif.vif(), vif.vif(), vif.vif()])
        self.assertEqual(['eth0', 'eth1', 'eth2'], [nic.name for nic in nics])

    def test_all_fixed_ips_of_both_families(self):
        port = vif.vif(
            vif.subnet('10.0.0.0/24', '10.0.0.5', '10.0.0.6'),
            vif.subnet('fd00::/64', 'fd00::5'),
        )
        self.assertEqual(
            ('10.0.0.5/24', '10.0.0.6/24', 'fd00::5/64'),
            plan.nics([port])[0].addresses,
        )

    def test_subnet_may_be_named_by_an_address_in_it(self):
        gateway = '10.0.0.1'
        named = vif.subnet('10.0.0.1/24', '10.0.0.5', gateway=gateway)
        usual = vif.subnet('10.0.0.0/24', '10.0.0.5', gateway=gateway)
        self.assertEqual(
            *(plan.nics([vif.vif(x, port_id=_PORT)]) for x in (named, usual))
        )

    def test_port_without_addresses(self):
        nic = plan.nics([vif.vif()])[0]
        self.assertEqual(((), ()), (nic.addresses, nic.routes))

    def test_network_without_an_mtu_has_that_of_ethernet(self):
        self.assertEqual(1500, plan.nics([vif.vif(mtu=None)])[0].mtu)

    def test_advertisements_where_a_router_sends_them(self):
        for mode, expected in (
            (None, False),
            ('slaac', True),
            ('dhcpv6-stateless', True),
            ('dhcpv6-stateful', True),
        ):
            meta = {'ipv6_address_mode': mode} if mode else {}
            port = vif.vif(vif.subnet('fd00::/64', 'fd00::5', **meta))
            self.assertEqual(expected, plan.nics([port])[0].accept_ra)

    def test_advertisements_only_where_neutron_names_no_gateway(self):
        slaac = {'ipv6_address_mode': 'slaac'}
        ports = [
            vif.vif(vif.subnet('fd00::/64', 'fd00::5', **slaac)),
            vif.vif(vif.subnet('fd01::/64', gateway='fd01::1')),
        ]
        for taken, expected in ((ports[:1], [True]), (ports, [False, False])):
            self.assertEqual(
                expected, [nic.accept_ra for nic in plan.nics(taken)]
            )

    def test_datapath_that_completes_no_checksums(self):
        for details, expected in (
            ({'datapath_type': 'netdev'}, True),
            ({'datapath_type': 'system'}, False),
            ({}, False),
        ):
            port = vif.vif(details=details)
            self.assertEqual(expected, plan.nics([port])[0].userspace_datapath)

    def test_hybrid_bridge_is_called_as_os_vif_calls_it(self):
        plain = vif.vif()
        hybrid = vif.vif(details={'ovs_hybrid_plug': True})
        self.assertIsNone(plan.nics([plain])[0].hybrid_bridge)
        self.assertEqual(
            os_vif_util.nova_to_osvif_vif(hybrid).bridge_name,
            plan.nics([hybrid])[0].hybrid_bridge,
        )


class RouteTest(testtools.TestCase):
    def test_host_routes_of_all_subnets(self):
        port = vif.vif(
            vif.subnet('10.0.0.0/24', routes=(('10.8.0.0/16', '10.0.0.254'),)),
            vif.subnet('fd00::/64', routes=(('2001:db8::/32', 'fd00::1'),)),
        )
        self.assertEqual(
            [[('10.8.0.0/16', '10.0.0.254'), ('2001:db8::/32', 'fd00::1')]],
            _routes(port),
        )

    def test_of_two_ways_to_one_network_the_first_is_taken(self):
        ports = [
            vif.vif(vif.subnet(cidr, routes=(('10.8.0.0/16', gateway),)))
            for cidr, gateway in (
                ('10.0.0.0/24', '10.0.0.254'),
                ('10.1.0.0/24', '10.1.0.254'),
            )
        ]
        self.assertEqual(
            [[('10.8.0.0/16', '10.0.0.254')], []], _routes(*ports)
        )

    def test_first_gateway_of_each_family_has_the_default_route(self):
        ports = [
            vif.vif(vif.subnet('10.0.0.0/24')),
            vif.vif(vif.subnet('10.1.0.0/24', gateway='10.1.0.1')),
            vif.vif(
                vif.subnet('10.2.0.0/24', gateway='10.2.0.1'),
                vif.subnet('fd02::/64', gateway='fd02::1'),
            ),
        ]
        self.assertEqual(
            [[], [('0.0.0.0/0', '10.1.0.1')], [('::/0', 'fd02::1')]],
            _routes(*ports),
        )

    def test_two_subnets_of_a_port_share_one_default_route(self):
        port = vif.vif(
            vif.subnet('10.0.0.0/24', gateway='10.0.0.1'),
            vif.subnet('10.1.0.0/24', gateway='10.1.0.1'),
        )
        self.assertEqual([[('0.0.0.0/0', '10.0.0.1')]], _routes(port))

    def test_default_among_the_host_routes_replaces_the_gateway(self):
        port = vif.vif(
            vif.subnet(
                '10.0.0.0/24',
                gateway='10.0.0.1',
                routes=(('0.0.0.0/0', '10.0.0.254'),),
            )
        )
        self.assertEqual([[('0.0.0.0/0', '10.0.0.254')]], _routes(port))

    def test_gateway_outside_of_the_subnet_is_reached_first(self):
        port = vif.vif(
            vif.subnet('10.0.0.0/24', gateway='192.0.2.1'),
            vif.subnet('fd00::/64', gateway='2001:db8::1'),
        )
        self.assertEqual(
            [
                [
                    ('192.0.2.1/32', None),
                    ('2001:db8::1/128', None),
                    ('0.0.0.0/0', '192.0.2.1'),
                    ('::/0', '2001:db8::1'),
                ]
            ],
            _routes(port),
        )

    def test_link_local_gateway_needs_no_route_of_its_own(self):
        port = vif.vif(vif.subnet('fd00::/64', gateway='fe80::1'))
        self.assertEqual([[('::/0', 'fe80::1')]], _routes(port))

    def test_unspecified_gateway_means_on_link(self):
        port = vif.vif(
            vif.subnet('10.0.0.0/24', routes=(('10.1.0.0/24', '0.0.0.0'),))
        )
        self.assertEqual([[('10.1.0.0/24', None)]], _routes(port))


class MetadataRouteTest(testtools.TestCase):
    def test_router_answers_by_the_default_route(self):
        port = vif.vif(
            vif.subnet(
                '10.0.0.0/24', gateway='10.0.0.1', dhcp_server='10.0.0.2'
            )
        )
        self.assertEqual([[('0.0.0.0/0', '10.0.0.1')]], _routes(port))

    def test_dhcp_server_answers_where_no_port_has_a_router(self):
        ports = [
            vif.vif(vif.subnet('fd00::/64', dhcp_server='fd00::2')),
            vif.vif(vif.subnet('10.0.0.0/24', dhcp_server='10.0.0.2')),
            vif.vif(vif.subnet('10.1.0.0/24', dhcp_server='10.1.0.2')),
        ]
        self.assertEqual([[], [(_METADATA, '10.0.0.2')], []], _routes(*ports))

    def test_router_of_a_later_port_is_enough(self):
        ports = [
            vif.vif(vif.subnet('10.0.0.0/24', dhcp_server='10.0.0.2')),
            vif.vif(vif.subnet('10.1.0.0/24', gateway='10.1.0.1')),
        ]
        self.assertEqual([[], [('0.0.0.0/0', '10.1.0.1')]], _routes(*ports))

    def test_named_address_is_used_beside_a_router(self):
        ports = [
            vif.vif(vif.subnet('10.0.0.0/24', gateway='10.0.0.1')),
            vif.vif(vif.subnet('10.1.0.0/24'), network_id=_OTHER_NETWORK),
        ]
        self.assertEqual(
            [[('0.0.0.0/0', '10.0.0.1')], [(_METADATA, '10.1.0.2')]],
            _routes(*ports, metadata_addresses={_OTHER_NETWORK: '10.1.0.2'}),
        )

    def test_host_route_of_the_subnet_is_kept(self):
        port = vif.vif(
            vif.subnet(
                '10.0.0.0/24',
                routes=((_METADATA, '10.0.0.9'),),
                dhcp_server='10.0.0.2',
            )
        )
        self.assertEqual([[(_METADATA, '10.0.0.9')]], _routes(port))

    def test_nobody_who_answers_no_route(self):
        self.assertEqual([[]], _routes(vif.vif(vif.subnet('10.0.0.0/24'))))
