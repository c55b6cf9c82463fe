"""What has to go, in which order, and what is not ours to take away."""

import os
import pathlib

import fixtures
import openstack.exceptions
import testtools

from deploy.quickstart import account
from deploy.quickstart import cloud
from deploy.quickstart import database
from deploy.quickstart import down
from deploy.quickstart import engine
from deploy.quickstart import exception
from deploy.quickstart import fence
from deploy.quickstart import home as home_module
from deploy.quickstart import lock
from deploy.quickstart import network
from deploy.quickstart import node
from deploy.quickstart import owner
from deploy.quickstart import process
from deploy.quickstart import progress
from deploy.quickstart import render
from deploy.quickstart import supervise
from deploy.quickstart import volume
from tests.unit.quickstart import journal

MOUNTINFO = """\
22 1 254:0 / / rw - ext4 /dev/vda rw
30 22 0:4 net:[1] /srv/cloud/nodes/a/ns/net rw - nsfs nsfs rw
31 22 254:0 /x /srv/cloud/nodes/a/ns rw - ext4 /dev/vda rw
32 22 0:5 / /srv/cloud-2/data rw - overlay overlay rw
"""
SERVER = '11111111-1111-4111-8111-111111111111'
OTHER = '22222222-2222-4222-8222-222222222222'
NODE = home_module.Node('a', 'docker', 0)
# What has one name on a machine, and what removes it.
MACHINE = {
    'engine.end_containers',
    'network.remove_bridges',
    'network.delete_namespace',
    'network.unshare_namespaces',
    'network.remove_runtime_map',
    'network.delete_device',
    'network.delete_datapath',
    'node.clear_devices',
    'fence.take_down',
    'network.remove_routes',
    'account.remove_user',
}


class MountsTestCase(testtools.TestCase):
    def test_the_innermost_comes_first(self):
        self.assertEqual(
            ['/srv/cloud/nodes/a/ns/net', '/srv/cloud/nodes/a/ns'],
            down.mounts_below(MOUNTINFO, pathlib.Path('/srv/cloud')),
        )


class MachineTestCase(testtools.TestCase):
    """A home with one node on a machine where nothing is really done."""

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.patch(owner, '_FOLDER', self.folder / 'run')
        self.home = home_module.Home(self.folder / 'home')
        self.home.path.mkdir()
        home_module.save_state(
            self.home, home_module.State('ovs', nodes=(NODE,))
        )
        self.home.of_node('a').path.mkdir(parents=True)
        self.journal = self.useFixture(journal.Journal())
        self.supervisor = journal.Supervisor(self.journal.entries)
        self.patch(supervise, 'Supervisor', lambda home: self.supervisor)
        self._replace_what_changes_the_machine()

    def _replace_what_changes_the_machine(self):
        replace = self.journal.replace
        replace(process, 'end', 'run')
        replace(process, 'owned_pids', 'descendants', result=[])
        replace(engine, 'kill_all', 'end_containers')
        replace(account, 'remove_user')
        replace(fence, 'take_down')
        replace(volume, 'disconnect_all')
        replace(node, 'unpin', 'clear', 'clear_devices', 'forget')
        replace(node, 'require_empty', 'leave_aggregate', 'disconnect_switch')
        replace(render, 'remove_sudoers')
        replace(network, 'remove_bridges', result=['br-ex', 'br-of-user'])
        replace(network, 'unshare_namespaces', 'remove_runtime_map')
        replace(network, 'delete_datapath', 'forget_switch', 'remove_routes')
        replace(network, 'namespaces', result=[])
        replace(network, 'mapped_namespaces', result=set())
        replace(network, 'is_mounted', result=False)
        replace(database, 'instance_uuids', result={SERVER})
        self.devices = []
        self.patch(network, 'delete_device', self._delete_device)

    def _delete_device(self, name):
        self.journal.entries.append('network.delete_device')
        self.devices.append(name)

    def _entries(self):
        return self.journal.entries


