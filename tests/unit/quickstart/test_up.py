"""The story of `up`: its order, what it repeats, whose the machine is."""

import io
import pathlib
import socket

import fixtures
import openstack.exceptions
import rich.console
import testtools

from deploy.quickstart import account
from deploy.quickstart import bridge
from deploy.quickstart import catalog
from deploy.quickstart import cloud
from deploy.quickstart import database
from deploy.quickstart import down
from deploy.quickstart import engine
from deploy.quickstart import environment
from deploy.quickstart import exception
from deploy.quickstart import fence
from deploy.quickstart import home as home_module
from deploy.quickstart import image
from deploy.quickstart import lock
from deploy.quickstart import network
from deploy.quickstart import node
from deploy.quickstart import owner
from deploy.quickstart import package
from deploy.quickstart import preflight
from deploy.quickstart import progress
from deploy.quickstart import push
from deploy.quickstart import render
from deploy.quickstart import restart
from deploy.quickstart import seed
from deploy.quickstart import service
from deploy.quickstart import stack
from deploy.quickstart import story
from deploy.quickstart import supervise
from deploy.quickstart import up
from deploy.quickstart import volume
from tests.unit.quickstart import journal

HOST = 'this-machine'
ADDRESS = '203.0.113.77'
NODE = home_module.Node('a', 'docker', 0)
FAKE_NODE = home_module.Node('b', 'fake', 1)
# What a second `up` of an untouched checkout need not do again.
ONCE = {
    'environment.make',
    'environment.install_driver',
    'engine.install_runtime',
    'database.upgrade_bridge',
    'account.create_user',
    'network.datapath',
    'catalog.fill',
    'image.build',
    'push.push',
    'seed.networks',
}


class UpTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.patch(owner, '_FOLDER', folder / 'run')
        self.patch(socket, 'gethostname', lambda: HOST)
        self.home = home_module.Home(folder / 'home')
        self.journal = self.useFixture(journal.Journal())
        self.entries = self.journal.entries
        self.supervisor = journal.Supervisor(self.entries)
        self.patch(supervise, 'Supervisor', lambda home: self.supervisor)
        self.said = io.StringIO()
        self._replace_the_machine()
        self._replace_the_cloud()

    def _replace_the_machine(self):
        replace = self.journal.replace
        replace(preflight, 'check', 'check_fresh')
        replace(down, 'stop', 'end_orphans')
        replace(package, 'install')
        replace(environment, 'make', 'make_heat', 'install_driver')
        replace(environment, 'interpreter_works', result=True)
        replace(environment, 'source_digest', result='source-1')
        replace(engine, 'install_runtime', 'clear_run')
        replace(account, 'require_users', 'create_user', 'make_folders')
        replace(account, 'has_user', result=False)
        replace(network, 'share_namespaces', 'add_management', 'add_bridges')
        replace(network, 'create_databases', 'prepare_switch', 'init_ovn')
        replace(network, 'prepare_ovn')
        replace(network, 'datapath', result='netdev')
        replace(fence, 'put_up')
        replace(bridge, 'make_key')
        replace(render, 'write_all', result=[])
        replace(render, 'write_sudoers')
        replace(node, 'prepare', 'connect_switch')
        replace(restart, 'run')
        replace(volume, 'disconnect_all', 'wait_for_back_end')
        replace(volume, 'install', result=False)
        replace(stack, 'wait_for_engine')

    def _replace_the_cloud(self):
        replace = self.journal.replace
        replace(database, 'create_files', 'upgrade_bridge')
        replace(database, 'make_schemas', result=['nova'])
        replace(database, 'mapped_hosts', result={HOST, 'a', 'b'})
        replace(cloud, 'connect')
        replace(catalog, 'fill')
        replace(image, 'build')
        replace(seed, 'flavors', 'image', 'aggregate', 'networks')
        replace(seed, 'remove_upload')
        replace(push, 'push', 'require_image')
        replace(push, 'is_pushed', result=False)
        replace(seed, 'security_group', 'wait_for_host')
        replace(seed, 'has_trait', result=True)
        replace(story, 'boot')
        replace(story, 'floating_ip', result=ADDRESS)
        replace(story, 'converse', result='1.6.18')

    def _up(self, flavour='ovs', **options):
        self.entries.clear()
        console = rich.console.Console(file=self.said, width=300)
        return up.Up(self.home, flavour, progress.Progress(console), **options)

    def _run(self, flavour='ovs', **options):
        return self._up(flavour, **options).run()

    def _in_order(self, *wanted):
        positions = iter(self.entries)
        for entry in wanted:
            self.assertIn(entry, positions)

    def _started(self, tier, flavour='ovs', volumes=False, stacks=False):
        names = sorted(
            it.name
            for it in service.services(self.home, flavour, volumes, stacks)
            if it.tier == tier
        )
        return f'start {" ".join(names)}'

    def _state(self):
        return home_module.load_state(self.home)


