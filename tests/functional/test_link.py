"""Devices of ports, made by the kernel."""

import errno
import os
import pathlib
import socket
import struct
from unittest import mock

import pyroute2
import testtools

from novadocker import exception
from novadocker.privsep import addressing
from novadocker.privsep import interface
from novadocker.privsep import link
from tests.fixtures import netns

_DEVICE = 'tap0a0b0c0d-0e'
_BRIDGE = 'qbr0a0b0c0d-0e'
_MAC = 'fa:16:3e:00:00:01'
_ETH_P_ALL = 3
_IFA_F_TENTATIVE = 0x40


def _link(name):
    with pyroute2.IPRoute() as ip:
        return link.find(ip, name)


def _routes():
    with pyroute2.IPRoute() as ip:
        return {
            (
                f'{route.get_attr("RTA_DST") or "default"}/{route["dst_len"]}',
                route.get_attr('RTA_GATEWAY'),
            )
            for family in (socket.AF_INET, socket.AF_INET6)
            for route in ip.get_routes(family=family, table=254)
            # What was asked for, not what the kernel derived.
            if route['proto'] == addressing._OURS
        }


def _destinations():
    with pyroute2.IPRoute() as ip:
        return {
            f'{route.get_attr("RTA_DST")}/{route["dst_len"]}'
            for route in ip.get_routes(family=socket.AF_INET, table=254)
        }


def _addresses():
    with pyroute2.IPRoute() as ip:
        return {
            # Of a link-local address the kernel makes sure in its own time.
            f'{each.get_attr("IFA_ADDRESS")}/{each["prefixlen"]}': each[
                'flags'
            ]
            & ~_IFA_F_TENTATIVE
            for each in ip.get_addr(index=_link('eth0')['index'])
        }


class LinkTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(netns.HostNetwork())
        self.namespace = self.useFixture(netns.Namespace())

    def create(self, device=_DEVICE, name='eth0', mtu=1442, namespace=None):
        space = namespace or self.namespace
        return link.create_veth(device, space.name, name, _MAC, mtu)

    def configure(self, **more):
        wanted = {
            'mac': _MAC,
            'mtu': 1442,
            'addresses': [],
            'routes': [],
            'accept_ra': False,
            'tx_checksum': True,
        }
        device = more.pop('device', _DEVICE)
        interface.configure(device, self.namespace.name, **wanted | more)


@netns.needs_root
class VethTest(LinkTestCase):
    def test_both_ends_are_as_asked(self):
        self.assertTrue(self.create())
        outer, inner = _link(_DEVICE), self.namespace.run(_link, 'eth0')
        self.assertEqual(1442, outer.get_attr('IFLA_MTU'))
        self.assertEqual(1442, inner.get_attr('IFLA_MTU'))
        self.assertEqual(_MAC, inner.get_attr('IFLA_ADDRESS'))
        self.assertNotEqual(_MAC, outer.get_attr('IFLA_ADDRESS'))
        self.assertTrue(outer['flags'] & 1)
        self.assertFalse(inner['flags'] & 1)

    def test_host_takes_no_part_in_the_network_of_the_tenant(self):
        self.create()
        path = f'/proc/sys/net/ipv6/conf/{_DEVICE}/disable_ipv6'
        # Of this thread, which is in a network of its own.
        self.assertEqual('1\n', pathlib.Path(path).read_text())

    def test_veth_that_is_there_is_kept_and_repaired(self):
        self.create()
        before = _link(_DEVICE)['index']
        with pyroute2.IPRoute() as ip:
            ip.link('set', index=before, mtu=1300, state='down')
        self.assertFalse(self.create())
        after = _link(_DEVICE)
        self.assertEqual(before, after['index'])
        self.assertEqual(1442, after.get_attr('IFLA_MTU'))
        self.assertTrue(after['flags'] & 1)

    def test_name_that_is_taken_becomes_the_next_free(self):
        self.create()
        self.create('tap0a0b0c0d-0f', 'eth0')
        self.assertIsNotNone(self.namespace.run(_link, 'eth1'))

    def test_device_of_another_kind_is_refused(self):
        with pyroute2.IPRoute() as ip:
            ip.link('add', ifname=_DEVICE, kind='bridge')
        self.assertRaises(exception.LinkFailed, self.create)
        self.assertIsNotNone(_link(_DEVICE))

    def test_veth_that_leads_elsewhere_is_refused(self):
        other = self.useFixture(netns.Namespace())
        self.create(namespace=other)
        raised = self.assertRaises(exception.LinkFailed, self.create)
        self.assertIn('hard reboot', str(raised))
        self.assertIsNotNone(other.run(_link, 'eth0'))

    def test_missing_namespace_gets_no_veth(self):
        other = self.useFixture(netns.Namespace(made=False))
        self.assertRaises(exception.NetnsBroken, self.create, namespace=other)
        self.assertIsNone(_link(_DEVICE))

    def test_veth_that_cannot_be_prepared_is_removed(self):
        with mock.patch.object(link, 'raise_link', autospec=True) as raised:
            raised.side_effect = OSError(errno.EIO, os.strerror(errno.EIO))
            self.assertRaises(exception.LinkFailed, self.create)
        self.assertIsNone(_link(_DEVICE))

    def test_veth_of_before_is_not_removed_by_a_failure(self):
        self.create()
        with mock.patch.object(link, 'raise_link', autospec=True) as raised:
            raised.side_effect = OSError(errno.EIO, os.strerror(errno.EIO))
            self.assertRaises(exception.LinkFailed, self.create)
        self.assertIsNotNone(_link(_DEVICE))

    def test_delete_takes_both_ends_and_may_be_repeated(self):
        self.create()
        for _ in range(2):
            link.delete(_DEVICE)
        self.assertIsNone(_link(_DEVICE))
        self.assertIsNone(self.namespace.run(_link, 'eth0'))

    def test_kernel_that_refuses_is_reported(self):
        self.create()
        refusal = pyroute2.NetlinkError(errno.EPERM, 'not permitted')
        with mock.patch.object(pyroute2, 'IPRoute', autospec=True) as route:
            ip = route.return_value.__enter__.return_value
            ip.link = mock.Mock(side_effect=refusal)
            self.assertRaises(exception.LinkFailed, link.delete, _DEVICE)
            self.assertRaises(exception.LinkFailed, self.create)


