"""What is left of a switch that was killed."""

import pathlib
from unittest import mock

import fixtures
import testtools

from deploy.quickstart import constants
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import network
from deploy.quickstart import outside
from deploy.quickstart import process


class DatapathTestCase(testtools.TestCase):
    def _commands(self, *, is_foreign):
        with (
            mock.patch.object(
                network, '_foreign_vswitchd', autospec=True
            ) as foreign,
            mock.patch.object(network, 'has_device', autospec=True) as has,
            mock.patch.object(process, 'run', autospec=True) as run,
        ):
            foreign.return_value = is_foreign
            has.return_value = True
            network.delete_datapath()
        return [call.args[0] for call in run.call_args_list]

    def test_device_of_a_killed_switch_is_deleted(self):
        self.assertEqual(
            [['ip', 'link', 'delete', 'ovs-netdev']],
            self._commands(is_foreign=False),
        )

    def test_device_of_another_switch_stays(self):
        self.assertEqual([], self._commands(is_foreign=True))


class RuntimeMapTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.map = folder / 'nova-docker/netns'
        self.patch(constants, 'RUNTIME_MAP_DIR', str(self.map))

    def test_it_tells_which_namespaces_are_of_containers(self):
        self.map.mkdir(parents=True)
        (self.map / 'c1').write_text('v1 /run/netns/nova-1\n')
        self.assertEqual({'nova-1'}, network.mapped_namespaces())
        network.remove_runtime_map()
        self.assertEqual(set(), network.mapped_namespaces())
        self.assertFalse(self.map.parent.exists())
        network.remove_runtime_map()


class AgentsTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.known = ['blue', 'nova-1', 'qrouter-1']
        self.patch(network, 'namespaces', lambda: list(self.known))
        self.patch(network, 'delete_namespace', self.known.remove)
        self.patch(
            network, 'ip', lambda *words: '[{"ifname":"lo"},{"ifname":"qr"}]'
        )

    def test_only_what_agents_made_is_forgotten(self):
        self.assertEqual({'qrouter-1': {'lo', 'qr'}}, network.forget_agents())
        self.assertEqual(['blue', 'nova-1'], self.known)

    def test_no_namespace_no_devices(self):
        self.assertEqual(set(), network.devices_of('qrouter-2'))


class Commands:
    """Remembers commands; those that begin with a word fail or answer."""

    def __init__(self):
        self.entries = []
        self.answers = {}

    def run(self, command, **options):
        line = ' '.join(str(word) for word in command)
        self.entries.append(line)
        for beginning, answer in self.answers.items():
            if line.startswith(beginning):
                if answer is None:
                    raise exception.OperationFailed(line)
                return answer
        return ''

    def succeeds(self, command, env=None):
        try:
            self.run(command)
        except exception.OperationFailed:
            return False
        return True


class CommandsTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.commands = Commands()
        self.patch(process, 'run', self.commands.run)
        self.patch(process, 'succeeds', self.commands.succeeds)
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(self.folder)


class ChooseDatapathTestCase(CommandsTestCase):
    def _chosen(self, *, is_foreign=False, is_loaded=False):
        self.patch(network, '_foreign_vswitchd', lambda: is_foreign)
        self.patch(pathlib.Path, 'exists', lambda path: is_loaded)
        return network.datapath()

    def test_kernel_that_another_switch_uses_is_not_ours(self):
        found = self._chosen(is_foreign=True, is_loaded=True)
        self.assertEqual('netdev', found)

    def test_loaded_module_is_used(self):
        self.assertEqual('system', self._chosen(is_loaded=True))
        self.assertEqual([], self.commands.entries)

    def test_module_is_loaded_if_there_is_one(self):
        self.assertEqual('system', self._chosen())
        self.commands.answers['modprobe'] = None
        self.assertEqual('netdev', self._chosen())


class ManagementTestCase(CommandsTestCase):
    def setUp(self):
        super().setUp()
        self.devices = set()
        self.patch(network, 'has_device', lambda name: name in self.devices)
        self.patch(
            outside,
            'keep_routes',
            lambda: self.commands.entries.append('keep routes'),
        )
        self.patch(outside, 'forget_routes', lambda: None)

    def test_ways_to_mirrors_are_kept_before_the_network_is_taken(self):
        network.add_management()
        positions = iter(self.commands.entries)
        for entry in (
            'ip link add nova-mgmt type bridge',
            'keep routes',
            'ip address replace 198.51.100.1/24 dev nova-mgmt',
            'ip link set nova-mgmt up',
            'ip route replace unreachable 198.51.100.0/24 metric 4278198272',
            'ip route replace unreachable 203.0.113.0/24 metric 4278198272',
        ):
            self.assertIn(entry, positions)

    def test_device_is_made_once(self):
        self.devices.add('nova-mgmt')
        network.add_management()
        made = [it for it in self.commands.entries if 'link add' in it]
        self.assertEqual([], made)

    def test_device_is_deleted_if_it_is_there(self):
        network.delete_device('nova-mgmt')
        self.assertNotIn('ip link delete nova-mgmt', self.commands.entries)
        self.devices.add('nova-mgmt')
        network.delete_device('nova-mgmt')
        self.assertIn('ip link delete nova-mgmt', self.commands.entries)

    def test_route_that_is_in_use_stays(self):
        self.commands.answers = {'ip route get 203.0.113.0': None}
        network.remove_routes()
        gone = [it for it in self.commands.entries if 'route del' in it]
        self.assertEqual(
            ['ip route del unreachable 203.0.113.0/24 metric 4278198272'],
            gone,
        )

    def test_addresses_are_read_by_device(self):
        self.commands.answers['ip -json -4'] = (
            '[{"ifname":"lo","addr_info":'
            '[{"local":"127.0.0.1","prefixlen":8}]}]'
        )
        self.assertEqual({'lo': ['127.0.0.1/8']}, network.addresses())