class OrderTestCase(UpTestCase):
    def test_what_is_needed_comes_first(self):
        found = self._run()
        self.assertEqual((ADDRESS, '1.6.18'), (found.address, found.version))
        self._in_order(
            'preflight.check',
            'preflight.check_fresh',
            'package.install',
            'environment.make',
            'environment.install_driver',
            'account.create_user',
            'account.make_folders',
            'network.add_management',
            'fence.put_up',
            'render.write_all',
            'render.write_sudoers',
            'launch',
            self._started(service.Tier.BASE),
            'network.prepare_switch',
            self._started(service.Tier.ENGINE),
            'network.add_bridges',
            'database.make_schemas',
            'database.upgrade_bridge',
            self._started(service.Tier.IDENTITY),
            'catalog.fill',
            self._started(service.Tier.CONTROL),
            self._started(service.Tier.COMPUTE),
            'seed.wait_for_host',
            'seed.aggregate',
            'seed.networks',
            'seed.remove_upload',
            'push.push',
            'push.require_image',
            'story.boot',
            'story.converse',
        )

    def test_ovn_knows_its_database_before_its_controller_starts(self):
        self._run('ovn')
        self._in_order(
            'network.init_ovn',
            'network.prepare_ovn',
            self._started(service.Tier.ENGINE, 'ovn'),
        )

    def test_another_driver_has_no_memcached_that_answers(self):
        self.journal.replace(seed, 'has_trait', result=False)
        found = self._run(compute_driver='fake.FakeDriver')
        self.assertEqual('', found.version)
        self.assertNotIn('story.converse', self.entries)
        self.assertNotIn('seed.aggregate', self.entries)
        self.assertIn('seed.image', self.entries)
        self.assertNotIn('push.push', self.entries)

    def test_image_half_touches_neither_network_nor_sudo(self):
        found = self._run('none')
        self.assertEqual('', found.address)
        self._in_order(
            'network.add_management',
            'bridge.make_key',
            self._started(service.Tier.BASE, 'none'),
            self._started(service.Tier.ENGINE, 'none'),
            'catalog.fill',
            self._started(service.Tier.CONTROL, 'none'),
            'push.push',
        )
        for entry in (
            'network.share_namespaces',
            'network.add_bridges',
            'fence.put_up',
            'render.write_sudoers',
            'seed.wait_for_host',
            'story.boot',
        ):
            self.assertNotIn(entry, self.entries)

    def test_nodes_come_up_after_the_machine_itself(self):
        self._run()
        state = self._state().with_node(NODE).with_node(FAKE_NODE)
        home_module.save_state(self.home, state)
        self._run()
        self._in_order(
            'story.converse',
            'node.prepare',
            'node.prepare',
            'reload',
            'start a.containerd a.ovsdb-server',
            'start a.dockerd a.ovs-vswitchd',
            'node.connect_switch',
            'start a.neutron-openvswitch-agent a.nova-compute',
            'start b.ovsdb-server',
            'seed.wait_for_host',
            'seed.aggregate',
        )
        aggregates = [it for it in self.entries if it == 'seed.aggregate']
        self.assertEqual(1, len(aggregates))


