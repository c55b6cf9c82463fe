"""Resize, cold migration and evacuation between two hosts of a cloud."""

import os
import signal

import openstack

from tests.integration import cloud
from tests.integration import two_hosts
from tests.integration import volume

LARGER = 'm1.small'
# What travels is more than one of the chunks that Glance's client sends.
_COMMAND = (
    "sh -c 'dd if=/dev/zero of=/large bs=1048576 count=3; "
    'echo once >> /story; while read line; do echo told $line; done '
    "< /story; cat /proc/net/dev; exec sleep 6000'"
)

setUpModule = two_hosts.set_up


class MigrationCase(two_hosts.TwoHostsCase):
    def setUp(self):
        super().setUp()
        self.image = self.shell_image()

    def boot_on(self, host):
        server = self.boot(
            image=self.image,
            availability_zone=f'nova:{host}',
            metadata={'docker:command': _COMMAND},
        )
        self.wait_for_story(server, 'told once')
        return server

    def wait_for_story(self, server, text):
        cloud.wait_until(
            lambda: text in self.console_log(server), f'{text} of the server'
        )

    def names(self, engine, server):
        """List the containers that an engine has of a server."""
        label = f'org.openstack.nova.uuid={server.id}'
        found = engine.containers(all=True, filters={'label': label})
        return sorted(name for each in found for name in each['Names'])

    def assert_lives_in(self, engine, server, *others):
        """See that one engine has the server, and the others nothing."""
        self.assertEqual([f'/nova-{server.id}'], self.names(engine, server))
        for each in others:
            self.assertEqual([], self.names(each, server))

    def assert_moved_once(self, server):
        """See that it has begun anew, on what it had written."""
        self.wait_for_story(server, 'told once\ntold once\n')
        self.assertIn('eth0', self.console_log(server))

    def parcels(self):
        return [
            each.name
            for each in self.admin.image.images(is_hidden=True)
            if each.name.endswith('-moving')
        ]


class ResizeTest(MigrationCase):
    def resize(self, server):
        flavor = self.compute.find_flavor(LARGER)
        self.compute.resize_server(server, flavor)
        self.wait_for_status(server, 'VERIFY_RESIZE')
        return flavor

    def test_confirmed(self):
        server = self.boot_on(cloud.HOST)
        flavor = self.resize(server)
        engine, other = self._engines(server)
        self.assert_moved_once(server)
        found = engine.inspect_container(f'nova-{server.id}')
        self.assertEqual(flavor.ram * 1024**2, found['HostConfig']['Memory'])
        self.compute.confirm_server_resize(server)
        self.wait_for_status(server, 'ACTIVE')
        self.assert_lives_in(engine, server, other)
        self.assertEqual([], self.parcels())
        self.assert_no_leaks()

    def test_reverted(self):
        server = self.boot_on(cloud.HOST)
        before = self.container(server)['Id']
        self.resize(server)
        self.compute.revert_server_resize(server)
        self.wait_for_status(server, 'ACTIVE')
        self.assertEqual(before, self.container(server)['Id'])
        self.assert_lives_in(self.engine, server, self.other_engine)
        self.assert_no_leaks()

    def test_deleted_while_it_waits(self):
        server = self.boot_on(cloud.HOST)
        self.resize(server)
        self.delete(server)
        for engine in (self.engine, self.other_engine):
            self.assertEqual([], self.names(engine, server))
        self.assert_no_leaks()

    def _engines(self, server):
        engines = self.engine, self.other_engine
        is_here = self.host_of(server) == cloud.HOST
        return engines if is_here else engines[::-1]


class MigrateTest(MigrationCase):
    def test_there_and_back_through_the_switch(self):
        server = self.boot(
            availability_zone=f'nova:{cloud.HOST}',
            security_groups=[{'name': self.open_port()}],
        )
        address = self.floating_ip(server)
        for host, engines in (
            (two_hosts.NAME, (self.other_engine, self.engine)),
            (cloud.HOST, (self.engine, self.other_engine)),
        ):
            self.compute.migrate_server(server, host=host)
            self.wait_for_status(server, 'VERIFY_RESIZE')
            answer = cloud.ask_memcached(address, 'version\r\n')
            self.assertIn('VERSION', answer)
            self.compute.confirm_server_resize(server)
            self.wait_for_status(server, 'ACTIVE')
            self.assert_lives_in(engines[0], server, *engines[1:])
        self.assertEqual([], self.parcels())
        self.assert_no_leaks()

    def test_reverted(self):
        server = self.boot_on(cloud.HOST)
        before = self.container(server)['Id']
        self.compute.migrate_server(server, host=two_hosts.NAME)
        self.wait_for_status(server, 'VERIFY_RESIZE')
        self.assert_moved_once(server)
        self.compute.revert_server_resize(server)
        self.wait_for_status(server, 'ACTIVE')
        self.assertEqual(before, self.container(server)['Id'])
        self.assert_lives_in(self.engine, server, self.other_engine)
        self.assert_no_leaks()