class ShareNamespacesTestCase(CommandsTestCase):
    def setUp(self):
        super().setUp()
        self.path = self.folder / 'netns'
        self.patch(constants, 'NETNS_DIR', str(self.path))
        self.is_mounted = False
        self.patch(network, 'is_mounted', lambda path: self.is_mounted)

    def test_folder_is_bound_once_and_shared(self):
        network.share_namespaces()
        self.is_mounted = True
        network.share_namespaces()
        self.assertEqual(
            [
                f'mount --bind {self.path} {self.path}',
                f'mount --make-rshared {self.path}',
                f'mount --make-rshared {self.path}',
            ],
            self.commands.entries,
        )

    def test_namespaces_of_others_keep_it_mounted(self):
        self.is_mounted = True
        self.path.mkdir()
        (self.path / 'blue').touch()
        network.unshare_namespaces()
        self.assertEqual([], self.commands.entries)
        (self.path / 'blue').unlink()
        network.unshare_namespaces()
        self.assertEqual([f'umount {self.path}'], self.commands.entries)

    def test_no_folder_no_namespaces(self):
        self.assertEqual([], network.namespaces())
        network.unshare_namespaces()
        self.assertEqual([], self.commands.entries)

    def test_namespace_goes_with_what_runs_in_it(self):
        ended = []
        self.patch(process, 'end', lambda pids, timeout_s: ended.extend(pids))
        self.commands.answers['ip netns pids'] = '7\n8\n'
        network.delete_namespace('blue')
        self.assertEqual([7, 8], ended)
        self.assertEqual('ip netns delete blue', self.commands.entries[-1])


class BridgesTestCase(CommandsTestCase):
    def setUp(self):
        super().setUp()
        self.home.ovsdb_socket.parent.mkdir(parents=True)
        self.home.ovsdb_socket.touch()

    def _made(self):
        return {
            word
            for line in self.commands.entries
            for word in line.split()
            if word.startswith('br-')
        }

    def test_host_has_its_leg_outside(self):
        self.patch(network, 'has_device', lambda name: True)
        network.add_bridges(self.home, 'ovs', 'netdev')
        self.assertEqual({'br-ex', 'br-phys'}, self._made())
        self.assertIn(
            'ip address replace 203.0.113.1/24 dev br-ex',
            self.commands.entries,
        )

    def test_ovn_needs_no_bridge_between_nodes(self):
        network.add_bridges(self.home, 'ovn', 'netdev')
        self.assertEqual({'br-ex'}, self._made())

    def test_all_are_deleted_and_named(self):
        self.commands.answers = {
            f'ovs-vsctl --db=unix:{self.home.ovsdb_socket} --timeout=30 '
            '--timeout=3 list-br': 'br-int\nbr-of-user\n'
        }
        self.assertEqual(
            ['br-int', 'br-of-user'], network.remove_bridges(self.home)
        )
        gone = [it.split()[-1] for it in self.commands.entries[1:]]
        self.assertEqual(['br-int', 'br-of-user'], gone)

    def test_switch_that_does_not_answer_has_none(self):
        self.commands.answers['ovs-vsctl'] = None
        self.assertEqual([], network.remove_bridges(self.home))

    def test_switch_that_is_not_there_is_not_waited_for(self):
        self.home.ovsdb_socket.unlink()
        self.assertEqual([], network.remove_bridges(self.home))
        self.assertEqual([], self.commands.entries)

    def test_controller_is_told_where_its_database_is(self):
        network.init_ovn(self.home)
        network.prepare_ovn(self.home, 'netdev')
        network.prepare_switch(self.home, 'here')
        told = ' '.join(self.commands.entries)
        self.assertIn('external_ids:ovn-remote="tcp:198.51.100.1:6642"', told)
        self.assertIn('external_ids:system-id=here', told)

    def test_databases_are_made_once_and_forgotten_with_the_switch(self):
        path = self.home.data / 'openvswitch/conf.db'
        path.parent.mkdir(parents=True)
        path.touch()
        network.create_databases(self.home)
        made = [it.split()[2] for it in self.commands.entries]
        self.assertNotIn(str(path), made)
        self.assertEqual(2, len(made))
        network.forget_switch(self.home)
        network.forget_switch(self.home)
        self.assertFalse(path.exists())
