"""The phases of devstack, each run, and run again."""

import json
import subprocess

import testtools

from tests.unit.devstack import node

_REGISTRY = (
    *('docker-registry', 'docker-bridge', 'docker-bridge-token'),
    *('docker-reconciler', 'docker-proxy'),
)
UUID = '5e3f1c2a-0b7d-4c1e-9a52-6f0d8b1c4e77'
STRANGER = '11111111-2222-4333-8444-555555555555'


class PhaseTest(testtools.TestCase):
    def stack(
        self, node_: node.Node, *phases: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        done = node_.run(*(phases or node.STACK), **variables)
        self.assertEqual(0, done.returncode, done.stderr + done.stdout)
        return done


class StackTest(PhaseTest):
    def test_a_controller_twice(self) -> None:
        controller = self.useFixture(node.Node())
        self.stack(controller)
        calls = controller.log.read_text()
        self.require_order(calls)
        for name in _REGISTRY:
            self.assertIn(f'systemctl start devstack@{name}.service', calls)
        self.assertIn(
            'docker --config', calls.split('novadocker-zone apply')[1]
        )
        before = controller.files()
        controller.log.write_text('')

        self.stack(controller)
        after = controller.files()
        # The engine's own secret is one of each of its lives.
        engine = 'etc/nova-docker/registry.yml'
        self.assertNotEqual(before.pop(engine), after.pop(engine))
        self.assertEqual(before, after)
        self.assertEqual([], controller.called('build_image'))
        self.assertNotIn('restart docker', controller.log.read_text())
        again = controller.called('openstack')
        self.assertEqual([], [c for c in again if 'image create' in c])

    def require_order(self, calls: str) -> None:
        """Check that nothing comes before what it stands on."""
        at = 0
        for each in (
            'systemctl mask docker-registry.service',
            'install_package docker-registry',
            'systemctl mask nginx.service',
            'install_package nginx-light',
            'edit-constraints',
            'setup_install ',
            'novadocker-runtime install',
            'restart docker',
            'recreate_database glance_bridge',
            'glance-bridge-manage',
            'systemctl start devstack@docker-registry.service',
            'systemctl start devstack@docker-bridge.service',
            'systemctl start devstack@docker-proxy.service',
            'curl ',
            'discover_hosts.sh',
            'novadocker-zone apply',
            'build_image build memcached',
        ):
            at = calls.index(each, at)

    def test_a_compute_node_has_the_driver_and_no_registry(self) -> None:
        compute = self.useFixture(node.Node(*node.COMPUTE))
        self.stack(compute)
        nova = compute.options('etc/nova/nova.conf')
        self.assertEqual(
            f'http://{node.ADDRESS}:5042', nova['docker']['image_bridge_url']
        )
        self.assertNotIn('scheduler', nova)
        written = compute.files()
        self.assertNotIn('etc/nova-docker/registry.yml', written)
        self.assertNotIn('etc/tempest/tempest.conf', written)
        self.assertEqual([], compute.called('recreate_database'))
        self.assertEqual([], compute.called('discover_hosts.sh'))
        (applied,) = compute.called('novadocker-zone')
        self.assertTrue(applied.startswith('apply '))

    def test_a_controller_of_virtual_machines_has_the_registry(self) -> None:
        controller = self.useFixture(node.Node())
        self.stack(controller, NOVA_DOCKER_COMPUTE='False')
        nova = controller.options('etc/nova/nova.conf')
        self.assertNotIn('compute_driver', nova['DEFAULT'])
        self.assertIn('enable_isolated_aggregate_filtering', nova['scheduler'])
        self.assertNotIn('etc/docker/daemon.json', controller.files())
        self.assertNotIn('docker.io', controller.log.read_text())
        # There is no engine that could push.
        made = [c for c in controller.called('openstack') if 'create' in c]
        self.assertTrue([c for c in made if 'image create memcached' in c])
        self.assertEqual([], controller.called('docker'))

    def test_without_a_registry_images_are_uploaded(self) -> None:
        controller = self.useFixture(node.Node())
        self.stack(controller, DISABLED_SERVICES='docker-registry')
        nova = controller.options('etc/nova/nova.conf')
        self.assertNotIn('image_bridge_url', nova['docker'])
        self.assertEqual(node.PASTE, controller.paste.read_text())
        calls = controller.log.read_text()
        for name in _REGISTRY:
            self.assertNotIn(f'devstack@{name}', calls)
        self.assertIn('image create memcached:latest', calls)

    def test_what_makes_file_systems_comes_with_volumes(self) -> None:
        compute = self.useFixture(node.Node(*node.COMPUTE))
        self.stack(compute, 'pre-install')
        self.assertNotIn('xfsprogs', compute.log.read_text())
        self.stack(compute, 'pre-install', NOVA_DOCKER_VOLUMES='True')
        self.assertIn(
            'install_package e2fsprogs xfsprogs', compute.log.read_text()
        )

    def test_an_archive_of_the_operators_is_pushed(self) -> None:
        controller = self.useFixture(node.Node())
        archive = controller.root / 'mine.tar'
        archive.touch()
        self.stack(
            controller,
            DOCKER_IMAGE=str(archive),
            DOCKER_IMAGE_NAME='mine',
        )
        calls = controller.called('docker')
        self.assertIn(f'load --input {archive}', calls)
        self.assertTrue(
            [c for c in calls if c.endswith('push 127.0.0.1:5042/demo/mine')]
        )
        self.assertTrue(archive.exists())
        self.assertEqual([], list(controller.temporary.iterdir()))

    def test_no_password_is_on_a_command_line(self) -> None:
        controller = self.useFixture(node.Node())
        self.stack(controller)
        self.assertNotIn('secretadmin', controller.log.read_text())

    def test_the_zone_waits_until_nova_knows_the_host(self) -> None:
        compute = self.useFixture(node.Node(*node.COMPUTE))
        program = compute.root / 'venv/bin/novadocker-zone'
        program.write_text(
            '#!/bin/sh\n'
            'echo "novadocker-zone $*" >> "$LOG"\n'
            '[ -e "$ROOT/known" ] || { touch "$ROOT/known"; exit 1; }\n'
        )
        self.stack(compute)
        self.assertEqual(2, len(compute.called('novadocker-zone')))

    def test_a_zone_that_cannot_be_made_ends_it(self) -> None:
        compute = self.useFixture(node.Node(*node.COMPUTE))
        (compute.root / 'venv/bin/novadocker-zone').write_text(
            '#!/bin/sh\nexit 2\n'
        )
        done = compute.run(*node.STACK, NOVA_READY_TIMEOUT='1')
        self.assertNotEqual(0, done.returncode)
        self.assertIn('The docker zone was not made', done.stderr)

    def test_what_was_made_in_an_earlier_cloud_is_forgotten(self) -> None:
        compute = self.useFixture(node.Node(*node.COMPUTE))
        record = compute.root / 'stack/data/nova-docker-zone.json'
        record.write_text('of the cloud before')
        self.stack(compute)
        self.assertFalse(record.exists())

    def test_what_the_distribution_lacks_is_said(self) -> None:
        controller = self.useFixture(node.Node())
        done = controller.shell(
            'function is_ubuntu { return 1; }',
            'source $PLUGIN/plugin.sh stack pre-install',
        )
        self.assertNotEqual(0, done.returncode)
        self.assertEqual([], controller.called('install_package'))

    def test_the_module_in_our_wheel_does_not_hide_novas_checkout(
        self,
    ) -> None:
        controller = self.useFixture(node.Node())
        self.stack(controller, 'install')
        self.assertFalse(controller.installed_nova.exists())
        module = controller.root / 'stack/nova/nova/virt/docker.py'
        self.assertTrue(module.is_symlink())

    def test_a_nova_that_does_not_find_the_driver_ends_it(self) -> None:
        controller = self.useFixture(node.Node())
        (controller.root / 'stack/nova/nova/__init__.py').write_text(
            '__path__ = []\n'
        )
        done = controller.run('install')
        self.assertNotEqual(0, done.returncode)
        self.assertIn('does not find nova.virt.docker', done.stderr)

    def test_a_registry_that_does_not_start_ends_it(self) -> None:
        controller = self.useFixture(node.Node())
        self.stack(controller, 'pre-install', 'install', 'post-config')
        (controller.root / 'programs/curl').write_text('#!/bin/sh\nexit 22\n')
        done = controller.shell(
            'SERVICE_TIMEOUT=1', 'source $PLUGIN/plugin.sh stack extra'
        )
        self.assertNotEqual(0, done.returncode)
        self.assertIn('registry did not start', done.stderr)


class DistributionTest(PhaseTest):
    def test_a_package_that_is_there_keeps_its_service(self) -> None:
        controller = self.useFixture(node.Node())
        self.stack(
            controller,
            'pre-install',
            INSTALLED_PACKAGES='nginx-light,docker-registry',
        )
        self.assertEqual([], controller.called('systemctl'))
        self.assertNotIn('nginx', controller.log.read_text())

    def test_an_engine_is_told_before_its_first_start(self) -> None:
        compute = self.useFixture(node.Node(*node.COMPUTE))
        (compute.root / 'programs/dockerd').unlink()
        done = compute.shell(
            # This machine may have one.
            'type() { [[ "$*" != "-P dockerd" ]] && builtin type "$@"; }',
            'install_package() {',
            '    cat $ROOT/etc/docker/daemon.json > $ROOT/at-install',
            '}',
            'source $PLUGIN/plugin.sh stack pre-install',
        )
        self.assertEqual(0, done.returncode, done.stderr)
        told = json.loads((compute.root / 'at-install').read_text())
        self.assertEqual('none', told['bridge'])
        self.assertNotIn('runtimes', told)


class EndTest(PhaseTest):
    def with_servers(self) -> node.Node:
        host = self.useFixture(node.Node())
        (host.root / 'containers').write_text(
            f'aaa /nova-{UUID} nova {UUID}\n'
            f'bbb /nova-{UUID}-rescue nova {UUID}\n'
            # A stranger's container of a snapshot, and one of another name.
            f'ccc /web runc {UUID}\n'
            f'ddd /nova-{STRANGER} runc {STRANGER}\n'
            f'eee /nova-{STRANGER} nova {UUID}\n'
        )
        netns = host.root / 'netns'
        netns.mkdir()
        (netns / f'nova-{UUID}').touch()
        (netns / f'qrouter-{STRANGER}').touch()
        return host

    def test_servers_end_and_nobody_elses_containers(self) -> None:
        host = self.with_servers()
        self.stack(host, 'unstack')
        left = (host.root / 'containers').read_text().split('\n')
        self.assertEqual(
            ['ccc', 'ddd', 'eee'], [line[:3] for line in left if line]
        )
        self.assertEqual(
            [f'qrouter-{STRANGER}'],
            [path.name for path in (host.root / 'netns').iterdir()],
        )

    def test_nova_compute_ends_before_its_servers(self) -> None:
        host = self.with_servers()
        self.stack(host, 'unstack')
        calls = host.log.read_text()
        self.assertLess(
            calls.index('stop devstack@n-cpu.service'),
            calls.index('docker rm'),
        )

    def test_twice_ends_what_is_left(self) -> None:
        host = self.with_servers()
        self.stack(host, 'unstack', 'unstack')
        self.stack(host, 'clean', 'clean')

    def test_without_an_engine_there_is_nothing_to_end(self) -> None:
        host = self.with_servers()
        (host.root / 'engine-away').touch()
        done = self.stack(host, 'unstack')
        self.assertIn('no servers to remove', done.stdout)
        self.assertEqual(['version'], host.called('docker'))

    def test_clean_leaves_nothing_of_ours(self) -> None:
        host = self.useFixture(node.Node())
        before = {
            name
            for name in host.files()
            if not name.startswith(('etc/glance', 'etc/nova', 'etc/tempest'))
        }
        self.stack(host)
        self.stack(host, 'unstack', 'clean')
        after = set(host.files())
        # What devstack removes itself: its configuration, data and units.
        theirs = (
            *('etc/glance/', 'etc/nova/', 'etc/tempest/', 'systemd/'),
            'stack/data/',
        )
        left = {name for name in after if not name.startswith(theirs)}
        self.assertEqual(before | {'etc/docker/daemon.json'}, left)
        daemon = host.root / 'etc/docker/daemon.json'
        self.assertEqual({}, json.loads(daemon.read_text()))
        self.assertFalse((host.root / 'etc/nova-docker').exists())
        self.assertFalse((host.root / 'etc/glance-bridge').exists())
        for service in ('nginx', 'docker-registry'):
            self.assertIn(
                f'unmask {service}.service', host.called('systemctl')
            )

    def test_a_full_turn_can_be_stacked_again(self) -> None:
        host = self.useFixture(node.Node())
        self.stack(host)
        self.stack(host, 'unstack')
        host.log.write_text('')
        self.stack(host)
        self.assertIn(
            'start devstack@docker-proxy.service', host.called('systemctl')
        )
