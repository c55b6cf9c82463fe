"""Names and numbers of nodes."""

import os
import pathlib
import socket
from unittest import mock

import fixtures
import testtools

from deploy.quickstart import account
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import network
from deploy.quickstart import node
from deploy.quickstart import process
from deploy.quickstart import render
from tests.unit.quickstart import journal

FIRST = home_module.Node('first', 'docker', 0)
STATE = home_module.State('ovs', nodes=(FIRST,))


class NewTestCase(testtools.TestCase):
    def test_numbers_are_taken_once(self):
        second = node.new(STATE, 'second', 'fake')
        self.assertEqual(1, second.index)

    def test_number_of_a_removed_one_is_free_again(self):
        state = STATE.with_node(node.new(STATE, 'second', 'docker'))
        third = node.new(state.without_node(FIRST), 'third', 'docker')
        self.assertEqual(0, third.index)

    def test_known_one_is_given_back(self):
        self.assertEqual(FIRST, node.new(STATE, 'first', 'docker'))

    def test_known_one_of_another_driver_is_refused(self):
        self._refused(STATE, 'first', 'fake')

    def test_known_one_of_other_cpus_is_refused(self):
        added = node.new(STATE, 'second', 'docker', '4-7,^5')
        self.assertEqual('4-7,^5', added.dedicated_cpus)
        state = STATE.with_node(added)
        self.assertEqual(added, node.new(state, 'second', 'docker', '4-7,^5'))
        self._refused(state, 'second', 'docker', '4')
        self._refused(state, 'second', 'docker')

    def test_cpus_that_nova_does_not_read(self):
        for cpus in ('all', '1;2', '1\nx=y', '-1', '1,'):
            self._refused(STATE, 'second', 'docker', cpus)

    def test_names_that_do_not_do(self):
        for name in ('', 'A', '1st', 'a/b', 'a.b', socket.gethostname()):
            self._refused(STATE, name, 'docker')

    def test_ovn_has_no_nodes(self):
        self._refused(home_module.State('ovn'), 'second', 'docker')

    def _refused(self, state, *words):
        self.assertRaises(
            exception.PreconditionMissing, node.new, state, *words
        )


class RequireEmptyTestCase(testtools.TestCase):
    def test_servers_are_named(self):
        server = mock.Mock()
        server.name = 'web'
        admin = mock.Mock()
        admin.compute.servers.return_value = [server]
        err = self.assertRaises(
            exception.OperationFailed, node.require_empty, admin, FIRST
        )
        self.assertIn('web', str(err))

    def test_empty_one_may_go(self):
        admin = mock.Mock()
        admin.compute.servers.return_value = []
        node.require_empty(admin, FIRST)


class HostTestCase(testtools.TestCase):
    """A node on a machine where commands are only written down."""

    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder)
        self.inside = self.home.of_node('first')
        self.inside.path.mkdir(parents=True)
        self.commands = []
        self.patch(process, 'run', self._run)
        self.mounted = set()
        self.patch(network, 'is_mounted', self.mounted.__contains__)
        self.devices = {'lo', 'eth0'}
        self.patch(network, 'has_device', self.devices.__contains__)
        self.patch(os, 'listdir', lambda path: sorted(self.devices))
        self.journal = self.useFixture(journal.Journal())
        self.journal.replace(account, 'make_folders')
        self.journal.replace(render, 'write_node')
        self.journal.replace(render, 'node_context', result={})
        self.journal.replace(network, 'create_databases')

    def _run(self, command):
        line = ' '.join(str(word) for word in command)
        self.commands.append(line)
        if line.startswith('umount'):
            self.mounted.discard(pathlib.Path(command[-1]))
        if line.startswith('ip link delete'):
            self.devices.discard(command[-1])
        return ''

    def _prepare(self):
        self.commands.clear()
        node.prepare(self.home, FIRST, {})
        return self.commands

    def _pinned(self):
        return {self.inside.path / 'ns' / it for it in ('net', 'mount', 'uts')}

    def test_namespaces_are_pinned_where_mounts_are_private(self):
        commands = iter(self._prepare())
        folder = self.inside.path / 'ns'
        self.assertIn(f'mount --bind {folder} {folder}', commands)
        self.assertIn(f'mount --make-private {folder}', commands)
        self.assertTrue(next(commands).startswith('unshare --net='))

    def test_pinned_ones_are_kept(self):
        self.mounted |= self._pinned()
        self.devices |= {'nova-leg0', 'nova-cable0'}
        for command in self._prepare():
            self.assertNotIn('unshare', command)
            self.assertNotIn('link add', command)

    def test_half_of_them_is_completed(self):
        self.mounted |= {self.inside.path / 'ns', *list(self._pinned())[:1]}
        commands = self._prepare()
        self.assertTrue(any(it.startswith('unshare') for it in commands))
        self.assertFalse(any('--bind' in it for it in commands[:1]))

    def test_two_cables_join_it_to_the_machine(self):
        commands = self._prepare()
        made = [it.split()[3] for it in commands if ' link add ' in f' {it} ']
        self.assertEqual(['nova-leg0', 'nova-cable0'], made)
        self.assertIn('ip link set nova-leg0 master nova-mgmt', commands)
        self.assertIn('address replace 198.51.100.10/24', commands[-1])

    def test_nothing_of_it_stays(self):
        self.devices |= {'nova-leg0', 'nova-cable0', 'nova-leg7'}
        self.mounted |= {*self._pinned(), self.inside.path / 'ns'}
        node.clear(self.home, FIRST)
        self.assertEqual(set(), self.mounted)
        self.assertEqual({'lo', 'eth0', 'nova-leg7'}, self.devices)

    def test_cables_that_nobody_remembers_go_too(self):
        self.devices |= {'nova-leg7', 'nova-cable12', 'nova-legacy', 'nova-x'}
        node.clear_devices()
        self.assertEqual({'lo', 'eth0', 'nova-legacy', 'nova-x'}, self.devices)

    def test_cable_joins_the_switches_and_is_taken_out(self):
        node.connect_switch(self.home, FIRST, 'netdev')
        ends = [it for it in self.commands if 'add-port br-phys' in it]
        self.assertIn('add-port br-phys nova-cable0', ends[0])
        self.assertIn('add-port br-phys cable0', ends[1])
        self.assertIn(str(self.inside.ovsdb_socket), ends[1])
        node.disconnect_switch(self.home, FIRST)
        self.assertIn('del-port br-phys nova-cable0', self.commands[-1])


class ForgetTestCase(testtools.TestCase):
    def test_services_agents_and_files_go(self):
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        home = home_module.Home(folder)
        home.of_node('first').path.mkdir(parents=True)
        admin = mock.Mock()
        admin.compute.services.return_value = ['service']
        admin.network.agents.return_value = ['agent']
        node.forget(home, FIRST, admin)
        admin.compute.delete_service.assert_called_once_with('service')
        admin.network.delete_agent.assert_called_once_with('agent')
        self.assertFalse(home.of_node('first').path.exists())

    def test_aggregate_is_left_by_its_members_alone(self):
        admin = mock.Mock()
        admin.compute.find_aggregate.return_value = None
        node.leave_aggregate(admin, FIRST)
        zone = admin.compute.find_aggregate.return_value = mock.Mock()
        zone.hosts = ['second']
        node.leave_aggregate(admin, FIRST)
        admin.compute.remove_host_from_aggregate.assert_not_called()
        zone.hosts = ['first']
        node.leave_aggregate(admin, FIRST)
        admin.compute.remove_host_from_aggregate.assert_called_once_with(
            zone, 'first'
        )
