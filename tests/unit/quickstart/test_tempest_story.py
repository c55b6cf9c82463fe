"""The story of a run: hosts, images, configuration, tests, leaks."""

import configparser
import hashlib
import io
import json
import pathlib
import re
import socket
import subprocess
import sys
import types

import fixtures
import requests
import rich.console
import testtools

from deploy.quickstart import cloud
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import leak
from deploy.quickstart import package
from deploy.quickstart import progress as progress_module
from deploy.quickstart import seed
from deploy.quickstart import ssh_image
from deploy.quickstart import supervise
from deploy.quickstart import up
from deploy.quickstart.tempest import images
from deploy.quickstart.tempest import leftover
from deploy.quickstart.tempest import outcome as outcome_module
from deploy.quickstart.tempest import runner
from deploy.quickstart.tempest import story
from deploy.quickstart.tempest import workspace as workspace_module
from tests.unit.quickstart import records

TESTS = ['tempest.a.X.test_one', 'tempest.a.X.test_two']


class Images(records.Records):
    """Glance with the files that were uploaded."""

    def images(self, *, name):
        return [it for it in self.rows if it.name == name]

    def delete_image(self, image):
        self.rows.remove(image)

    def create_image(self, name, **fields):
        image_id = f'image-{len(self.made)}'
        status = 'active' if 'data' in fields else 'queued'
        return self.create(id=image_id, name=name, status=status)

    def put(self, path, *, data, headers):
        (found,) = [it for it in self.rows if path == f'/images/{it.id}/file']
        found.status = 'active'
        found.hash_value = hashlib.sha512(data.read()).hexdigest()
        answer = requests.Response()
        answer.status_code = 204
        return answer


def a_cloud():
    """Make the clients of a cloud that has what `up` makes."""
    found = types.SimpleNamespace(id='found')
    return types.SimpleNamespace(
        image=Images(),
        compute=types.SimpleNamespace(
            find_flavor=lambda name: records.row(id=f'flavor-{name}'),
            availability_zones=lambda details: [],
        ),
        network=types.SimpleNamespace(find_network=lambda name: found),
    )


class StoryTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder)
        self.home.log.mkdir()
        home_module.save_state(self.home, home_module.State('ovs'))
        self.cloud = a_cloud()
        self.leaks, self.leaking = [], []
        self.out = io.StringIO()
        self.workspace = workspace_module.Workspace(self.home)
        self.patch(story, '_LEAKS_S', 0)
        for module, name, value in (
            (supervise.Supervisor, 'is_running', lambda self: True),
            (workspace_module, 'make', lambda workspace: None),
            (workspace_module, 'install_plugin', lambda workspace: None),
            (workspace_module, 'names', lambda workspace: TESTS),
            (story.selection, 'rules', lambda text: []),
            (cloud, 'connect', lambda secrets: self.cloud),
            (up.Up, 'add_node', self._add_node),
            (package, 'install', lambda home, packages: None),
            (ssh_image, 'build', lambda path, name: path.write_text(name)),
            (runner, 'run', self._tests),
            (leak, 'find', lambda home, state: [*self.leaks]),
            (leftover, 'find', lambda admin, volumes: ['image tempest-x']),
        ):
            self.patch(module, name, value)
        self.patch(seed.platform, 'machine', lambda: 'x86_64')
        self.failing = {}

    def _add_node(self, name, driver):
        state = home_module.load_state(self.home)
        node = home_module.Node(name, driver, len(state.nodes))
        home_module.save_state(self.home, state.with_node(node))

    def _tests(self, workspace, names, console, *, concurrency):
        self.leaks = [*self.leaks, *self.leaking]
        outcome = outcome_module.Outcome(set())
        outcome.failed = self.failing
        outcome.passed = [it for it in names if it not in self.failing]
        return outcome

    def _run(self, regex='tempest'):
        console = rich.console.Console(file=self.out, width=100)
        progress = progress_module.Progress(console)
        run = story.Run(self.home, progress, regex=regex, concurrency=2)
        return run.run()

    def _config(self):
        parser = configparser.RawConfigParser()
        parser.read(self.workspace.config)
        return parser

    def _results(self):
        return json.loads(self.workspace.results.read_text())

    def test_a_second_host_is_made_once(self):
        self.assertTrue(self._run())
        (node,) = home_module.load_state(self.home).nodes
        self.assertEqual(('node2', 'docker'), (node.name, node.driver))
        self._run()
        self.assertEqual(1, len(home_module.load_state(self.home).nodes))
        self.assertEqual('2', self._config()['compute']['min_compute_nodes'])

    def test_servers_are_moved_from_host_to_host(self):
        self._run()
        compute = self._config()['compute']
        self.assertEqual(
            (socket.gethostname(), 'node2'),
            (compute['migration_source_host'], compute['migration_dest_host']),
        )

    def test_with_ovn_there_is_one_host(self):
        home_module.save_state(self.home, home_module.State('ovn'))
        self._run()
        compute = self._config()['compute']
        self.assertEqual('1', compute['min_compute_nodes'])
        self.assertNotIn('migration_dest_host', compute)

    def test_hosts_of_another_driver_do_not_count(self):
        self._add_node('kvm', 'fake')
        self._run()
        self.assertEqual('2', self._config()['compute']['min_compute_nodes'])

    def test_configuration_names_what_the_cloud_has(self):
        self._run()
        config = self._config()
        self.assertEqual('found', config['network']['public_network_id'])
        compute = config['compute']
        self.assertEqual('flavor-m1.nano', compute['flavor_ref'])
        self.assertNotEqual(compute['image_ref'], compute['image_ref_alt'])
        self.assertEqual(0o600, self.workspace.config.stat().st_mode & 0o777)

    def test_plugin_pushes_the_image_that_was_built(self):
        self._run()
        docker = self._config()['docker']
        self.assertEqual('http://127.0.0.1:5042', docker['registry_url'])
        archive = pathlib.Path(docker['image_archive'])
        self.assertEqual(images.NAMES[0], archive.read_text())

    def test_zones_are_tested_where_the_cloud_is_divided(self):
        self._run()
        self.assertNotIn('zone', self._config()['docker'])
        self.cloud.compute.availability_zones = lambda details: [
            records.row(name=name, hosts={host: {'nova-compute': {}}})
            for name, host in (('nova', socket.gethostname()), ('kvm', 'kvm'))
        ]
        for _ in range(2):
            self._run()
            docker = self._config()['docker']
            self.assertEqual(
                ('nova', 'kvm'), (docker['zone'], docker['other_zone'])
            )
            (disk,) = self.cloud.image.images(name=images.DISK)
            self.assertEqual(disk.id, docker['other_image_ref'])

    def test_disk_whose_upload_broke_off_is_uploaded_again(self):
        self.cloud.image.create_image(images.DISK)
        image_id = images.upload_disk(self.cloud)
        (disk,) = self.cloud.image.rows
        self.assertEqual((image_id, 'active'), (disk.id, disk.status))

    def test_volumes_are_tested_where_there_are_some(self):
        self._run()
        for group, option in (
            ('service_available', 'cinder'),
            ('docker', 'volumes'),
        ):
            self.assertEqual('false', self._config()[group][option])
        state = home_module.load_state(self.home)
        home_module.save_state(
            self.home,
            home_module.State('ovs', nodes=state.nodes, volumes=True),
        )
        self._run()
        self.assertEqual('true', self._config()['service_available']['cinder'])
        self.assertEqual('true', self._config()['docker']['volumes'])

    def test_its_locks_are_not_where_ours_is(self):
        self._run()
        path = self._config()['oslo_concurrency']['lock_path']
        self.assertNotEqual(str(self.workspace.path / 'lock'), path)

    def test_images_are_uploaded_when_they_have_changed(self):
        self._run()
        self._run()
        self.assertEqual([*images.NAMES], self.cloud.image.names())
        self.patch(
            ssh_image, 'build', lambda path, name: path.write_text('new')
        )
        self._run()
        self.assertEqual([*images.NAMES] * 2, self.cloud.image.names())
        self.assertEqual(2, len(self.cloud.image.rows))

    def test_results_are_kept_and_shown(self):
        self.failing = {TESTS[0]: 'it broke'}
        self.assertFalse(self._run())
        found = self._results()
        self.assertEqual({TESTS[0]: 'it broke'}, found['failed'])
        self.assertEqual([TESTS[1]], found['passed'])
        self.assertEqual(['image tempest-x'], found['leftovers'])
        self.assertIn(f'FAILED {TESTS[0]}', self.out.getvalue())
        self.assertIn('LEFT   image tempest-x', self.out.getvalue())

    def test_what_is_left_out_counts_as_skipped_with_its_reason(self):
        rule = story.selection.Rule(re.compile('one'), 'no disk')
        self.patch(story.selection, 'rules', lambda text: [rule])
        self.assertTrue(self._run())
        self.assertEqual({TESTS[0]: 'no disk'}, self._results()['skipped'])
        self.assertIn('1 no disk', self.out.getvalue())
        self.assertEqual(
            'Class,Tests,Reason\ntempest.a.X,test_one,no disk\n',
            self.workspace.skipped.read_text(),
        )

    def test_a_leak_is_a_failure(self):
        self.leaking = ['netns x: no such server']
        self.assertFalse(self._run())
        self.assertIn('LEAK   netns x', self.out.getvalue())

    def test_what_had_leaked_before_is_none_of_the_tests(self):
        self.leaks = ['netns x: no such server']
        self.assertTrue(self._run())
        self.assertEqual([], self._results()['leaks'])

    def test_a_cloud_that_is_down_is_a_missing_precondition(self):
        self.patch(supervise.Supervisor, 'is_running', lambda self: False)
        self.assertRaises(exception.PreconditionMissing, self._run)

    def test_state_that_went_away_is_a_missing_precondition(self):
        self.home.state_file.unlink()
        self.assertRaises(exception.PreconditionMissing, self._run)

    def test_a_second_run_is_refused(self):
        with story.lock.held(self.workspace.folder()):
            self.assertRaises(exception.OperationFailed, self._run)


