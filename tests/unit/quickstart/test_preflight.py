"""What a machine has to be like."""

import os
import pathlib
import shutil
import socket
from unittest import mock

import fixtures
import testtools

from deploy.quickstart import account
from deploy.quickstart import constants
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import network
from deploy.quickstart import outside
from deploy.quickstart import owner
from deploy.quickstart import preflight
from deploy.quickstart import process
from tests.unit.quickstart import journal

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_ID="12"\nID=debian\n'
LISTING = """\
LISTEN 0 128 0.0.0.0:5672 0.0.0.0:* users:(("beam.smp",pid=812,fd=9))
LISTEN 0 128 127.0.0.1:3306 0.0.0.0:* users:(("mariadbd",pid=7,fd=2))
LISTEN 0 128 [::]:9292 [::]:*
LISTEN 0 128 192.0.2.7%eth0:5000 0.0.0.0:*
short line
"""


class PreflightTestCase(testtools.TestCase):
    def _refused(self, check, *arguments):
        err = self.assertRaises(
            exception.PreconditionMissing, check, *arguments
        )
        self.assertEqual(3, err.exit_code)
        return str(err)

    def test_root(self):
        preflight.check_root(0)
        self.assertIn('sudo', self._refused(preflight.check_root, 1000))

    def test_system(self):
        preflight.check_system(DEBIAN)
        for text in ('', DEBIAN.replace('12', '13'), 'ID=fedora'):
            self.assertIn(
                'use Debian 12', self._refused(preflight.check_system, text)
            )

    def test_flavour_is_kept(self):
        state = home_module.State('ovs')
        preflight.check_flavour(None, 'ovn')
        preflight.check_flavour(state, 'ovs')
        said = self._refused(preflight.check_flavour, state, 'ovn')
        self.assertIn('down --purge', said)

    def test_loop_devices(self):
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        preflight.check_loops(folder)
        said = self._refused(preflight.check_loops, folder / 'none')
        self.assertIn('modprobe loop', said)

    def test_disk(self):
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        with mock.patch.object(shutil, 'disk_usage', autospec=True) as usage:
            usage.return_value.free = 2 * 1024**3
            said = self._refused(preflight.check_disk, folder / 'not' / 'yet')
            self.assertIn('2.0 GB free', said)
            (folder / 'venv').mkdir()
            preflight.check_disk(folder)

    def test_memory(self):
        preflight.check_memory('MemTotal:       16000000 kB\n')
        for text in ('MemTotal:        2000000 kB\n', ''):
            self._refused(preflight.check_memory, text)

    def test_foreign_address_in_our_network(self):
        preflight.check_addresses(
            {'eth0': ['192.0.2.2/24'], 'br-ex': ['203.0.113.1/24']}
        )
        said = self._refused(
            preflight.check_addresses, {'eth1': ['203.0.113.77/25']}
        )
        self.assertIn('eth1', said)

    def test_foreign_bridge(self):
        preflight.check_devices(['lo', 'eth0'])
        self.assertIn(
            'br-int', self._refused(preflight.check_devices, ['br-int'])
        )

    def test_foreign_namespace(self):
        preflight.check_namespaces(['blue', 'nova-of-a-test'])
        self._refused(preflight.check_namespaces, ['qrouter-1'])

    def test_every_namespace_that_down_deletes_is_looked_for(self):
        for prefix in constants.AGENT_NAMESPACES:
            self._refused(preflight.check_namespaces, [f'{prefix}1'])

    def test_user_of_others_gets_no_rights_of_ours(self):
        home = home_module.Home(pathlib.Path('/srv/cloud'))
        self.patch(account, 'has_user', lambda name: True)
        self.patch(account, 'is_own_user', lambda home: False)
        said = self._refused(preflight.check_user, home)
        self.assertIn('userdel nova', said)
        self.patch(account, 'is_own_user', lambda home: True)
        preflight.check_user(home)
        self.patch(account, 'has_user', lambda name: False)
        self.patch(account, 'is_own_user', lambda home: False)
        preflight.check_user(home)

    def test_machine_has_to_be_fresh_where_nobody_has_it(self):
        home = home_module.Home(pathlib.Path('/srv/cloud'))
        self.patch(process, 'run', lambda command: '')
        self.patch(network, 'namespaces', list)
        devices = ['lo', 'br-int']
        self.patch(os, 'listdir', lambda path: devices)
        said = self._refused(preflight.check_fresh, home, 'ovs')
        self.assertIn('br-int', said)
        devices.remove('br-int')
        preflight.check_fresh(home, 'ovs')

    def test_ports_of_cinder_count_where_there_are_volumes(self):
        home = home_module.Home(pathlib.Path('/srv/cloud'))
        taken = 'LISTEN 0 128 198.51.100.1:8776 0.0.0.0:*\n'
        self.patch(process, 'run', lambda command: taken)
        self.patch(network, 'namespaces', list)
        self.patch(os, 'listdir', lambda path: ['lo'])
        preflight.check_fresh(home, 'ovs')
        said = self._refused(preflight.check_fresh, home, 'ovs', True)
        self.assertIn('cinder-api', said)

    def test_ports_of_heat_count_where_there_are_stacks(self):
        home = home_module.Home(pathlib.Path('/srv/cloud'))
        taken = 'LISTEN 0 128 198.51.100.1:8004 0.0.0.0:*\n'
        self.patch(process, 'run', lambda command: taken)
        self.patch(network, 'namespaces', list)
        self.patch(os, 'listdir', lambda path: ['lo'])
        preflight.check_fresh(home, 'ovs', True)
        said = self._refused(preflight.check_fresh, home, 'ovs', False, True)
        self.assertIn('heat-api', said)

    def test_port_names_its_holder(self):
        wanted = {('198.51.100.1', 5672): 'rabbitmq'}
        said = self._refused(preflight.check_ports, LISTING, wanted)
        self.assertIn('rabbitmq', said)
        self.assertIn('beam.smp (pid 812)', said)

    def test_wildcard_of_the_other_family_counts(self):
        wanted = {('198.51.100.1', 9292): 'glance'}
        said = self._refused(preflight.check_ports, LISTING, wanted)
        self.assertIn('another process', said)

    def test_same_port_on_another_address_is_free(self):
        wanted = {
            ('198.51.100.1', 3306): 'mariadb',
            ('198.51.100.1', 5000): 'keystone',
        }
        preflight.check_ports(LISTING, wanted)

    def test_network_is_there_if_one_source_is(self):
        with mock.patch.object(
            socket, 'getaddrinfo', autospec=True
        ) as resolve:
            resolve.side_effect = [OSError, []]
            preflight.check_network(['a.test', 'b.test'])
            resolve.side_effect = OSError
            self._refused(preflight.check_network, ['a.test'])


