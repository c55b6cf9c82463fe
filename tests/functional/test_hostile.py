"""What a hostile nova-compute could ask of the room with power.

Each argument of each entry point is given what it must not accept, through
the real daemon with the capabilities that it has. Refused means: an error, and
the host is as it was.
"""

import ctypes
import functools
import os
import pathlib
import threading

import pyroute2
import testtools

from novadocker import exception
import novadocker.privsep
from novadocker.privsep import runtime_map
from novadocker.privsep import syscall
from tests.fixtures import netns
from tests.fixtures import privileged
from tests.functional import test_privsep

_OWN = '/proc/thread-self/ns/net'
_DEVICE = 'tap0a0b0c0d-0e'
_ID = '0123456789abcdef' * 4
_SOCKET = 'nova-docker-layer-' + '0' * 32
_REFUSALS = (
    exception.LayerUnreadable,
    exception.LinkFailed,
    exception.NetnsBroken,
    exception.MapEntryInvalid,
    exception.MemoryNotReclaimed,
    exception.ProcessRefused,
    exception.VolumeUnusable,
)

_NOT_TEXT = (None, True, 7, -1, 1.5, b'x', ['x'], {'x': 'y'})
_NOT_A_NAME = (
    *_NOT_TEXT,
    *('', '.', '..', '/', '-', '*', '\0', '\n', 'a' * 4096, '\u00e9'),
    *('../../etc', '/proc/1/ns/net', '/etc/passwd', '$(id)', '; id'),
)
_NOT_A_LIST = (None, True, 7, 'x', {'x': 'y'})
# By the name of the argument; a value that is fine comes from _good().
HOSTILE = {
    'netns_name': (
        *_NOT_A_NAME,
        *('host', 'qdhcp-5f2b5b1e-0000-4000-8000-000000000001'),
        'ovnmeta-5f2b5b1e-0000-4000-8000-000000000001',
        'nova-5f2b5b1e-0000-4000-8000-00000000000',
        'nova-5f2b5b1e-0000-4000-8000-00000000000A',
        'nova-5f2b5b1e-0000-4000-8000-000000000001\0',
        'nova-5f2b5b1e-0000-4000-8000-000000000001/..',
        'nova-/../../../../../../../proc/1/ns/net----',
    ),
    'device': (
        *_NOT_A_NAME,
        *('lo', 'eth0', 'br-int', 'ovs-netdev', 'docker0', 'tap0'),
        *('tap0a0b0c0d-0g', f'{_DEVICE}f', f'{_DEVICE}\0', 'tap../../../0'),
    ),
    'bridge': (*_NOT_A_NAME, 'br-int', _DEVICE, 'qbr0a0b0c0d-0e0', 'lo'),
    'interface': (
        *_NOT_A_NAME,
        *('lo', 'all', 'default', 'eth', 'eth-1', 'eth1000', 'eth0/..'),
    ),
    'mac': (
        *_NOT_A_NAME,
        *('01:00:5e:00:00:01', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00'),
        *('fa:16:3e:00:00:0', 'fa:16:3e:00:00:01:02', 'fa:16:3e:00:00:0g'),
    ),
    'mtu': (
        *(None, True, '1500', 1500.0, [1500], -1, 0, 67, 65536, 2**31),
        *(2**32, 2**63),
    ),
    'addresses': (
        *_NOT_A_LIST,
        *([None], [7], ['10.0.0.5'], ['10.0.0.5/33'], ['10.0.0.5/-1']),
        *(['fd00::5/129'], ['fe80::5%eth0/64'], ['10.0.0.5/24 dev lo']),
        *(['10.0.0.5/24\0'], ['../24'], [['10.0.0.5', 24]]),
    ),
    'routes': (
        *_NOT_A_LIST,
        *([None], [7], ['default'], [('0.0.0.0/0',)], [('a', 'b', 'c')]),
        *([('default', '10.0.0.1')], [('10.0.0.1/24', '10.0.0.1')]),
        *([('0.0.0.0/0', 'fe80::1')], [('::/0', 'fe80::1%eth0')]),
        *([('0.0.0.0/0', '10.0.0.1 dev lo')], [(None, None)]),
    ),
    'map_dir': (
        *_NOT_A_NAME,
        *('/run', '/run/', '/etc', '/run/systemd/system', '/run/user/0'),
        *('/run/nova-docker/../sudo', '/run/nova-docker/./x', 'run/x'),
        *('/run/nova-docker//x', '/run/nova-docker/', '/run/nova-docker/\0'),
        *('/run/nova-dockers/' + 'x' * 300, '/run/netns'),
    ),
    'container_id': (
        *_NOT_A_NAME,
        *(_ID[:12], _ID[:-1], _ID + '0', _ID.upper(), _ID[:-1] + 'g'),
        *(_ID + '\n', _ID[:-1] + '/', '../' + _ID[3:], '.' + _ID[1:]),
    ),
    'rescued_id': (
        *_NOT_A_NAME,
        *(_ID[:12], _ID[:-1], _ID + '0', _ID.upper(), _ID[:-1] + 'g'),
        *(_ID + '\n', _ID + ' ' + _ID, '../' + _ID[3:]),
    ),
    'pid': (
        *(None, True, '1', 1.0, [1], -1, 0, 2**22 + 1, 2**31, 2**63),
        # Processes that there are, in groups of their own.
        *(1, os.getppid()),
    ),
    'disk': (
        *_NOT_A_NAME,
        *('/dev', '/dev/', 'dev/loop0', '/dev//loop0', '/dev/./loop0'),
        *('/dev/../etc/passwd', '/dev/loop0/..', '/dev/loop0 /', '/devs/x'),
        *('/dev/loop0\0', '/dev/loop0\nvolume rw ext4 /dev/vda /etc'),
    ),
    'filesystem': (
        *_NOT_A_NAME,
        *('EXT4', 'ext3', 'proc', 'overlay', 'ext4 ', 'ext4,dev', 'xfs\n'),
    ),
    'engine_dir': (
        *_NOT_A_NAME,
        *('/x/../y', '/x/', '//x', 'x/y', '/x\0', '/x\n', '/x' * 3000),
        *('/proc/self/fd', '/proc/1/root', '/tmp', '/var/lib', '/root'),
    ),
    'chain_id': (
        *_NOT_A_NAME,
        *(_ID[:12], _ID[:-1], _ID + '0', _ID.upper(), _ID[:-1] + 'g'),
        *(_ID + '\n', _ID[:-1] + '/', '../' + _ID[3:], f'sha256:{_ID}'),
    ),
    'socket_name': (
        *_NOT_A_NAME,
        *('nova-docker-layer-', 'nova-docker-layer-' + 'g' * 32),
        *(_SOCKET + '0', _SOCKET[:-1], _SOCKET.upper(), '\0' + _SOCKET),
        *(f'{_SOCKET}\n', f'/run/{_SOCKET}', '@/tmp/.X11-unix/X0'),
        # Nobody listens on it.
        _SOCKET,
    ),
    'target': (
        # Of the container, that is a place as good as any.
        *(each for each in _NOT_A_NAME if each != '/etc/passwd'),
        *('/proc', '/proc/self', '/sys', '/sys/fs/cgroup', '/dev', '/dev/shm'),
        *('data', '/data/', '//data', '/data/../proc', '/./proc', '/a b'),
        *('/data\0', '/data\nvolume rw ext4 /dev/vda /etc'),
    ),
}
# Any value of theirs is a truth value.
_HARMLESS = ('accept_ra', 'is_on', 'read_only', 'tx_checksum')
# Of what is no disk it says that nobody has it, and looks no further.
_TRUE_ANSWERS = {('disk.is_used', 'disk'): 'it returned False'}


class HostileTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(netns.HostNetwork())
        for context in privileged.contexts():
            self.useFixture(test_privsep.Daemon(context))
        self.namespace = self.useFixture(netns.Namespace())
        self.run_folder = self.useFixture(netns.RunFolder()).path
        self.map_dir = f'{self.run_folder}/netns'
        runtime_map.write(self.map_dir, _ID, self.namespace.name)
        self.deeds = privileged.entry_points()
        self.deeds['link.create_veth'](
            _DEVICE, self.namespace.name, 'eth0', 'fa:16:3e:00:00:01', 1442
        )

    def good(self):
        return {
            'netns_name': self.namespace.name,
            'device': _DEVICE,
            'bridge': 'qbr0a0b0c0d-0e',
            'interface': 'eth0',
            'mac': 'fa:16:3e:00:00:01',
            'mtu': 1442,
            'addresses': ['10.0.0.5/24'],
            'routes': [('0.0.0.0/0', '10.0.0.1')],
            'accept_ra': False,
            'tx_checksum': True,
            'is_on': True,
            'map_dir': self.map_dir,
            'container_id': _ID,
            'rescued_id': _ID[::-1],
            'pid': os.getpid(),
            'disk': '/dev/nova-docker-test-none',
            'filesystem': 'ext4',
            'target': '/data',
            'read_only': True,
            'engine_dir': '/var/lib/nova-docker-test-none',
            'chain_id': _ID,
            'socket_name': _SOCKET,
        }

    def state(self):
        """Give what an entry point could have changed."""
        # Other namespaces and folders of tests may come and go meanwhile.
        watched = {self.namespace.name, *map(str, HOSTILE['netns_name'])}
        names = [
            *(each for each in os.listdir('/run') if '-test-' not in each),
            *watched.intersection(os.listdir('/run/netns')),
            *os.listdir(self.run_folder),
            *os.listdir(self.map_dir),
        ]
        return (
            _links(),
            self.namespace.run(_links),
            self.namespace.run(_addresses),
            sorted(names),
            pathlib.Path(self.map_dir, _ID).read_text(),
        )


@netns.needs_root
class ArgumentsTest(HostileTestCase):
    def test_every_argument_is_tried(self):
        arguments = {
            each
            for deed in self.deeds.values()
            for each in privileged.arguments(deed)
        }
        self.assertEqual(arguments, {*HOSTILE, *_HARMLESS})

    def test_hostile_values_are_refused_and_change_nothing(self):
        before, accepted = self.state(), []
        for name, deed in self.deeds.items():
            arguments = privileged.arguments(deed)
            for argument in set(arguments) - set(_HARMLESS):
                for value in HOSTILE[argument]:
                    given = self.good() | {argument: value}
                    call = {each: given[each] for each in arguments}
                    answer = _answer(deed, call)
                    if answer != _TRUE_ANSWERS.get((name, argument)):
                        accepted.append((name, argument, value, answer))
            self.assertEqual(before, self.state(), name)
        self.assertEqual([], accepted)

    def test_nothing_but_entry_points_can_be_called(self):
        channel = novadocker.privsep.net.channel
        for name in (
            'os.system',
            'subprocess.run',
            'novadocker.privsep.syscall.unmount',
            'novadocker.privsep.netns.run_inside',
            'novadocker.privsep.link.find',
            'vif_plug_ovs.linux_net._arp_filtering',
        ):
            self.assertRaises(
                NameError, channel.remote_call, name, ('true',), {}, 20
            )


@netns.needs_root
class NamespaceTest(HostileTestCase):
    """Something else stands where the namespace of an instance should."""

    def setUp(self):
        super().setUp()
        self.planted = self.useFixture(netns.Namespace(made=False)).name
        self.path = f'/run/netns/{self.planted}'

    def _assert_unusable(self):
        given = self.good() | {
            'netns_name': self.planted,
            'device': 'tap0a0b0c0d-0f',
        }
        before = self.state()
        for name in (
            'link.create_veth',
            'interface.configure',
            'interface.announce',
            'link.set_carrier',
        ):
            deed = self.deeds[name]
            call = {each: given[each] for each in privileged.arguments(deed)}
            self.assertRaises(_REFUSALS, functools.partial(deed, **call))
        self.assertEqual(before, self.state())

    def _plant_mount(self, source):
        os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o444))
        syscall.bind(source, self.path)

    def test_namespace_of_the_host(self):
        # The daemon lives in what stands for the host here.
        self._plant_mount(_OWN)
        self._assert_unusable()

    def test_namespace_of_another_kind(self):
        self._plant_mount('/proc/self/ns/uts')
        self._assert_unusable()

    def test_plain_file(self):
        pathlib.Path(self.path).touch()
        self._assert_unusable()

    def test_link_is_neither_followed_nor_pinned_over(self):
        for target in ('/proc/1/ns/net', '/etc/passwd', self.namespace.name):
            os.symlink(target, self.path)
            self._assert_unusable()
            self.assertRaises(
                exception.NetnsBroken, self.deeds['netns.create'], self.planted
            )
            self.assertNotIn(self.planted, self.deeds['netns.names']())
            self.deeds['netns.delete'](self.planted)
            self.assertFalse(os.path.lexists(self.path))
        self.assertTrue(os.path.exists('/etc/passwd'))
        self.assertIn(self.namespace.name, self.deeds['netns.names']())


