"""What a container sees of its network: at its first instruction, and later.

On a real engine and a real switch; the container itself tells what it sees.
"""

import dataclasses
import json
import pathlib

import docker
import pyroute2

from novadocker import exception
from novadocker import model
from novadocker.network import metadata
from novadocker.ops import create
from novadocker.ops import interfaces
from novadocker.ops import power
from novadocker.ops import tools as ops_tools
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import rootfs
from tests.fixtures import vif
from tests.functional import test_boot

# The shell is PID 1: this is its first instruction. A line for each.
LOOK = (
    'echo $(ip -j addr); echo $(ip -j -4 route); echo $(ip -j -6 route);'
    'cat /etc/resolv.conf /etc/hosts; exec sleep 600'
)
_MACS = ('fa:16:3e:00:00:01', 'fa:16:3e:00:00:02', 'fa:16:3e:00:00:03')


def _ports():
    """Give three ports, as a server between networks has them."""
    return [
        # A network of management: no way out, host routes, jumbo frames.
        vif.vif(
            vif.subnet(
                '10.10.0.0/24',
                '10.10.0.5',
                '10.10.0.6',
                routes=(('10.20.0.0/16', '10.10.0.254'),),
                dns=('10.10.0.53',),
            ),
            mac=_MACS[0],
            mtu=8942,
            network_id='5f2b5b1e-0000-4000-8000-00000000000a',
        ),
        # The way out, of both families; the IPv6 address is the one that
        # SLAAC would give this MAC (RFC 4291, appendix A).
        vif.vif(
            vif.subnet(
                '10.11.0.0/24',
                '10.11.0.5',
                gateway='10.11.0.1',
                dns=('192.0.2.53',),
            ),
            vif.subnet(
                'fd11::/64',
                'fd11::f816:3eff:fe00:2',
                gateway='fd11::1',
                dns=('2001:db8::53',),
                routes=(('2001:db8:5::/48', 'fd11::fe'),),
                ipv6_address_mode='slaac',
            ),
            mac=_MACS[1],
            mtu=1442,
            network_id='5f2b5b1e-0000-4000-8000-00000000000b',
        ),
        # IPv6 alone, and another gateway that is not to be used.
        vif.vif(
            vif.subnet(
                'fd12::/64',
                'fd12::5',
                gateway='fd12::1',
                ipv6_address_mode='dhcpv6-stateful',
            ),
            mac=_MACS[2],
            mtu=1280,
            network_id='5f2b5b1e-0000-4000-8000-00000000000c',
        ),
    ]


class NetworkTestCase(test_boot.BootTestCase):
    def setUp(self):
        super().setUp()
        self.ports = _ports()

    def _download(self, context, image_id, path, trusted_certs):
        pathlib.Path(path).write_bytes(
            rootfs.archive(
                'someone-elses:tag',
                ('sh', '-c', LOOK),
                programs=(*rootfs.PROGRAMS, 'ip'),
            )
        )

    def boot(self):
        container = super()._boot(image_properties={'docker_init': 'false'})
        self.addCleanup(self._destroy)
        return container

    def first_look(self, container):
        """Give addresses, routes and the rest of what it wrote first."""
        lines = []

        def has_written():
            lines[:] = self._log(container).splitlines()
            return any(line.endswith(' web') for line in lines)

        netns.wait_until(has_written, 'the look of the container')
        found = [json.loads(line) for line in lines[:3]]
        return found[0], found[1] + found[2], lines[3:]

    def inside(self, *command, container=None):
        """Run a command in the container, as its users do."""
        client = docker.APIClient(self.dockerd.host, version='1.41')
        self.addCleanup(client.close)
        container = container or f'nova-{self.namespace.uuid}'
        made = client.exec_create(container, list(command))
        return client.exec_start(made['Id']).decode()

    def devices(self):
        found = json.loads(self.inside('ip', '-j', 'addr'))
        return {each['ifname']: each for each in found}

    def defaults(self):
        """Give gateway and device of the default routes."""
        return {
            (route['gateway'], route['dev'])
            for family in ('-4', '-6')
            for route in json.loads(self.inside('ip', '-j', family, 'route'))
            if route['dst'] == 'default'
        }