class CheckTestCase(testtools.TestCase):
    """The checks in their order, on a machine that is fit."""

    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.patch(owner, '_FOLDER', folder / 'run')
        self.home = home_module.Home(folder / 'home')
        self.journal = self.useFixture(journal.Journal())
        self.journal.replace(
            preflight,
            *('check_root', 'check_system', 'check_disk', 'check_memory'),
            *('check_addresses', 'check_user', 'check_network'),
        )
        self.journal.replace(network, 'addresses', result={})
        self.journal.replace(outside, 'sources', result='')

    def test_network_is_needed_to_install(self):
        preflight.check(self.home, 'ovs')
        self.assertEqual('preflight.check_network', self.journal.entries[-1])

    def test_installed_one_starts_without_a_network(self):
        self.home.path.mkdir()
        home_module.save_state(self.home, home_module.State('ovs'))
        preflight.check(self.home, 'ovs')
        self.assertNotIn('preflight.check_network', self.journal.entries)

    def test_loop_devices_are_for_volumes(self):
        self.patch(preflight, '_LOOP_CONTROL', self.home.path / 'none')
        preflight.check(self.home, 'ovs')
        self._refuses_for_want_of_loops(True)
        self.home.path.mkdir()
        state = home_module.State('ovs', volumes=True)
        home_module.save_state(self.home, state)
        self._refuses_for_want_of_loops(False)

    def _refuses_for_want_of_loops(self, volumes):
        err = self.assertRaises(
            exception.PreconditionMissing,
            preflight.check,
            *(self.home, 'ovs', volumes),
        )
        self.assertIn('modprobe loop', str(err))

    def test_machine_of_another_home(self):
        other = home_module.Home(self.home.path.with_name('other'))
        other.path.mkdir()
        owner.claim(other)
        err = self.assertRaises(
            exception.PreconditionMissing,
            preflight.check,
            self.home,
            'ovs',
        )
        self.assertIn(str(other.path), str(err))

    def test_path_that_does_not_do(self):
        self.assertRaises(
            exception.PreconditionMissing,
            preflight.check,
            home_module.Home(pathlib.Path('/srv/a b')),
            'ovs',
        )