class EvacuateTest(MigrationCase):
    def test_node_that_comes_back_has_nothing_of_it(self):
        server = self.boot_on(two_hosts.NAME)
        (service,) = self.compute.services(
            binary='nova-compute', host=two_hosts.NAME
        )
        pid = self._pid()
        # Dead to Nova, while its containers still run.
        os.killpg(pid, signal.SIGSTOP)
        self.addCleanup(self._go_on, pid)
        self.compute.update_service_forced_down(service, forced=True)
        self.addCleanup(
            cloud.wait_until,
            lambda: self._is_forced_up(service),
            'the end of what has left the node',
        )
        self.compute.evacuate_server(server)
        # Whoever owns it starts it, since microversion 2.95.
        self.wait_for_status(server, 'SHUTOFF')
        self.assertEqual(
            [f'/nova-{server.id}'], self.names(self.engine, server)
        )
        # Its supervisor starts it anew.
        os.killpg(pid, signal.SIGKILL)
        cloud.wait_until(
            lambda: not self.names(self.other_engine, server),
            'the end of what the node has of it',
        )
        self.assert_lives_in(self.engine, server, self.other_engine)
        self.compute.start_server(server)
        self.wait_for_status(server, 'ACTIVE')
        self.assertEqual(cloud.HOST, self.host_of(server))

    def _is_forced_up(self, service):
        """Force the node up; Nova refuses until it knows what has left."""
        try:
            self.compute.update_service_forced_down(service, forced=False)
        except openstack.exceptions.BadRequestException:
            return False
        return True

    def _pid(self):
        (found,) = [
            each
            for each in cloud.parsed(['status', '--json'])
            if each['name'] == f'{two_hosts.NAME}.nova-compute'
        ]
        return found['pid']

    def _go_on(self, pid):
        try:
            os.killpg(pid, signal.SIGCONT)
        except ProcessLookupError:
            return


class VolumeTest(volume.VolumeCase, MigrationCase):
    """A node has the volumes that the machine itself has had, and back."""

    def boot_with(self, disk, host):
        return self.boot_idle(
            volume.STORY,
            block_device_mapping=self.mapping(disk),
            availability_zone=f'nova:{host}',
        )

    def delete_and_find_nothing(self, server, disk):
        self.delete(server)
        self.wait_for_volume(disk, 'available')
        self.assert_no_leaks()

    def test_data_goes_from_host_to_host(self):
        disk = self.volume()
        for starts, host in enumerate((two_hosts.NAME, cloud.HOST), 1):
            server = self.boot_with(disk, host)
            self.wait_for_story(server, starts * volume.START)
            self.delete_and_find_nothing(server, disk)

    def migrated(self, disk):
        """Give a server that has it and waits for a decision elsewhere."""
        server = self.boot_with(disk, cloud.HOST)
        self.wait_for_story(server, volume.START)
        self.compute.migrate_server(server, host=two_hosts.NAME)
        self.wait_for_status(server, 'VERIFY_RESIZE')
        self.wait_for_story(server, 2 * volume.START)
        return server

    def test_it_goes_with_a_server_that_is_migrated(self):
        disk = self.volume()
        server = self.migrated(disk)
        self.compute.confirm_server_resize(server)
        self.wait_for_status(server, 'ACTIVE')
        self.wait_for_volume(disk, 'in-use')
        self.delete_and_find_nothing(server, disk)

    def test_it_comes_back_with_one_that_is_reverted(self):
        disk = self.volume()
        server = self.migrated(disk)
        self.compute.revert_server_resize(server)
        self.wait_for_status(server, 'ACTIVE')
        self.wait_for_story(server, 3 * volume.START)
        self.wait_for_volume(disk, 'in-use')
        self.delete_and_find_nothing(server, disk)