class CapabilityTest(NetworkTestCase):
    """What a container with a capability more can do to other networks."""

    def _boot_with(self, capability):
        self.extra_specs = {'docker:cap_add': capability}
        self.boot()

    def _view(self, **changes):
        flavor = model.Flavor(1, 64, 0, 1, self.extra_specs)
        return dataclasses.replace(super()._view(**changes), flavor=flavor)

    def _reach_out(self, target, **options):
        """Put a device of the container on a device of the host."""
        # By its number and the host's, as the container knows them.
        return self.inside(
            *('ip', 'link', 'add', 'link', f'if{target}', 'link-netnsid', '0'),
            *('name', 'out0', 'type', 'macvlan'),
            **options,
        )

    def _host_device(self):
        with pyroute2.IPRoute() as ip:
            ip.link('add', ifname='uplink', kind='bridge')
            return ip.link_lookup(ifname='uplink')[0]

    def test_net_raw_does_not_leave_the_port(self):
        self._boot_with('NET_RAW')
        answer = self._reach_out(self._host_device())
        self.assertIn('not permitted', answer)
        self.assertNotIn('out0', self.devices())

    def test_net_admin_is_refused(self):
        error = self.assertRaises(
            exception.InvalidContainerOption, self._boot_with, 'NET_ADMIN'
        )
        self.assertIn('networks of the host', str(error))
        self.assert_nothing_left()

    def test_net_admin_would_leave_the_port(self):
        # If the kernel stops this one day, there is no reason to refuse it.
        self._boot_with('NET_RAW')
        beside = self._container_beside_with('NET_ADMIN')
        self._reach_out(self._host_device(), container=beside)
        self.assertIn('out0', self.devices())

    def _container_beside_with(self, capability):
        """Start a container in the same namespace, past the driver."""
        server = ops_tools.find(self.tools, self.namespace.uuid)
        client = self.dockerd.client
        made = client.create_container_from_config(
            {
                'Image': server.image_id,
                'Cmd': ['sleep', '600'],
                'NetworkDisabled': True,
                'HostConfig': {
                    'Runtime': dockerd.RUNTIME,
                    'NetworkMode': 'none',
                    'CapAdd': [capability],
                },
            }
        )['Id']
        self.addCleanup(client.remove_container, made, force=True)
        self.addCleanup(self.tools.plumber.unmap, made)
        self.tools.plumber.map(made, self.namespace.uuid)
        client.start(made)
        return made


def _addresses(device):
    return {
        f'{each["local"]}/{each["prefixlen"]}'
        for each in device['addr_info']
        if each['scope'] == 'global'
    }


class FirstInstructionTest(NetworkTestCase):
    def test_devices_are_complete(self):
        devices, _, _ = self.first_look(self.boot())
        found = {
            each['ifname']: (
                each['mtu'],
                each['address'],
                each['operstate'],
                _addresses(each),
            )
            for each in devices
            if each['ifname'] != 'lo'
        }
        two = {'10.10.0.5/24', '10.10.0.6/24'}
        both = {'10.11.0.5/24', 'fd11::f816:3eff:fe00:2/64'}
        self.assertEqual(
            {
                'eth0': (8942, _MACS[0], 'UP', two),
                'eth1': (1442, _MACS[1], 'UP', both),
                'eth2': (1280, _MACS[2], 'UP', {'fd12::5/64'}),
            },
            found,
        )

    def test_no_address_is_still_being_tried(self):
        devices, _, _ = self.first_look(self.boot())
        tentative = [
            each
            for device in devices
            for each in device['addr_info']
            if each.get('tentative') and each['scope'] == 'global'
        ]
        self.assertEqual([], tentative)

    def test_port_without_ipv6_addresses_has_no_ipv6(self):
        devices, _, _ = self.first_look(self.boot())
        (first,) = (each for each in devices if each['ifname'] == 'eth0')
        families = {each['family'] for each in first['addr_info']}
        self.assertEqual({'inet'}, families)

    def test_routes_are_complete_and_leave_nothing_to_chance(self):
        _, routes, _ = self.first_look(self.boot())
        found = {
            (route['dst'], route['gateway'], route['dev'])
            for route in routes
            if 'gateway' in route
        }
        self.assertEqual(
            {
                ('10.20.0.0/16', '10.10.0.254', 'eth0'),
                ('default', '10.11.0.1', 'eth1'),
                ('2001:db8:5::/48', 'fd11::fe', 'eth1'),
                ('default', 'fd11::1', 'eth1'),
            },
            found,
        )

    def test_metadata_service_of_ovn_has_its_route(self):
        self.tools = dataclasses.replace(
            self.tools,
            metadata_ports=metadata.MetadataPorts(
                lambda network_id: [
                    {'fixed_ips': [{'ip_address': '10.11.0.2'}]}
                ]
            ),
        )
        self.creator = create.Creator(self.tools, self.images, self._wait)
        self.ports[1]['details']['bound_drivers'] = {'0': 'ovn'}
        _, routes, _ = self.first_look(self.boot())
        found = {route['dst']: route.get('gateway') for route in routes}
        self.assertEqual('10.11.0.2', found['169.254.169.254'])

    def test_names_can_be_resolved(self):
        _, _, lines = self.first_look(self.boot())
        servers = [line for line in lines if line.startswith('nameserver')]
        self.assertEqual(
            [
                'nameserver 10.10.0.53',
                'nameserver 192.0.2.53',
                'nameserver 2001:db8::53',
            ],
            servers,
        )
        self.assertIn('10.10.0.5 web', lines)
        self.assertIn('fd11::f816:3eff:fe00:2 web', lines)

    def test_network_survives_a_restart_of_the_container_alone(self):
        container = self.boot()
        before = self.defaults()
        self.engine.kill(container.id)
        self.engine.start(container.id)
        self.assertEqual(before, self.defaults())