class AgainTestCase(UpTestCase):
    def setUp(self):
        super().setUp()
        self._run()
        self.journal.replace(account, 'has_user', result=True)
        self.journal.replace(push, 'is_pushed', result=True)

    def test_nothing_is_done_twice(self):
        self._run()
        self.assertEqual(set(), ONCE & set(self.entries))
        self.assertNotIn('launch', self.entries)
        self._in_order('reload', 'stop ', 'story.boot', 'story.converse')

    def test_changed_checkout_restarts_what_runs_it(self):
        state = self._state().with_node(NODE)
        home_module.save_state(self.home, state)
        self._run()
        self.journal.replace(environment, 'source_digest', result='source-2')
        self._run()
        self.assertIn('environment.install_driver', self.entries)
        self.assertIn('database.upgrade_bridge', self.entries)
        self.assertNotIn('environment.make', self.entries)
        self.assertIn(
            'stop a.nova-compute glance glance-bridge '
            'glance-bridge-reconciler glance-bridge-token '
            'nova-api nova-compute',
            self.entries,
        )

    def test_changed_requirements_make_all_of_python_anew(self):
        self.journal.replace(environment, 'wanted', result='requirements-2')
        self._run()
        self._in_order('environment.make', 'environment.install_driver')
        self.assertEqual('requirements-2', self._state().done['python'])

    def test_broken_interpreter_is_made_anew(self):
        self.journal.replace(environment, 'interpreter_works', result=False)
        self._run()
        self.assertIn('environment.make', self.entries)

    def test_changed_configuration_restarts_services_but_no_stores(self):
        self.journal.replace(render, 'write_all', result=['nova/nova.conf'])
        self._run()
        (stopped,) = [it for it in self.entries if it.startswith('stop')]
        words = stopped.split()
        self.assertIn('nova-api', words)
        self.assertIn('memcached', words)
        for name in down.STANDS_BELOW:
            self.assertNotIn(name, words)

    def test_changed_table_alone_restarts_nothing(self):
        self.journal.replace(render, 'write_all', result=['supervisord.conf'])
        self._run()
        self.assertIn('stop ', self.entries)

    def test_changed_store_stops_all_that_stands_on_it(self):
        self.journal.replace(render, 'write_all', result=['mysql/my.cnf'])
        self._run()
        self._in_order('reload', 'down.stop', 'account.make_folders')

    def test_changed_command_of_a_switch_stops_all(self):
        self.supervisor.reloaded = {'ovs-vswitchd'}
        self._run()
        self.assertIn('down.stop', self.entries)

    def test_switch_that_crashed_under_its_agents_is_started_anew(self):
        self.supervisor.started_at['ovs-vswitchd'] = 7
        self._run()
        self.assertIn('restart.run', self.entries)
        self.supervisor.started_at['ovs-vswitchd'] = 0
        self._run()
        self.assertNotIn('restart.run', self.entries)

    def test_datapath_stays_what_it_was(self):
        self.journal.replace(network, 'datapath', result='system')
        self._run()
        self.assertEqual('netdev', self._state().done['datapath'])

    def test_stopped_cloud_starts_without_what_is_done(self):
        self.supervisor.is_up = False
        owner.release(self.home)
        self._run()
        self.assertEqual(set(), ONCE & set(self.entries))
        self._in_order('preflight.check_fresh', 'engine.clear_run', 'launch')


class VolumesTestCase(UpTestCase):
    def test_back_end_is_known_before_hosts_are_asked_for(self):
        self._run(volumes=True)
        self._in_order(
            'volume.install',
            self._started(service.Tier.BASE, volumes=True),
            self._started(service.Tier.CONTROL, volumes=True),
            'volume.wait_for_back_end',
            'seed.wait_for_host',
        )
        self.assertTrue(self._state().volumes)
        self.assertIn('cinder', self._state().done['catalog'])

    def test_without_them_there_is_no_cinder(self):
        self._run()
        for entry in ('volume.install', 'volume.wait_for_back_end'):
            self.assertNotIn(entry, self.entries)
        self.assertFalse(self._state().volumes)

    def test_image_half_can_have_them(self):
        self._run('none', volumes=True)
        self._in_order(
            self._started(service.Tier.BASE, 'none', True),
            self._started(service.Tier.CONTROL, 'none', True),
            'volume.wait_for_back_end',
            'push.push',
        )

    def test_once_there_they_stay(self):
        self._run(volumes=True)
        self._run()
        self.assertTrue(self._state().volumes)
        self.assertIn('volume.install', self.entries)

    def test_they_come_to_a_cloud_that_is_there(self):
        self._run()
        self._run(volumes=True)
        self.assertTrue(self._state().volumes)
        self.assertIn('catalog.fill', self.entries)
        self.assertNotIn('environment.make', self.entries)

    def test_changed_back_end_is_started_anew(self):
        self._run(volumes=True)
        self.journal.replace(volume, 'install', result=True)
        self._run()
        self.assertIn('stop cinder-volume', self.entries)

    def test_back_end_that_does_not_report_is_a_failure(self):
        self.journal.replace(
            volume, 'wait_for_back_end', error=exception.OperationFailed('no')
        )
        self.assertRaises(exception.OperationFailed, self._run, volumes=True)
        self.assertTrue(self._state().volumes)