class DownTestCase(MachineTestCase):
    def _down(self, *, is_purge=False):
        with open(os.devnull, 'w') as file:
            console = progress.rich.console.Console(file=file)
            down.run(self.home, progress.Progress(console), is_purge=is_purge)

    def test_agents_stop_before_what_they_stand_on(self):
        owner.claim(self.home)
        self.supervisor = journal.Supervisor(
            self._entries(),
            {'nova-compute', 'ovs-vswitchd', 'a.dockerd', 'a.nova-compute'},
        )
        self._down()
        wanted = [
            'stop a.nova-compute nova-compute',
            'engine.kill_all',
            'engine.kill_all',
            'network.remove_bridges',
            'stop a.dockerd ovs-vswitchd',
            'shutdown',
            'process.end',
            'engine.end_containers',
            'volume.disconnect_all',
            'network.delete_device',
            'network.forget_switch',
        ]
        positions = iter(self._entries())
        for entry in wanted:
            self.assertIn(entry, positions)

    def test_owner_leaves_nothing_and_gives_the_machine_back(self):
        owner.claim(self.home)
        self.journal.replace(
            network,
            'namespaces',
            result=['blue', 'qrouter-1', 'snat-1', f'nova-{SERVER}', 'map'],
        )
        self.journal.replace(network, 'mapped_namespaces', result={'map'})
        gone = []
        self.patch(network, 'delete_namespace', gone.append)
        self._down()
        self.assertEqual(
            ['qrouter-1', 'snat-1', f'nova-{SERVER}', 'map'], gone
        )
        self.assertEqual(
            {'br-ex', 'br-int', 'br-phys', 'nova-mgmt'}, set(self.devices)
        )
        self.assertIn('fence.take_down', self._entries())
        self.assertIn('node.clear_devices', self._entries())
        self.assertIsNone(owner.read())

    def test_bridges_of_the_user_go_with_their_switch(self):
        owner.claim(self.home)
        self.supervisor = journal.Supervisor(self._entries(), {'dockerd'})
        self._down()
        self.assertIn('br-of-user', self.devices)

    def test_instances_are_known_when_the_database_is_down(self):
        owner.claim(self.home)
        folder = self.home.data / 'nova/instances' / OTHER
        folder.mkdir(parents=True)
        self.journal.replace(
            database, 'instance_uuids', error=exception.OperationFailed()
        )
        self.journal.replace(
            network,
            'namespaces',
            result=[f'nova-{SERVER}', f'nova-{OTHER}'],
        )
        gone = []
        self.patch(network, 'delete_namespace', gone.append)
        self._down()
        self.assertEqual([f'nova-{OTHER}'], gone)

    def test_not_the_owner_touches_only_its_own(self):
        other = self.folder / 'other'
        other.mkdir()
        owner.claim(home_module.Home(other))
        self.supervisor = journal.Supervisor(self._entries(), {'dockerd'})
        self.journal.replace(network, 'namespaces', result=['qrouter-1'])
        self._down(is_purge=True)
        self.assertEqual(set(), MACHINE & set(self._entries()))
        self.assertIn('shutdown', self._entries())
        self.assertIn('node.unpin', self._entries())
        self.assertFalse(self.home.path.exists())
        self.assertEqual(other, owner.read())

    def test_stopped_home_leaves_the_machine_alone_too(self):
        self._down()
        self.assertEqual(set(), MACHINE & set(self._entries()))

    def test_cloud_from_before_the_record_is_the_owner(self):
        self.supervisor = journal.Supervisor(self._entries(), {'dockerd'})
        self._down()
        self.assertIn('network.delete_device', self._entries())
        self.assertIsNone(owner.read())

    def test_home_that_is_gone_is_still_cleared(self):
        owner.claim(self.home)
        self.home.of_node('a').path.rmdir()
        self.home.nodes.rmdir()
        self.home.state_file.unlink()
        self.home.path.rmdir()
        self._down(is_purge=True)
        self.assertIn('network.delete_device', self._entries())
        self.assertIsNone(owner.read())
        self.assertFalse(self.home.path.exists())

    def test_failure_keeps_the_owner(self):
        owner.claim(self.home)
        self.journal.replace(
            fence, 'take_down', error=exception.OperationFailed()
        )
        self.assertRaises(exception.OperationFailed, self._down)
        self.assertTrue(owner.is_ours(self.home))

    def test_another_quickstart_at_work(self):
        with lock.held(self.home):
            err = self.assertRaises(exception.OperationFailed, self._down)
        self.assertIn('Another quickstart', str(err))
        self.assertEqual([], self._entries())

    def test_purge_after_down_takes_what_lasts(self):
        self._down(is_purge=True)
        for entry in (
            'render.remove_sudoers',
            'network.remove_routes',
            'account.remove_user',
        ):
            self.assertIn(entry, self._entries())
        self.assertFalse(self.home.path.exists())

    def test_purge_keeps_a_home_that_is_a_mount_point(self):
        self.journal.replace(network, 'is_mounted', result=True)
        (self.home.path / 'lost+found').mkdir()
        (self.home.path / 'link').symlink_to(self.folder)
        self._down(is_purge=True)
        self.assertEqual(['lost+found'], os.listdir(self.home.path))
        self.assertTrue(self.folder.exists())

    def test_what_marks_a_home_goes_last(self):
        for name in ('launcher.log', 'a.txt', 'z.txt'):
            (self.home.path / name).touch()
        gone = []
        unlink = pathlib.Path.unlink

        def record(path, missing_ok=False):
            gone.extend([path.name] if path.parent == self.home.path else [])
            unlink(path, missing_ok)

        self.patch(pathlib.Path, 'unlink', record)
        self._down(is_purge=True)
        self.assertEqual({'launcher.log', 'state.json'}, set(gone[-2:]))

    def test_home_that_cannot_be_removed(self):
        owner.claim(self.home)

        def refuse(path):
            raise OSError('busy')

        self.patch(down.shutil, 'rmtree', refuse)
        err = self.assertRaises(
            exception.OperationFailed, self._down, is_purge=True
        )
        self.assertIn('cannot be removed: busy', str(err))
        self.assertTrue(owner.is_ours(self.home))

    def test_state_of_another_version_is_not_ours_to_clear(self):
        owner.claim(self.home)
        self.home.state_file.write_text('{"version": 99}')
        self.assertRaises(exception.PreconditionMissing, self._down)
        self.assertEqual(set(), MACHINE & set(self._entries()))

    def test_mounts_below_the_home_go(self):
        table = f'1 2 0:1 / {self.home.path}/data/x rw - tmpfs tmpfs rw\n'
        read_text = pathlib.Path.read_text

        def read(path, *arguments):
            if str(path) == '/proc/self/mountinfo':
                return table
            return read_text(path, *arguments)

        self.patch(pathlib.Path, 'read_text', read)
        self._down()
        self.assertIn('process.run', self._entries())