class ChangeTest(NetworkTestCase):
    def setUp(self):
        super().setUp()
        self.all_ports, self.ports = self.ports, self.ports[:1]
        self.more = self.all_ports[1]

    def attach(self):
        interfaces.attach(
            self.tools, self.instance, self._view(), self.more, self.ports
        )
        self.addCleanup(
            self.tools.plumber.unplug_vif, self.instance, self.more
        )

    def detach(self, port, rest):
        interfaces.detach(self.tools, self.instance, self._view(), port, rest)

    def test_attached_port_appears_with_all_that_it_brings(self):
        self.boot()
        self.assertEqual(set(), self.defaults())
        self.attach()
        self.assertEqual(
            {'10.11.0.5/24', 'fd11::f816:3eff:fe00:2/64'},
            _addresses(self.devices()['eth1']),
        )
        self.assertEqual(
            {('10.11.0.1', 'eth1'), ('fd11::1', 'eth1')}, self.defaults()
        )
        self.assertIn('192.0.2.53', self.inside('cat', '/etc/resolv.conf'))
        self.assertIn(self.more['devname'], self.switch.ports())

    def test_detached_port_disappears_with_all_that_it_brought(self):
        self.boot()
        self.attach()
        for _ in range(2):
            self.detach(self.more, self.ports)
            self.assertEqual({'lo', 'eth0'}, set(self.devices()))
            self.assertEqual(set(), self.defaults())
            resolv_conf = self.inside('cat', '/etc/resolv.conf')
            self.assertNotIn('192.0.2.53', resolv_conf)
            self.assertNotIn(self.more['devname'], self.switch.ports())

    def test_way_out_moves_to_the_port_that_is_left(self):
        self.ports = [self.all_ports[2]]
        self.boot()
        self.attach()
        self.assertIn(('fd12::1', 'eth0'), self.defaults())
        self.detach(self.ports[0], [self.more])
        self.ports = [self.more]
        self.assertEqual(
            {('10.11.0.1', 'eth1'), ('fd11::1', 'eth1')}, self.defaults()
        )

    def test_next_port_takes_the_first_name_that_is_free(self):
        self.boot()
        self.attach()
        self.detach(self.ports[0], [self.more])
        third = self.all_ports[2]
        interfaces.attach(
            self.tools, self.instance, self._view(), third, [self.more]
        )
        self.ports = [self.more, third]
        macs = {name: d['address'] for name, d in self.devices().items()}
        self.assertEqual(_MACS[2], macs['eth0'])
        self.assertEqual(_MACS[1], macs['eth1'])

    def test_stopped_server_starts_with_what_was_attached(self):
        self.boot()
        power.power_off(self.tools, self.instance, timeout_s=0)
        self.attach()
        self.assertIn(self.more['devname'], self.switch.ports())
        self._start([*self.ports, self.more])
        self.assertEqual({'lo', 'eth0', 'eth1'}, set(self.devices()))

    def test_stopped_server_starts_without_what_was_detached(self):
        self.boot()
        self.attach()
        power.power_off(self.tools, self.instance, timeout_s=0)
        self.detach(self.more, self.ports)
        self.assertNotIn(self.more['devname'], self.switch.ports())
        self._start(self.ports)
        self.assertEqual({'lo', 'eth0'}, set(self.devices()))

    def _start(self, ports):
        power.power_on(self.tools, self.instance, self._view(), ports)

    def test_fixed_ips_come_and_go(self):
        self.boot()
        (port,) = self.ports
        for ips in (
            ['10.10.0.5', '10.10.0.6', '10.10.0.7'],
            ['10.10.0.6', '10.10.0.7'],
            ['10.10.0.7'],
        ):
            subnet = vif.subnet('10.10.0.0/24', *ips)
            port['network']['subnets'] = [subnet]
            interfaces.refresh(
                self.tools, self.instance, self._view(), self.ports
            )
            self.assertEqual(
                {f'{each}/24' for each in ips},
                _addresses(self.devices()['eth0']),
            )
            self.assertIn(f'{ips[0]} web', self.inside('cat', '/etc/hosts'))
