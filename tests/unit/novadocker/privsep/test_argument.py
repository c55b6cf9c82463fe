"""What the room with power accepts, and what it refuses."""

import testtools

from novadocker import exception
from novadocker.privsep import argument

_UUID = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'
_DEVICE = 'tap0f1e2d3c-4b'
_NOT_TEXT = (None, 7, b'tap0f1e2d3c-4b', ['tap0f1e2d3c-4b'])


class ArgumentTest(testtools.TestCase):
    def test_names_of_ours_are_accepted(self):
        for check, value in (
            (argument.netns_name, f'nova-{_UUID}'),
            (argument.host_device, _DEVICE),
            (argument.hybrid_bridge, 'qbr0f1e2d3c-4b'),
            (argument.interface, 'eth0'),
            (argument.interface, 'eth12'),
            (argument.container_id, '0123456789abcdef' * 4),
        ):
            self.assertEqual(value, check(value))
        self.assertEqual(1, argument.pid('c', 1))

    def test_what_is_no_process_is_refused(self):
        for value in (None, True, '1', 1.0, 0, -1, 2**22 + 1):
            self.assertRaises(
                exception.MemoryNotReclaimed, argument.pid, 'c', value
            )

    def test_namespaces_of_others_are_refused(self):
        for value in (
            *_NOT_TEXT,
            '',
            'nova-',
            _UUID,
            f'nova-{_UUID}\n',
            f'nova-{_UUID}/',
            f'../nova-{_UUID}',
            f'nova-{_UUID.upper()}',
            'nova-../../../../../../../../proc/1/ns',
        ):
            self._assert(exception.NetnsBroken, argument.netns_name, value)
            self.assertFalse(argument.is_netns_name(value))

    def test_what_is_said_of_a_volume(self):
        for disk in ('/dev/sdb', '/dev/disk/by-path/pci-0:1', '/dev/a:b'):
            self.assertEqual(disk, argument.disk(disk))
        for target in (
            '/data',
            '/var/lib/a.b_c@d',
            '/volumes/vdb',
            '/devices',
        ):
            self.assertEqual(target, argument.target('d', target))
        self.assertEqual('xfs', argument.filesystem('d', 'xfs'))

    def test_disks_that_are_none_are_refused(self):
        for value in (
            *(None, 7, b'/dev/sdb', '', '/dev', '/dev/', 'dev/sdb', '/sdb'),
            *('/dev/../etc/shadow', '/dev//sdb', '/dev/./sdb', '/dev/sdb/'),
            *('/dev/sd b', '/dev/sdb\n', '/device/sdb', '/etc/dev/sdb'),
        ):
            self._assert(exception.VolumeUnusable, argument.disk, value)

    def test_places_where_no_volume_goes_are_refused(self):
        for value in (
            *(None, 7, b'/a', '', '/', 'a', '/a/', '//a', '/a/../b', '/./a'),
            *('/proc', '/proc/self', '/sys/fs/cgroup', '/dev/shm', '/a b'),
            *('/a\n', '/a,ro', '/\u00fc'),
        ):
            with self.subTest(value):
                self.assertRaises(
                    exception.VolumeUnusable, argument.target, 'd', value
                )

    def test_other_file_systems_are_refused(self):
        for value in (None, '', 'btrfs', 'ext3', 'EXT4', ['ext4']):
            self.assertRaises(
                exception.VolumeUnusable, argument.filesystem, 'd', value
            )

    def test_devices_of_others_are_refused(self):
        for value in (
            *_NOT_TEXT,
            '',
            'eth0',
            'tap',
            'br-int',
            f'{_DEVICE}\n',
            f'{_DEVICE}0',
            'tap0f1e2d3c/4b',
            'tap../../../..',
            'tapABCDEFAB-CD',
        ):
            for check in (argument.host_device, argument.hybrid_bridge):
                self._assert(exception.LinkFailed, check, value)
            self.assertFalse(argument.is_host_device(value))
        self.assertTrue(argument.is_host_device(_DEVICE))

    def test_a_device_is_no_bridge_and_a_bridge_no_device(self):
        for check, value in (
            (argument.hybrid_bridge, _DEVICE),
            (argument.host_device, 'qbr0f1e2d3c-4b'),
        ):
            self._assert(exception.LinkFailed, check, value)

    def test_other_names_inside_a_container_are_refused(self):
        for value in (*_NOT_TEXT, 'eth', 'eth01', 'eth1000', 'lo', 'eth0\n'):
            self._assert(exception.LinkFailed, argument.interface, value)

    def test_mac_is_given_in_lower_case(self):
        given = argument.mac(_DEVICE, 'FA:16:3E:00:00:01')
        self.assertEqual('fa:16:3e:00:00:01', given)

    def test_what_is_no_mac_of_a_station_is_refused(self):
        for value in (
            *_NOT_TEXT,
            'fa:16:3e:00:00',
            'fa-16-3e-00-00-01',
            'fa:16:3e:00:00:01\n',
            '01:00:5e:00:00:01',
            '00:00:00:00:00:00',
            'ff:ff:ff:ff:ff:ff',
        ):
            self._assert(exception.LinkFailed, argument.mac, _DEVICE, value)

    def test_mtu_is_a_number_that_a_device_can_have(self):
        self.assertEqual(68, argument.mtu(_DEVICE, 68))
        self.assertEqual(65535, argument.mtu(_DEVICE, 65535))
        for value in (67, 65536, -1, True, '1500', None, 1500.0):
            self._assert(exception.LinkFailed, argument.mtu, _DEVICE, value)

    def test_address_has_a_prefix(self):
        for value in ('10.0.0.5/24', 'fd00::5/64'):
            self.assertEqual([value], argument.addresses(_DEVICE, [value]))
        for value in (
            *_NOT_TEXT,
            '10.0.0.5',
            '10.0.0.5/33',
            '10.0.0/24',
            'fd00::5/129',
            '10.0.0.5/24 dev lo',
            'fe80::5%eth0/64',
        ):
            self._assert(
                exception.LinkFailed, argument.addresses, _DEVICE, [value]
            )

    def test_route_is_a_network_and_a_gateway_of_its_family(self):
        for given in (
            ('0.0.0.0/0', '10.0.0.1'),
            ('::/0', 'fe80::1'),
            ('192.0.2.1/32', None),
        ):
            self.assertEqual([given], argument.routes(_DEVICE, [given]))
        for destination, gateway in (
            (None, None),
            (167772160, None),
            ('default', '10.0.0.1'),
            ('10.0.0.1/24', '10.0.0.1'),
            ('0.0.0.0/0', 'router'),
            ('0.0.0.0/0', 'fe80::1'),
            ('::/0', '10.0.0.1'),
            ('::/0', 'fe80::1%eth0'),
            ('fe80::%eth0/64', 'fe80::1'),
        ):
            self._assert(
                exception.LinkFailed,
                argument.routes,
                _DEVICE,
                [(destination, gateway)],
            )

    def test_what_is_no_list_is_refused(self):
        for check in (argument.addresses, argument.routes):
            self.assertEqual([], check(_DEVICE, ()))
            for value in (None, 7, '10.0.0.5/24', {'10.0.0.5/24': None}):
                self._assert(exception.LinkFailed, check, _DEVICE, value)

    def test_route_that_is_no_pair_is_refused(self):
        for value in (None, 7, '::/0', ('::/0',), ('::/0', None, None)):
            self._assert(
                exception.LinkFailed, argument.routes, _DEVICE, [value]
            )

    def test_short_and_foreign_ids_of_containers_are_refused(self):
        for value in (*_NOT_TEXT, '0123456789ab', 'g' * 64, '0' * 64 + '\n'):
            self._assert(
                exception.MapEntryInvalid, argument.container_id, value
            )

    def test_map_is_kept_below_a_folder_of_ours(self):
        for value in ('/run/nova-docker/netns', '/run/nova-docker-2/a_b.c/d'):
            self.assertEqual(value, argument.map_dir(value))
        for value in (
            *_NOT_TEXT,
            '',
            '/run',
            '/run/nova',
            '/run/systemd/nova-docker',
            '/etc/nova-docker',
            '/run/nova-docker/',
            '/run/nova-docker/..',
            '/run/nova-docker/../sudo',
            '/run/nova-docker/./netns',
            '/run/nova-docker//netns',
            '/run/nova-docker/netns\n',
            '/run/nova-docker/net\0ns',
            '/run/nova-docker\u00e9/netns',
        ):
            self._assert(exception.MapEntryInvalid, argument.map_dir, value)

    def _assert(self, error, check, *args):
        self.assertRaises(error, check, *args)