class RemoveNodeTestCase(MachineTestCase):
    def setUp(self):
        super().setUp()
        self.journal.replace(cloud, 'connect')
        self.supervisor = journal.Supervisor(
            self._entries(), {'a.dockerd', 'a.nova-compute', 'dockerd'}
        )

    def test_node_is_forgotten_after_it_is_cleared(self):
        down.remove_node(self.home, 'a')
        self.assertEqual((), home_module.load_state(self.home).nodes)
        self.assertEqual({'dockerd'}, self.supervisor.running)
        entries = self._entries()
        self.assertLess(
            entries.index('node.require_empty'),
            entries.index('stop a.nova-compute'),
        )
        self.assertLess(
            entries.index('stop a.nova-compute'),
            entries.index('stop a.dockerd'),
        )
        self.assertLess(
            entries.index('node.clear'), entries.index('node.forget')
        )

    def test_unknown_one(self):
        err = self.assertRaises(
            exception.OperationFailed, down.remove_node, self.home, 'b'
        )
        self.assertIn('there are: a', str(err))

    def test_cloud_that_is_down(self):
        self.supervisor.is_up = False
        self.assertRaises(
            exception.OperationFailed, down.remove_node, self.home, 'a'
        )

    def test_one_with_servers_stays(self):
        self.journal.replace(
            node, 'require_empty', error=exception.OperationFailed()
        )
        self.assertRaises(
            exception.OperationFailed, down.remove_node, self.home, 'a'
        )
        self.assertIn('a.nova-compute', self.supervisor.running)

    def test_refusal_of_an_api_is_a_sentence(self):
        self.journal.replace(
            node, 'forget', error=openstack.exceptions.SDKException('no')
        )
        err = self.assertRaises(
            exception.OperationFailed, down.remove_node, self.home, 'a'
        )
        self.assertIn('the cloud says: no', str(err))

    def test_another_quickstart_at_work_keeps_the_node(self):
        with lock.held(self.home):
            self.assertRaises(
                exception.OperationFailed, down.remove_node, self.home, 'a'
            )
        self.assertEqual([], self._entries())
