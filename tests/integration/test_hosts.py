"""Servers on the hosts of a cloud: where they go, and how they meet there."""

import uuid

from tests.integration import cloud
from tests.integration import test_network
from tests.integration import two_hosts

BOTH = {cloud.HOST, two_hosts.NAME}

setUpModule = two_hosts.set_up


class NodeTest(two_hosts.TwoHostsCase):
    def test_it_has_an_engine_of_its_own_and_stays_while_it_has_servers(self):
        server = self.boot(availability_zone=f'nova:{two_hosts.NAME}')
        label = f'org.openstack.nova.uuid={server.id}'
        for engine, count in ((self.engine, 0), (self.other_engine, 1)):
            found = engine.containers(all=True, filters={'label': label})
            self.assertEqual(count, len(found))
        refused = cloud.quickstart('node', 'remove', two_hosts.NAME)
        self.assertEqual(1, refused.returncode)
        self.assertIn(server.name, refused.stderr)

    def test_name_that_cannot_be_one(self):
        found = cloud.quickstart('node', 'add', 'No/Name')
        self.assertEqual(3, found.returncode)
        self.assertIn('lower case', found.stderr)


class SpreadTest(two_hosts.TwoHostsCase):
    def test_servers_go_to_every_host(self):
        servers = [self.create() for _ in range(4)]
        for each in servers:
            self.wait_for_status(each, 'ACTIVE')
        self.assertEqual(BOTH, {self.host_of(each) for each in servers})

    def test_a_group_keeps_its_servers_apart(self):
        hints = self._hints('anti-affinity')
        servers = [self.boot(scheduler_hints=hints) for _ in range(2)]
        self.assertEqual(BOTH, {self.host_of(each) for each in servers})
        third = self.boot(scheduler_hints=hints, wait='ERROR')
        self.assertIn('No valid host', third.fault['message'])

    def test_a_group_keeps_its_servers_together(self):
        hints = self._hints('affinity')
        servers = [self.boot(scheduler_hints=hints) for _ in range(3)]
        self.assertEqual(1, len({self.host_of(each) for each in servers}))

    def _hints(self, policy):
        group = self.compute.create_server_group(
            name=f'test-{uuid.uuid4().hex[:8]}', policy=policy
        )
        self.addCleanup(self.compute.delete_server_group, group)
        return {'group': group.id}


class TrafficTest(two_hosts.TwoHostsCase, test_network.PortsTestCase):
    def test_a_group_of_rules_means_the_same_on_every_host(self):
        """Rules name a group: who is in it may come, from either host."""
        friends, target = self._group(), self._group()
        self.admin.network.create_security_group_rule(
            security_group_id=target.id,
            direction='ingress',
            protocol='tcp',
            port_range_min=cloud.PORT,
            port_range_max=cloud.PORT,
            remote_group_id=friends.id,
        )
        server = self._boot_on(two_hosts.NAME, target)
        friend = self._boot_on(cloud.HOST, friends)
        stranger = self._boot_on(cloud.HOST, self._group())
        (port,) = self.admin.network.ports(device_id=server.id)
        address = self.address_of(port)
        self.assertIn('VERSION', self.ask(friend, address))
        self.assertFalse(self.can(stranger, address))

    def _boot_on(self, host, group):
        server = self.boot(
            availability_zone=f'nova:{host}',
            security_groups=[{'name': group.name}],
        )
        self.assertEqual(host, self.host_of(server))
        return server

    def _group(self):
        name = f'test-{uuid.uuid4()}'
        group = self.admin.network.create_security_group(name=name)
        self.addCleanup(self.admin.network.delete_security_group, group)
        return group


class MaintenanceTest(two_hosts.TwoHostsCase):
    def test_a_host_is_emptied_and_comes_back(self):
        leaving = self.boot(availability_zone=f'nova:{two_hosts.NAME}')
        (service,) = self.compute.services(
            binary='nova-compute', host=two_hosts.NAME
        )
        self.compute.disable_service(service, disabled_reason='test')
        self.addCleanup(self.compute.enable_service, service)
        for _ in range(2):
            self.assertEqual(cloud.HOST, self.host_of(self.boot()))
        self.compute.migrate_server(leaving)
        self.wait_for_status(leaving, 'VERIFY_RESIZE')
        self.compute.confirm_server_resize(leaving)
        self.wait_for_status(leaving, 'ACTIVE')
        self.assertEqual(cloud.HOST, self.host_of(leaving))
        self.assertEqual([], self.other_engine.containers(all=True))
        self.compute.enable_service(service)
        back = self.boot(availability_zone=f'nova:{two_hosts.NAME}')
        self.assertEqual(two_hosts.NAME, self.host_of(back))
        self.assert_accounted()
        self.assert_no_leaks()

    def assert_accounted(self):
        """See that Placement has what Nova has, by Nova's own commands."""
        audit = self._manage('audit', '--verbose')
        self.assertEqual(0, audit.returncode, audit.stdout)
        # 4: there was no allocation to make.
        heal = self._manage('heal_allocations', '--dry-run', '--verbose')
        self.assertEqual(4, heal.returncode, heal.stdout)

    def _manage(self, *words):
        config = two_hosts.HOME / 'etc' / 'nova' / 'nova.conf'
        return cloud.quickstart(
            *('exec', 'nova-manage', '--config-file', str(config)),
            *('placement', *words),
        )


class ImageCacheTest(two_hosts.TwoHostsCase):
    def test_every_host_of_an_aggregate_holds_an_image(self):
        image_id = self.image_id(self.shell_image())
        zone = self.compute.find_aggregate(cloud.AGGREGATE)
        self.assertLessEqual(BOTH, {*zone.hosts})
        self.compute.aggregate_precache_images(zone.id, [image_id])
        for engine in (self.engine, self.other_engine):
            cloud.wait_until(
                lambda engine=engine: engine.images(
                    name=f'nova-image/{image_id}'
                ),
                'the image in the engine',
            )