class StacksTestCase(UpTestCase):
    def test_engine_is_waited_for(self):
        self._run(stacks=True)
        self._in_order(
            *('environment.make', 'environment.make_heat'),
            self._started(service.Tier.CONTROL, stacks=True),
            'stack.wait_for_engine',
            'story.boot',
        )
        self.assertTrue(self._state().stacks)
        self.assertIn('heat', self._state().done['catalog'])

    def test_without_them_there_is_no_heat(self):
        self._run()
        for entry in ('environment.make_heat', 'stack.wait_for_engine'):
            self.assertNotIn(entry, self.entries)
        self.assertFalse(self._state().stacks)

    def test_image_half_can_have_them(self):
        self._run('none', stacks=True)
        self._in_order(
            self._started(service.Tier.BASE, 'none', stacks=True),
            self._started(service.Tier.CONTROL, 'none', stacks=True),
            'stack.wait_for_engine',
            'push.push',
        )

    def test_they_come_to_a_cloud_that_is_there_and_stay(self):
        self._run()
        self._run(stacks=True)
        self.assertIn('environment.make_heat', self.entries)
        self.assertNotIn('environment.make', self.entries)
        self._run()
        self.assertTrue(self._state().stacks)
        self.assertNotIn('environment.make_heat', self.entries)
        self.assertIn('stack.wait_for_engine', self.entries)

    def test_client_comes_back_into_an_environment_that_is_made_anew(self):
        self._run(stacks=True)
        state = self._state().with_done('python', 'requirements-1')
        home_module.save_state(self.home, state)
        self._run()
        self._in_order('environment.make', 'environment.make_heat')

    def test_environment_that_does_not_work_is_made_and_used_anew(self):
        self._run(stacks=True)
        self.journal.replace(environment, 'interpreter_works', result=False)
        self._run()
        self.assertIn('environment.make_heat', self.entries)
        (stopped,) = [it for it in self.entries if it.startswith('stop')]
        self.assertIn('heat-api heat-engine', stopped)


class FailureTestCase(UpTestCase):
    def test_next_run_goes_on_where_one_failed(self):
        self.journal.replace(
            seed, 'networks', error=exception.OperationFailed('no network')
        )
        err = self.assertRaises(exception.OperationFailed, self._run)
        self.assertEqual('no network', str(err))
        self.assertIn('failed', self.said.getvalue())
        self.assertNotIn('story.boot', self.entries)
        self.assertTrue(owner.is_ours(self.home))
        self.journal.replace(seed, 'networks')
        self._run()
        self._in_order('seed.networks', 'story.boot')
        self.assertNotIn('environment.make', self.entries)

    def test_refusal_of_an_api_is_a_sentence(self):
        self.journal.replace(
            catalog, 'fill', error=openstack.exceptions.SDKException('no')
        )
        err = self.assertRaises(exception.OperationFailed, self._run)
        self.assertIn('the cloud says: no', str(err))
        self.assertNotIn('catalog', self._state().done)

    def test_host_that_does_not_come_up_shows_its_log(self):
        self.journal.replace(
            seed, 'wait_for_host', error=exception.OperationFailed('not up')
        )
        self.home.log.mkdir(parents=True)
        self.home.log_of('nova-compute').write_text('one\nthe reason\n')
        err = self.assertRaises(exception.OperationFailed, self._run)
        self.assertIn('not up; log: ', str(err))
        self.assertIn('the reason', str(err))

    def test_unfit_machine_is_left_as_it_is(self):
        self.journal.replace(
            preflight, 'check', error=exception.PreconditionMissing('no')
        )
        self.assertRaises(exception.PreconditionMissing, self._run)
        self.assertEqual(['preflight.check'], self.entries)
        self.assertFalse(self.home.path.exists())

    def test_another_quickstart_at_work(self):
        self.home.path.mkdir()
        with lock.held(self.home):
            self.assertRaises(exception.OperationFailed, self._run)
        self.assertEqual(['preflight.check'], self.entries)


