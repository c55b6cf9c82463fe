"""Ports of a running server, through the public APIs."""

import json
import subprocess
import sys
import threading
import uuid

import openstack

from tests.integration import cloud

# Connects from inside of a server's namespace; says what memcached says.
ASK = """\
import socket, sys
sock = socket.create_connection((sys.argv[1], 11211), 5)
sock.sendall(b'version\\r\\nquit\\r\\n')
print(sock.makefile().read())
"""
# Says who announces himself by ARP: sender and target are the same (RFC 5944).
LISTEN = """\
import socket
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
print('listening', flush=True)
while True:
    frame = sock.recv(2048)
    if frame[28:32] == frame[38:42]:
        print(socket.inet_ntoa(frame[28:32]), flush=True)
"""
# What who holds NET_RAW can do: announce addresses, own ones or not, each from
# the MAC that stands before it.
ANNOUNCE = """\
import socket, struct, sys
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
    sock.bind(('eth0', 0x0806))
    for mac, address in zip(sys.argv[1::2], sys.argv[2::2]):
        own = bytes.fromhex(mac.replace(':', '')) + socket.inet_aton(address)
        sock.send(
            bytes(6 * [255]) + own[:6] + bytes.fromhex('0806')
            + struct.pack('!HHBBH', 1, 0x0800, 6, 4, 1)
            + own + bytes(6) + own[6:]
        )
"""


class PortsTestCase(cloud.CloudTestCase):
    def subnet(self, network, cidr):
        """Make a subnet without a router.

        And without DHCP, for which a server has no use: the agent may leave
        the namespace of a network behind that goes while it sets it up.
        """
        return self.admin.network.create_subnet(
            network_id=network.id,
            is_dhcp_enabled=False,
            cidr=cidr,
            ip_version=6 if ':' in cidr else 4,
            gateway_ip=None,
            dns_nameservers=['192.0.2.53'] if '.' in cidr else [],
        )

    def second_network(self):
        network = self.admin.network.create_network(
            name=f'test-{uuid.uuid4().hex[:8]}', mtu=1300
        )
        self.addCleanup(self.admin.network.delete_network, network.id)
        self.subnet(network, '10.77.0.0/24')
        return network

    def port(self, network, **more):
        port = self.admin.network.create_port(network_id=network.id, **more)
        self.addCleanup(
            self.admin.network.delete_port, port.id, ignore_missing=True
        )
        return port

    def attach(self, server, port):
        self.admin.compute.create_server_interface(server.id, port_id=port.id)

    def detach(self, server, port):
        self.admin.compute.delete_server_interface(port.id, server=server.id)
        cloud.wait_until(
            lambda: (
                port.id
                not in [
                    each.port_id
                    for each in self.admin.compute.server_interfaces(server.id)
                ]
            ),
            'the end of the port',
        )

    def inside(self, server, *command):
        """Run a command of the machine in a server's namespace."""
        netns = f'--net=/run/netns/nova-{server.id}'
        return self.machine('nsenter', netns, *command)

    def devices(self, server):
        found = json.loads(self.inside(server, 'ip', '-j', 'addr'))
        return {
            each['ifname']: (
                each['mtu'],
                {a['local'] for a in each['addr_info']},
            )
            for each in found
            if each['ifname'] != 'lo'
        }

    def addresses(self, server):
        _, found = self.devices(server)['eth0']
        return found

    def ipv4(self, server):
        (found,) = (each for each in self.addresses(server) if '.' in each)
        return found

    def assert_left_by_none(self, ports):
        """See that no device of these ports is on the machine."""
        devices = self.machine('ip', '-o', 'link')
        switch = self.machine(
            *(cloud.QUICKSTART, 'exec', 'ovs-vsctl', 'list-ports', 'br-int')
        )
        for port in ports:
            self.assertNotIn(port.id[:11], devices + switch)

    def machine(self, *command):
        return subprocess.run(
            command, check=True, capture_output=True, text=True
        ).stdout

    def address_of(self, port):
        return port.fixed_ips[0]['ip_address']

    def ask(self, client, address):
        """Ask memcached at an address, from inside of another server."""

        def try_once():
            try:
                return self.inside(client, sys.executable, '-c', ASK, address)
            except subprocess.CalledProcessError:
                return None

        return cloud.wait_until(try_once, f'memcached at {address}')

    def can(self, client, address):
        """Tell whether memcached answers another server."""
        try:
            self.inside(client, sys.executable, '-c', ASK, address)
        except subprocess.CalledProcessError:
            return False
        return True