@netns.needs_root
class DeviceTest(HostileTestCase):
    def test_veth_between_others_is_not_taken(self):
        foreign = 'tap0a0b0c0d-0f'
        with pyroute2.IPRoute() as ip:
            ip.link('add', ifname=foreign, kind='veth', peer={'ifname': 'x'})
        before = self.state()
        given = self.good() | {'device': foreign}
        for name in ('link.create_veth', 'interface.configure'):
            deed = self.deeds[name]
            call = {each: given[each] for each in privileged.arguments(deed)}
            self.assertRaises(_REFUSALS, functools.partial(deed, **call))
        self.assertEqual(before, self.state())


@netns.needs_root
class MapTest(HostileTestCase):
    def test_links_are_not_followed(self):
        victim = f'{self.run_folder}/victim'
        pathlib.Path(victim).write_text('kept')
        entry = f'{self.map_dir}/{_ID}'
        os.unlink(entry)
        os.symlink(victim, entry)
        self.assertRaises(
            exception.MapEntryInvalid, runtime_map.read, self.map_dir, _ID
        )
        runtime_map.write(self.map_dir, _ID, self.namespace.name)
        self.assertFalse(os.path.islink(entry))
        os.unlink(entry)
        os.symlink(victim, entry)
        runtime_map.remove(self.map_dir, _ID)
        self.assertEqual('kept', pathlib.Path(victim).read_text())

    def test_folder_that_becomes_a_link_meanwhile(self):
        folder, link = f'{self.run_folder}/deep', f'{self.run_folder}/link'
        elsewhere = f'{self.run_folder}/elsewhere'
        for each in (folder, elsewhere):
            os.mkdir(each, 0o700)
        os.symlink(elsewhere, link)
        done = threading.Event()

        def swap():
            while not done.is_set():
                _exchange(folder, link)

        swapper = threading.Thread(target=swap)
        swapper.start()
        outcomes = set()
        for number in range(400):
            try:
                runtime_map.write(
                    folder, f'{number:064x}', self.namespace.name
                )
                outcomes.add('written')
            except exception.MapEntryInvalid:
                outcomes.add('refused')
        done.set()
        swapper.join()
        self.assertEqual([], os.listdir(elsewhere))
        self.assertIn('refused', outcomes)


def _exchange(one, two):
    """Swap two names at once: renameat2(2) with RENAME_EXCHANGE."""
    libc = ctypes.CDLL(None, use_errno=True)
    cwd, exchange = -100, 2
    names = (os.fsencode(one), os.fsencode(two))
    if libc.renameat2(cwd, names[0], cwd, names[1], exchange):
        raise OSError(ctypes.get_errno(), 'renameat2')


def _answer(deed, call):
    """Give what a call did that should have been refused, or nothing."""
    try:
        return f'it returned {deed(**call)}'
    except _REFUSALS:
        return None
    except Exception as err:
        return f'it failed: {err!r}'


def _links():
    with pyroute2.IPRoute() as ip:
        return sorted(
            (
                each.get_attr('IFLA_IFNAME'),
                each.get_attr('IFLA_ADDRESS'),
                each.get_attr('IFLA_MTU'),
                each.get_attr('IFLA_MASTER'),
                each['flags'],
            )
            for each in ip.get_links()
        )


def _addresses():
    with pyroute2.IPRoute() as ip:
        return sorted(each.get_attr('IFA_ADDRESS') for each in ip.get_addr())