class ImportTestCase(testtools.TestCase):
    def test_story_needs_nothing_that_only_tempest_has(self):
        code = (
            'import sys; sys.modules["subunit"] = None; '
            'sys.modules["testtools"] = None; '
            'import deploy.quickstart.tempest.story'
        )
        done = subprocess.run(
            [sys.executable, '-c', code], capture_output=True, check=False
        )
        self.assertEqual((0, b''), (done.returncode, done.stderr))


class LeftoverTestCase(testtools.TestCase):
    def test_only_what_tempest_named_is_listed(self):
        def listed(*names):
            return lambda **query: [
                records.row(id=f'id-{name}', name=name) for name in names
            ]

        admin = types.SimpleNamespace(
            compute=types.SimpleNamespace(
                servers=listed('tempest-s', 'memcached'),
                flavors=listed('m1.tiny'),
                aggregates=listed(),
            ),
            image=types.SimpleNamespace(images=listed('tempest-i')),
            network=types.SimpleNamespace(
                networks=listed('private'),
                routers=listed(),
                ports=listed(None),
                security_groups=listed('default'),
            ),
            identity=types.SimpleNamespace(
                projects=listed('tempest-p'), users=listed()
            ),
        )
        self.assertEqual(
            [
                'server tempest-s id-tempest-s',
                'image tempest-i id-tempest-i',
                'project tempest-p id-tempest-p',
            ],
            leftover.find(admin, volumes=False),
        )
        admin.block_storage = types.SimpleNamespace(
            volumes=listed('tempest-v', None),
            snapshots=listed('tempest-n'),
            types=listed('__DEFAULT__'),
        )
        self.assertEqual(
            [
                'volume tempest-v id-tempest-v',
                'volume snapshot tempest-n id-tempest-n',
            ],
            leftover.find(admin, volumes=True)[-2:],
        )