class MachineTestCase(UpTestCase):
    """Who has the machine, and in which state the last one left it."""

    def _other(self):
        other = home_module.Home(self.home.path.with_name('other'))
        other.path.mkdir()
        owner.claim(other)
        return other

    def test_it_is_taken_before_anything_is_made(self):
        self.journal.replace(
            package, 'install', error=exception.OperationFailed()
        )
        self.assertRaises(exception.OperationFailed, self._run)
        self.assertTrue(owner.is_ours(self.home))
        self.assertIsNotNone(self._state())

    def test_taken_one_is_not_taken(self):
        self.journal.replace(
            preflight, 'check_fresh', error=exception.PreconditionMissing()
        )
        self.assertRaises(exception.PreconditionMissing, self._run)
        self.assertIsNone(owner.read())
        self.assertIsNone(self._state())
        self._in_order('down.end_orphans', 'preflight.check_fresh')

    def test_other_home_that_took_it_meanwhile(self):
        other = self._other()
        err = self.assertRaises(exception.PreconditionMissing, self._run)
        self.assertIn(str(other.path), str(err))
        self.assertIsNone(self._state())
        self.assertNotIn('down.stop', self.entries)

    def test_crash_is_cleared_and_not_refused(self):
        owner.claim(self.home)
        self._run()
        self._in_order(
            *('down.stop', 'volume.disconnect_all'),
            *('preflight.check_fresh', 'launch'),
        )
        self.assertIn('what a crash left', self.said.getvalue())

    def test_running_cloud_is_not_cleared(self):
        self._run()
        self._run()
        self.assertNotIn('down.stop', self.entries)
        self.assertNotIn('preflight.check_fresh', self.entries)

    def test_running_cloud_from_before_the_record_gets_one(self):
        self._run()
        owner.release(self.home)
        self._run()
        self.assertTrue(owner.is_ours(self.home))
        self.assertNotIn('preflight.check_fresh', self.entries)

    def test_machine_of_a_home_that_is_gone_is_cleared_and_said(self):
        other = self._other()
        other.path.rmdir()
        self._run()
        self._in_order('down.end_orphans', 'down.stop', 'launch')
        self.assertIn(
            f'what {other.path}, which is gone, left', self.said.getvalue()
        )
        self.assertTrue(owner.is_ours(self.home))

    def test_cleared_machine_that_does_not_do_is_given_back(self):
        owner.claim(self.home)
        self.journal.replace(
            preflight, 'check_fresh', error=exception.PreconditionMissing()
        )
        self.assertRaises(exception.PreconditionMissing, self._run)
        self.assertIsNone(owner.read())

    def test_machine_that_cannot_be_cleared_stays_ours(self):
        owner.claim(self.home)
        self.journal.replace(down, 'stop', error=exception.OperationFailed())
        self.assertRaises(exception.OperationFailed, self._run)
        self.assertTrue(owner.is_ours(self.home))


class AddNodeTestCase(UpTestCase):
    def setUp(self):
        super().setUp()
        self._run()

    def _add(self, name='a', driver='docker'):
        self._up().add_node(name, driver)

    def test_node_is_remembered_before_it_is_made(self):
        self.journal.replace(
            node, 'prepare', error=exception.OperationFailed()
        )
        self.assertRaises(exception.OperationFailed, self._add)
        self.assertEqual((NODE,), self._state().nodes)
        self.journal.replace(node, 'prepare')
        self._add()
        self._in_order('render.write_all', 'node.prepare', 'reload')
        self.assertEqual((NODE,), self._state().nodes)

    def test_cloud_that_is_down(self):
        self.supervisor.is_up = False
        err = self.assertRaises(exception.PreconditionMissing, self._add)
        self.assertIn('The cloud is down', str(err))

    def test_name_too_long_for_the_sockets_below(self):
        self.home = home_module.Home(self.home.path)
        self.patch(home_module, '_SOCKET_BYTES', 10)
        self.assertRaises(exception.PreconditionMissing, self._add)
        self.assertEqual((), self._state().nodes)

    def test_host_that_nova_does_not_discover(self):
        self.journal.replace(database, 'mapped_hosts', result={HOST})
        self.patch(up.process, 'wait_until', self._expect)
        err = self.assertRaises(exception.OperationFailed, self._add)
        self.assertIn('nova discovers compute host a', str(err))
        self.assertIn('a.nova-compute.log', str(err))

    def _expect(self, predicate, timeout_s, what):
        if not predicate():
            raise exception.OperationFailed(what)

    def test_user_of_the_machine_is_not_made_again(self):
        self.journal.replace(account, 'has_user', result=True)
        self._add()
        self.assertNotIn('account.create_user', self.entries)