@netns.needs_root
class EnslaveTest(LinkTestCase):
    def test_host_end_becomes_a_port_of_the_bridge(self):
        self.create()
        with pyroute2.IPRoute() as ip:
            ip.link('add', ifname=_BRIDGE, kind='bridge')
        for _ in range(2):
            link.enslave(_DEVICE, _BRIDGE)
        self.assertEqual(
            _link(_BRIDGE)['index'], _link(_DEVICE).get_attr('IFLA_MASTER')
        )

    def test_missing_bridge_is_reported(self):
        self.create()
        raised = self.assertRaises(
            exception.LinkFailed, link.enslave, _DEVICE, _BRIDGE
        )
        self.assertIn(_BRIDGE, str(raised))


@netns.needs_root
class ConfigureTest(LinkTestCase):
    def setUp(self):
        super().setUp()
        self.create()

    def test_addresses_can_be_used_at_once(self):
        self.configure(addresses=['10.0.0.5/24', 'fd00::5/64'])
        for address in ('10.0.0.5', 'fd00::5'):
            family = socket.AF_INET6 if ':' in address else socket.AF_INET
            sock = self.namespace.run(socket.socket, family)
            with sock:
                sock.bind((address, 80))

    def test_all_addresses_have_the_prefix_of_their_subnet(self):
        wanted = ['10.0.0.5/24', '10.0.0.6/24', '10.1.0.5/16', 'fd00::5/64']
        self.configure(addresses=wanted)
        self.assertLessEqual(set(wanted), set(self.namespace.run(_addresses)))

    def test_routes_of_both_families(self):
        self.configure(
            addresses=['10.0.0.5/24', 'fd00::5/64'],
            routes=[
                ('169.254.169.254/32', '10.0.0.2'),
                ('192.0.2.1/32', None),
                ('0.0.0.0/0', '192.0.2.1'),
                ('::/0', 'fe80::1'),
                ('2001:db8::/32', 'fd00::1'),
            ],
        )
        self.assertEqual(
            {
                ('169.254.169.254/32', '10.0.0.2'),
                ('192.0.2.1/32', None),
                ('default/0', '192.0.2.1'),
                ('default/0', 'fe80::1'),
                ('2001:db8::/32', 'fd00::1'),
            },
            self.namespace.run(_routes),
        )

    def test_setting_up_again_changes_nothing(self):
        wanted = {
            'addresses': ['10.0.0.5/24', 'fd00::5/64'],
            'routes': [('0.0.0.0/0', '10.0.0.1'), ('::/0', 'fd00::1')],
            'tx_checksum': False,
        }
        self.configure(**wanted)
        before = self._state()
        self.configure(**wanted)
        self.assertEqual(before, self._state())

    def test_what_the_container_added_stays(self):
        self.configure(addresses=['10.0.0.5/24'])

        def add():
            with pyroute2.IPRoute() as ip:
                index = _link('eth0')['index']
                ip.addr('add', index=index, address='10.0.0.99', prefixlen=32)

        self.namespace.run(add)
        self.configure(addresses=['10.0.0.5/24'])
        self.assertIn('10.0.0.99/32', self.namespace.run(_addresses))

    def test_route_that_the_container_added_stays(self):
        self.configure(addresses=['10.0.0.5/24'])

        def add():
            with pyroute2.IPRoute() as ip:
                ip.route('add', dst='192.0.2.0/24', gateway='10.0.0.9')

        self.namespace.run(add)
        self.configure(addresses=['10.0.0.5/24'])
        self.assertIn('192.0.2.0/24', self.namespace.run(_destinations))

    def test_address_that_is_taken_away_leaves_the_others(self):
        wanted = ['10.0.0.5/24', '10.0.0.6/24', 'fd00::5/64', 'fd00::6/64']
        routes = [('0.0.0.0/0', '10.0.0.1'), ('::/0', 'fd00::1')]
        self.configure(addresses=wanted, routes=routes)
        # The first of a subnet: with it the kernel would drop the second.
        rest = ['10.0.0.6/24', 'fd00::6/64']
        self.configure(addresses=rest, routes=routes)
        self.assertEqual(set(rest), self._global_addresses())
        self.assertEqual(
            {('default/0', '10.0.0.1'), ('default/0', 'fd00::1')},
            self.namespace.run(_routes),
        )

    def test_all_addresses_can_be_replaced(self):
        self.configure(
            addresses=['10.0.0.5/24', 'fd00::5/64'],
            routes=[('0.0.0.0/0', '10.0.0.1'), ('::/0', 'fd00::1')],
        )
        self.configure(
            addresses=['10.9.0.5/16', 'fd09::5/64'],
            routes=[('0.0.0.0/0', '10.9.0.1'), ('::/0', 'fd09::1')],
        )
        self.assertEqual(
            {'10.9.0.5/16', 'fd09::5/64'}, self._global_addresses()
        )
        self.assertEqual(
            {('default/0', '10.9.0.1'), ('default/0', 'fd09::1')},
            self.namespace.run(_routes),
        )

    def test_address_can_change_its_prefix(self):
        for wanted in (
            {'10.0.0.5/24', 'fd00::5/64'},
            {'10.0.0.5/16', 'fd00::5/48'},
        ):
            self.configure(addresses=sorted(wanted))
            self.assertEqual(wanted, self._global_addresses())

    def test_route_that_is_no_longer_wanted_goes(self):
        self.configure(
            addresses=['10.0.0.5/24'],
            routes=[('0.0.0.0/0', '10.0.0.1'), ('192.0.2.1/32', None)],
        )
        self.configure(addresses=['10.0.0.5/24'], routes=[])
        self.assertEqual(set(), self.namespace.run(_routes))

    def test_route_moves_to_the_port_that_has_it_now(self):
        other, default = 'tap0a0b0c0d-0f', [('0.0.0.0/0', '10.1.0.1')]
        self.create(other, 'eth1')
        self.configure(device=other, addresses=['10.1.0.5/24'], routes=default)
        default = [('0.0.0.0/0', '10.0.0.1')]
        self.configure(addresses=['10.0.0.5/24'], routes=default)
        self.configure(device=other, addresses=['10.1.0.5/24'])
        self.assertEqual(
            {('default/0', '10.0.0.1')}, self.namespace.run(_routes)
        )

    def test_port_without_ipv6_addresses_has_no_ipv6(self):
        self.configure(addresses=['10.0.0.5/24'])
        self.assertEqual({'10.0.0.5/24': 128}, self.namespace.run(_addresses))
        self.configure(addresses=['10.0.0.5/24', 'fd00::5/64'])
        self.assertIn('fd00::5/64', self.namespace.run(_addresses))

    def test_port_that_waits_for_advertisements_has_ipv6(self):
        self.configure(addresses=['10.0.0.5/24'], accept_ra=True)
        self.assertEqual(
            '0', self.namespace.sysctl('ipv6/conf/eth0/disable_ipv6')
        )

    def test_ipv6_that_the_container_turned_on_stays_on(self):
        self.configure(addresses=['10.0.0.5/24'])
        path = pathlib.Path('/proc/sys/net/ipv6/conf/eth0/disable_ipv6')
        self.namespace.run(path.write_text, '0')
        self.configure(addresses=['10.0.0.5/24'])
        self.assertEqual(
            '0', self.namespace.sysctl('ipv6/conf/eth0/disable_ipv6')
        )

    def test_mac_and_mtu_are_repaired(self):
        self.configure(mac='fa:16:3e:00:00:02', mtu=1300)
        inner = self.namespace.run(_link, 'eth0')
        self.assertEqual('fa:16:3e:00:00:02', inner.get_attr('IFLA_ADDRESS'))
        self.assertEqual(1300, inner.get_attr('IFLA_MTU'))

    def test_advertisements_are_accepted_only_when_asked(self):
        for wanted in (True, False):
            self.configure(accept_ra=wanted)
            self.assertEqual(
                str(int(wanted)),
                self.namespace.sysctl('ipv6/conf/eth0/accept_ra'),
            )
        self.assertEqual('0', self.namespace.sysctl('ipv6/conf/eth0/autoconf'))

    def test_checksums_are_left_to_the_device_unless_told(self):
        self.configure()
        self.assertEqual(1, self.namespace.run(_tx_checksum))
        self.configure(tx_checksum=False)
        self.assertEqual(0, self.namespace.run(_tx_checksum))

    def test_addresses_are_announced(self):
        with _listener() as frames:
            self.configure(addresses=['10.0.0.5/24', 'fd00::5/64'])
            _await_announced(frames, '10.0.0.5', 'fd00::5')

    def test_address_that_is_added_later_is_announced(self):
        self.configure(addresses=['10.0.0.5/24', 'fd00::5/64'])
        more = ['10.0.0.6/24', 'fd00::6/64']
        with _listener() as frames:
            self.configure(addresses=['10.0.0.5/24', 'fd00::5/64', *more])
            _await_announced(frames, '10.0.0.6', 'fd00::6')

    def test_addresses_are_announced_again_when_asked(self):
        self.configure(addresses=['10.0.0.5/24', 'fd00::5/64'])
        before = self._state()
        with _listener() as frames:
            interface.announce(self.namespace.name)
            _await_announced(frames, '10.0.0.5', 'fd00::5')
        self.assertEqual(before, self._state())

    def test_gateway_that_cannot_be_reached_is_reported(self):
        self.assertRaises(
            exception.LinkFailed,
            self.configure,
            routes=[('0.0.0.0/0', '10.9.9.9')],
        )

    def test_missing_device_is_reported(self):
        link.delete(_DEVICE)
        raised = self.assertRaises(exception.LinkFailed, self.configure)
        self.assertIn('there is none', str(raised))

    def _global_addresses(self):
        return {
            each
            for each in self.namespace.run(_addresses)
            if not each.startswith('fe80')
        }

    def _state(self):
        inner = self.namespace.run(_link, 'eth0')
        return (
            inner.get_attr('IFLA_CARRIER_CHANGES'),
            self.namespace.run(_addresses),
            self.namespace.run(_routes),
            self.namespace.run(_tx_checksum),
        )


def _tx_checksum():
    with socket.socket() as sock:
        return interface._ethtool(sock, 'eth0', interface._ETHTOOL_GTXCSUM)


def _listener():
    """Hear what reaches the host end of the port."""
    frames = socket.socket(
        socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)
    )
    frames.bind((_DEVICE, _ETH_P_ALL))
    frames.settimeout(60)
    return frames


def _await_announced(frames, ipv4, ipv6):
    wanted = {_gratuitous_arp(ipv4), _advertised(ipv6)}
    while wanted:
        frame = frames.recv(2048)
        wanted -= {each for each in wanted if each in frame}


def _gratuitous_arp(address):
    """RFC 5944 4.6: sender and target are the same address."""
    own, station = socket.inet_aton(address), bytes(6)
    mac = bytes.fromhex(_MAC.replace(':', ''))
    request = struct.pack('!HHBBH', 1, 0x0800, 6, 4, 1)
    return request + mac + own + station + own


def _advertised(address):
    """RFC 4861 4.4: flags, of which only Override, and the target."""
    return bytes.fromhex('20000000') + socket.inet_pton(
        socket.AF_INET6, address
    )