class AttachTest(PortsTestCase):
    def test_port_of_a_running_server_comes_and_goes(self):
        group = self.open_port()
        server, client = (
            self.boot(security_groups=[{'name': group}]) for _ in range(2)
        )
        network = self.second_network()
        found = self.admin.network.find_security_group(group)
        ports = [
            self.port(network, security_group_ids=[found.id]) for _ in range(2)
        ]
        for each, port in zip((server, client), ports, strict=True):
            self.attach(each, port)
        mtu, addresses = self.devices(server)['eth1']
        self.assertEqual(1300, mtu)
        address = self.address_of(ports[0])
        self.assertEqual({address}, addresses)
        self.assertIn('VERSION', self.ask(client, address))
        pid = self.container(server)['State']['Pid']

        self.detach(server, ports[0])
        self.assertEqual({'eth0'}, set(self.devices(server)))
        self.assertEqual(pid, self.container(server)['State']['Pid'])
        self.detach(client, ports[1])
        self.assert_left_by_none(ports)

    def test_port_of_a_stopped_server_comes_and_goes(self):
        server, compute = self.boot(), self.admin.compute
        port = self.port(self.second_network())
        for change, devices in (
            (self.attach, {'eth0', 'eth1'}),
            (self.detach, {'eth0'}),
        ):
            compute.stop_server(server)
            self.wait_for_status(server, 'SHUTOFF')
            change(server, port)
            compute.start_server(server)
            self.wait_for_status(server, 'ACTIVE')
            self.assertEqual(devices, set(self.devices(server)))

    def test_port_that_neutron_deletes_goes(self):
        server, network = self.boot(), self.second_network()
        port = self.port(network)
        self.attach(server, port)
        self.admin.network.delete_port(port.id)
        cloud.wait_until(
            lambda: set(self.devices(server)) == {'eth0'},
            'the end of the device',
        )

    def test_network_with_both_families_is_there_from_the_start(self):
        network = self.second_network()
        self.admin.network.create_subnet(
            network_id=network.id,
            cidr='fd77::/64',
            ip_version=6,
            ipv6_ra_mode='slaac',
            ipv6_address_mode='slaac',
        )
        port = self.port(network)
        server = self.boot()
        self.attach(server, port)
        wanted = {each['ip_address'] for each in port.fixed_ips}
        self.assertEqual(2, len(wanted))
        _, found = self.devices(server)['eth1']
        self.assertLessEqual(wanted, found)
        self.admin.compute.reboot_server(server, 'HARD')
        self.wait_for_status(server, 'ACTIVE')
        _, found = self.devices(server)['eth1']
        self.assertLessEqual(wanted, found)


class AnnounceTest(PortsTestCase):
    def test_neighbours_hear_of_a_new_server(self):
        heard = self._heard_by(self.boot())
        address = self.ipv4(self.boot())
        cloud.wait_until(lambda: f'{address}\n' in heard, 'the announcement')

    def test_neighbours_do_not_hear_what_is_made_up(self):
        heard, server = self._heard_by(self.boot()), self.boot()
        address = self.ipv4(server)
        cloud.wait_until(lambda: f'{address}\n' in heard, 'the announcement')
        count = len(heard)
        (port,) = self.admin.network.ports(device_id=server.id)
        own, strange = port.mac_address, 'fa:16:3e:00:00:99'
        self.inside(
            server,
            *(sys.executable, '-c', ANNOUNCE),
            *(own, '192.0.2.66', strange, '192.0.2.67', strange, address),
            # The last one is true: the others were before it.
            *(own, address),
        )
        cloud.wait_until(lambda: len(heard) > count, 'the announcement')
        # What the host announces of a new port may come late, and twice.
        self.assertEqual({f'{address}\n'}, {*heard[count:]})

    def _heard_by(self, neighbour):
        """Give a list that fills with what a server hears announced."""
        listener = subprocess.Popen(
            [
                *('nsenter', f'--net=/run/netns/nova-{neighbour.id}'),
                *(sys.executable, '-c', LISTEN),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        heard = []

        def read():
            for line in listener.stdout:
                heard.append(line)

        reader = threading.Thread(target=read)
        self.addCleanup(listener.stdout.close)
        self.addCleanup(reader.join)
        self.addCleanup(listener.wait)
        self.addCleanup(listener.kill)
        self.assertEqual('listening\n', listener.stdout.readline())
        reader.start()
        return heard


class SecurityGroupTest(PortsTestCase):
    def setUp(self):
        super().setUp()
        network = self.admin.network
        # Without the rules that let everything out.
        self.group = network.create_security_group(name=f'test-{uuid.uuid4()}')
        self.addCleanup(network.delete_security_group, self.group)
        for rule in self.group.security_group_rules:
            network.delete_security_group_rule(rule['id'])
        self.server = self.boot(
            security_groups=[{'name': self.group.name}],
        )
        self.client = self.boot(security_groups=[{'name': self.open_port()}])

    def rule(self, direction):
        return self.admin.network.create_security_group_rule(
            security_group_id=self.group.id,
            direction=direction,
            protocol='tcp',
            port_range_min=cloud.PORT,
            port_range_max=cloud.PORT,
        )

    def test_rules_of_a_running_server_count_in_both_directions(self):
        for direction, way in (
            ('ingress', (self.client, self.ipv4(self.server))),
            ('egress', (self.server, self.ipv4(self.client))),
        ):
            self.assertFalse(self.can(*way), direction)
            rule = self.rule(direction)
            cloud.wait_until(lambda way=way: self.can(*way), direction)
            self.admin.network.delete_security_group_rule(rule)
            cloud.wait_until(lambda way=way: not self.can(*way), direction)


class FixedIpTest(PortsTestCase):
    def test_fixed_ip_comes_and_goes(self):
        group = self.open_port()
        server, client = (
            self.boot(security_groups=[{'name': group}]) for _ in range(2)
        )
        before = self.addresses(server)
        self._act(server, 'addFixedIp', networkId=self.network().id)
        (added,) = cloud.wait_until(
            lambda: self.addresses(server) - before, 'the address'
        )
        self.assertIn('VERSION', self.ask(client, added))
        self._act(server, 'removeFixedIp', address=added)
        cloud.wait_until(
            lambda: self.addresses(server) == before,
            'the end of the address',
        )

    def _act(self, server, action, **more):
        # Later microversions have only the ports of Neutron for it.
        answer = self.admin.compute.post(
            f'/servers/{server.id}/action',
            json={action: more},
            microversion='2.1',
        )
        self.assertEqual(202, answer.status_code)


class UnusablePortTest(PortsTestCase):
    def test_port_that_no_container_can_use_is_undone(self):
        server = self.boot()
        port = self.port(self.second_network(), binding_vnic_type='direct')
        self.assertRaises(
            openstack.exceptions.SDKException, self.attach, server, port
        )
        self.assertEqual({'eth0'}, set(self.devices(server)))
        self.assert_left_by_none([port])
