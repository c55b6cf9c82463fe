"""What travels over ports on a real switch, and what is kept away."""

import contextlib
import os
import pathlib
import socket
import struct
import threading
from unittest import mock

import pyroute2

from novadocker.network import plan
from novadocker.network import plumber
from novadocker.privsep import netns as privsep_netns
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.fixtures import vif
from tests.functional import plumbing

_ETH_P_ALL = 3


@ovs.needs_ovs
class TrafficTest(plumbing.PlumberTestCase):
    def _pair(self, **more):
        macs = ('fa:16:3e:00:00:0a', 'fa:16:3e:00:00:0b')
        ports = [
            vif.vif(
                vif.subnet(plumbing.SUBNET, f'10.0.0.{host}'),
                vif.subnet('fd00::/64', f'fd00::{host}'),
                mac=mac,
                **more,
            )
            for host, mac in zip((5, 6), macs, strict=True)
        ]
        return ports, [self.instance(port) for port in ports]

    def _assert_tcp(self, server, client, address='10.0.0.5'):
        data = os.urandom(1 << 18)
        with _connection(server, client, address) as (sender, receiver):
            writer = threading.Thread(target=_send, args=(sender, data))
            writer.start()
            received = _receive(receiver)
            writer.join()
        self.assertEqual(data, received)

    def test_two_instances_speak_tcp(self):
        _, [(_, server), (_, client)] = self._pair()
        self._assert_tcp(server, client)

    def test_two_instances_speak_tcp_over_ipv6(self):
        _, [(_, server), (_, client)] = self._pair()
        self._assert_tcp(server, client, 'fd00::5')

    def test_two_instances_speak_tcp_through_hybrid_bridges(self):
        details = {'datapath_type': 'netdev', 'ovs_hybrid_plug': True}
        ports, [(one, server), (two, client)] = self._pair(details=details)
        self._assert_tcp(server, client)
        for instance, port in zip((one, two), ports, strict=True):
            self.plumber.unplug(instance, [port])
            self.plumber.remove_netns(instance.uuid)
            self.assert_nothing_left_of(port)

    def assert_nothing_left_of(self, port):
        suffix = port['id'][:11]
        self.assertEqual(
            [], [name for name in plumbing.devices() if name.endswith(suffix)]
        )
        self.assertNotIn(f'qvo{suffix}', self.switch.ports())

    def test_checksums_left_to_a_userspace_switch_are_wrong(self):
        version = self.switch.vsctl('get', 'Open_vSwitch', '.', 'ovs_version')
        if not version.startswith('"3.1.'):
            self.skipTest(f'known of Open vSwitch 3.1, this is {version}')
        details = {'datapath_type': 'system'}
        _, [(_, server), (_, client)] = self._pair(details=details)
        listener = server.run(socket.create_server, ('10.0.0.5', 8080))
        self.addCleanup(listener.close)
        sender = client.run(socket.socket)
        self.addCleanup(sender.close)
        sender.setblocking(False)
        sender.connect_ex(('10.0.0.5', 8080))
        netns.wait_until(
            lambda: server.run(_tcp_checksum_errors), 'a wrong checksum'
        )

    def test_plugging_again_does_not_disturb_a_stream(self):
        self._assert_stream_is_not_disturbed(self._pair())

    def test_plugging_again_does_not_disturb_a_hybrid_stream(self):
        details = {'datapath_type': 'netdev', 'ovs_hybrid_plug': True}
        self._assert_stream_is_not_disturbed(self._pair(details=details))

    def _assert_stream_is_not_disturbed(self, pair):
        ports, [(one, server), (two, client)] = pair
        done = threading.Event()
        with _connection(server, client, '10.0.0.5') as (sender, receiver):
            writer = threading.Thread(
                target=_send_numbers, args=(sender, done)
            )
            writer.start()
            before = self._state(ports, server, client)
            for _ in range(10):
                for instance, port in zip((one, two), ports, strict=True):
                    self.plumber.plug(instance, [port], plan.nics([port]))
            after = self._state(ports, server, client)
            done.set()
            received = _receive(receiver)
            writer.join()
        self.assertEqual(before, after)
        numbers = b''.join(b'%07d\n' % n for n in range(len(received) // 8))
        self.assertNotEqual(b'', received)
        self.assertEqual(numbers, received)

    def test_other_addresses_come_and_go_beside_a_stream(self):
        ports, [(one, server), (_, client)] = self._pair()
        done = threading.Event()
        with _connection(server, client, '10.0.0.5') as (sender, receiver):
            writer = threading.Thread(
                target=_send_numbers, args=(sender, done)
            )
            writer.start()
            for turn in range(10):
                more = f'10.0.0.{100 + turn}'
                # Before and after the one of the stream: the first of a
                # subnet is another kind for the kernel.
                ips = [more, '10.0.0.5', f'10.0.0.{200 + turn}']
                self._give(ports[0], *ips[turn % 2 :])
                self.plumber.configure(one, plan.nics(ports[:1]))
            done.set()
            received = _receive(receiver)
            writer.join()
        self.assertEqual(
            {f'{each}/24' for each in ips[1:]},
            {a for a in server.run(plumbing.addresses) if a.startswith('10.')},
        )
        numbers = b''.join(b'%07d\n' % n for n in range(len(received) // 8))
        self.assertNotEqual(b'', received)
        self.assertEqual(numbers, received)

    def _give(self, port, *ips):
        port['network']['subnets'] = [vif.subnet(plumbing.SUBNET, *ips)]

    def test_port_without_a_carrier_is_silent_and_then_as_before(self):
        _, [(one, server), (_, client)] = self._pair()
        witness = vif.vif(
            vif.subnet(plumbing.SUBNET, '10.0.0.7'), mac='fa:16:3e:00:00:0c'
        )
        _, neighbour = self.instance(witness)
        with (
            server.run(_datagrams, '10.0.0.5') as heard,
            client.run(_datagrams, '10.0.0.6') as sender,
            neighbour.run(_datagrams, '10.0.0.7') as seen,
        ):
            for data, is_on in (
                (b'before', True),
                (b'lost', False),
                (b'after', True),
            ):
                self.plumber.set_carrier(one, is_on=is_on)
                sender.sendto(data, ('10.0.0.5', 5000))
                # What comes later has been handled later.
                sender.sendto(data, ('10.0.0.7', 5000))
                self.assertEqual(data, seen.recv(2048))
                # Before the carrier goes: what waits for an answer to "who
                # has 10.0.0.5" would go out when it is back.
                if is_on:
                    self.assertEqual(data, heard.recv(2048))
        self._assert_tcp(server, client)
        self._assert_tcp(client, server, '10.0.0.6')
        self._assert_tcp(server, client, 'fd00::5')

    def test_neighbours_hear_where_a_port_is(self):
        ports, [(one, server), (_, neighbour)] = self._pair()
        # What comes before the switch forwards, nobody hears.
        self._assert_tcp(server, neighbour)
        macs = bytes.fromhex(ports[0]['address'].replace(':', ''))
        with neighbour.run(_listener) as frames:
            self.plumber.announce(one)
            wanted = {
                # RFC 5944 4.6: sender and target are the same address.
                macs
                + socket.inet_aton('10.0.0.5')
                + bytes(6)
                + socket.inet_aton('10.0.0.5'),
                # RFC 4861 4.4: unsolicited, it overrides what was known.
                bytes.fromhex('20000000')
                + socket.inet_pton(socket.AF_INET6, 'fd00::5'),
            }
            while wanted:
                frame = frames.recv(2048)
                wanted -= {each for each in wanted if each in frame}

    def test_port_that_cannot_be_announced_is_logged(self):
        _, [(one, server), _] = self._pair()
        privsep_netns.delete(server.name)
        with mock.patch.object(plumber.LOG, 'warning') as logged:
            self.plumber.announce(one)
        self.assertEqual(1, logged.call_count)

    def _state(self, ports, *namespaces):
        """Give what changes when a link flaps or loses a packet."""
        ofports = [
            self.switch.vsctl('get', 'Interface', name, 'ofport')
            for name in self.switch.ports()
        ]
        return ofports, [space.run(_link_state) for space in namespaces]


@ovs.needs_ovs
class HostTest(plumbing.PlumberTestCase):
    """A switch in userspace leaves what it reads to the host's stack, too."""

    def test_host_answers_nobody_on_a_port(self):
        self._assert_host_hears_nothing()

    def test_host_that_takes_any_source_answers_nobody_either(self):
        # What systemd's defaults set; the greater value of all and one wins.
        path = '/proc/sys/net/ipv4/conf/all/rp_filter'
        pathlib.Path(path).write_text('2')
        self._assert_host_hears_nothing()

    def _assert_host_hears_nothing(self):
        # A tenant may give a network the addresses of the host's own.
        with pyroute2.IPRoute() as ip:
            ip.link('add', ifname='uplink', kind='bridge')
            index = ip.link_lookup(ifname='uplink')[0]
            ip.addr('add', index=index, address='10.0.0.1', prefixlen=24)
            ip.link('set', index=index, state='up')
        _, inside = self.instance(
            vif.vif(vif.subnet(plumbing.SUBNET, '10.0.0.5'))
        )
        neighbour = vif.vif(
            vif.subnet(plumbing.SUBNET, '10.0.0.6'), mac='fa:16:3e:00:00:02'
        )
        _, other = self.instance(neighbour)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host,
            other.run(_datagrams, '10.0.0.6') as heard,
            inside.run(_datagrams, '10.0.0.5') as sender,
        ):
            host.bind(('10.0.0.1', 5000))
            host.setblocking(False)
            inside.run(_send_frame_to_all, b'to the host', '10.0.0.1')
            sender.sendto(b'to the host', ('10.0.0.1', 5000))
            # What comes later has been handled later.
            sender.sendto(b'to a neighbour', ('10.0.0.6', 5000))
            self.assertEqual(b'to a neighbour', heard.recv(2048))
            self.assertRaises(BlockingIOError, host.recv, 2048)


@ovs.needs_ovs
class AdvertisementTest(plumbing.PlumberTestCase):
    """A router of the network that Neutron may or may not know."""

    def _assert_default_routes(self, expected, **subnet):
        router = vif.vif(
            vif.subnet('fd00::/64', 'fd00::1'), mac='fa:16:3e:00:00:0a'
        )
        _, outside = self.instance(router)
        server = vif.vif(
            vif.subnet('fd00::/64', 'fd00::5', **subnet),
            mac='fa:16:3e:00:00:0b',
        )
        _, inside = self.instance(server)

        def is_heard():
            # Again and again, as a router does: a switch may lose one.
            outside.run(_advertise)
            return inside.run(_icmp6, 'InRouterAdvertisements')

        # The kernel acts on it in the same turn in which it counts it.
        netns.wait_until(is_heard, 'the advertisement')
        netns.wait_until(
            lambda: inside.run(_gateways) == expected, 'the route by it'
        )

    def test_router_that_neutron_does_not_name_is_believed(self):
        self._assert_default_routes(
            {'fe80::f816:3eff:fe00:a'}, ipv6_address_mode='slaac'
        )

    def test_router_is_not_believed_beside_one_that_neutron_names(self):
        self._assert_default_routes(
            {'fd00::fe'}, ipv6_address_mode='slaac', gateway='fd00::fe'
        )

    def test_router_is_not_believed_where_nobody_announced_one(self):
        self._assert_default_routes(set())


@contextlib.contextmanager
def _connection(server, client, address):
    family = socket.AF_INET6 if ':' in address else socket.AF_INET

    def listen():
        return socket.create_server((address, 8080), family=family)

    def connect():
        return socket.create_connection((address, 8080), timeout=60)

    with server.run(listen) as listener, client.run(connect) as sender:
        receiver, _ = listener.accept()
        receiver.settimeout(60)
        with receiver:
            yield sender, receiver


def _listener():
    frames = socket.socket(
        socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)
    )
    frames.settimeout(60)
    return frames


def _send(sender, data):
    sender.sendall(data)
    sender.shutdown(socket.SHUT_WR)


def _send_numbers(sender, done):
    number = 0
    while not done.wait(0.0002):
        sender.sendall(b'%07d\n' % number)
        number += 1
    sender.shutdown(socket.SHUT_WR)


def _receive(receiver):
    return b''.join(iter(lambda: receiver.recv(65536), b''))


def _link_state():
    with pyroute2.IPRoute() as ip:
        inner = ip.link('get', ifname='eth0')[0]
    stats = inner.get_attr('IFLA_STATS64')
    names = ('rx_errors', 'tx_errors', 'rx_dropped', 'tx_dropped')
    return (
        inner['index'],
        inner.get_attr('IFLA_CARRIER_CHANGES'),
        [stats[name] for name in names],
    )


def _datagrams(address):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(60)
    sock.bind((address, 5000))
    return sock


def _send_frame_to_all(data, address):
    """Send a datagram to one address in a frame to all stations."""
    udp = struct.pack('!HHHH', 5000, 5000, 8 + len(data), 0) + data
    addresses = socket.inet_aton('10.0.0.5') + socket.inet_aton(address)
    header = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    words = struct.unpack('!10H', header + addresses)
    checksum = sum(words) + (sum(words) >> 16)
    header = header[:10] + struct.pack('!H', ~checksum & 0xFFFF)
    mac = bytes.fromhex('ffffffffffff' + 'fa163e000001' + '0800')
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind(('eth0', _ETH_P_ALL))
        sock.send(mac + header + addresses + udp)


def _advertise():
    """Send a router advertisement to all nodes, RFC 4861 4.2."""
    with socket.socket(
        socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6
    ) as sock:
        index = socket.if_nametoindex('eth0')
        for option, value in (
            (socket.IPV6_MULTICAST_HOPS, 255),
            (socket.IPV6_MULTICAST_IF, index),
        ):
            sock.setsockopt(socket.IPPROTO_IPV6, option, value)
        # Type, code, checksum (by the kernel), hop limit, flags, lifetime.
        text = struct.pack('!BBHBBHII', 134, 0, 0, 64, 0, 1800, 0, 0)
        sock.bind(('fe80::f816:3eff:fe00:a', 0, 0, index))
        sock.sendto(text, ('ff02::1', 0, 0, index))


def _icmp6(counter):
    with open('/proc/thread-self/net/snmp6') as snmp:
        values = dict(line.split() for line in snmp)
    return int(values[f'Icmp6{counter}'])


def _gateways():
    with pyroute2.IPRoute() as ip:
        return {
            route.get_attr('RTA_GATEWAY')
            for route in ip.get_routes(family=socket.AF_INET6, table=254)
            if route['dst_len'] == 0
        }


def _tcp_checksum_errors():
    with open('/proc/thread-self/net/snmp') as snmp:
        names, values = (line.split() for line in snmp if 'Tcp:' in line)
    return int(dict(zip(names, values, strict=True))['InCsumErrors'])
