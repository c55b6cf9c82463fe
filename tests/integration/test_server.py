"""The life of a server, through the public APIs."""

import socket

from tests.integration import cloud

# Tells what the first instruction finds, then stays.
LOOK = "sh -c 'cat /proc/net/dev /etc/hosts; exec sleep 600'"


class ServerTest(cloud.CloudTestCase):
    def test_stop_start_reboot_delete(self):
        server = self.boot()
        first = self.container(server)['Id']
        compute = self.admin.compute

        compute.stop_server(server)
        self.wait_for_status(server, 'SHUTOFF')
        self.assertFalse(self.container(server)['State']['Running'])

        compute.start_server(server)
        self.wait_for_status(server, 'ACTIVE')

        for kind in ('SOFT', 'HARD'):
            pid = self.container(server)['State']['Pid']
            compute.reboot_server(server, kind)
            self.wait_for_status(server, 'ACTIVE')
            self.assertNotEqual(pid, self.container(server)['State']['Pid'])

        # The data is that of the first boot all along.
        self.assertEqual(first, self.container(server)['Id'])
        self.delete(server)
        self.assertEqual([], self._containers_of(server))

    def _containers_of(self, server):
        label = f'org.openstack.nova.uuid={server.id}'
        return self.engine.containers(all=True, filters={'label': label})

    def test_pause_and_unpause(self):
        server = self.boot()
        self.admin.compute.pause_server(server)
        self.wait_for_status(server, 'PAUSED')
        self.assertTrue(self.container(server)['State']['Paused'])
        self.admin.compute.unpause_server(server)
        self.wait_for_status(server, 'ACTIVE')

    def test_server_that_stands_still_answers_nobody(self):
        server = self.boot(security_groups=[{'name': self.open_port()}])
        address = self.floating_ip(server)
        compute = self.admin.compute
        for halt, status, go_on in (
            (compute.pause_server, 'PAUSED', compute.unpause_server),
            (compute.suspend_server, 'SUSPENDED', compute.resume_server),
            (compute.stop_server, 'SHUTOFF', compute.start_server),
        ):
            cloud.ask_memcached(address, 'version\r\n')
            halt(server)
            self.wait_for_status(server, status)
            # The kernel would take it or refuse it at once.
            raised = self.assertRaises(
                OSError, socket.create_connection, (address, cloud.PORT), 3
            )
            self.assertFalse(isinstance(raised, ConnectionRefusedError))
            go_on(server)
            self.wait_for_status(server, 'ACTIVE')
        cloud.ask_memcached(address, 'version\r\n')

    def test_network_is_there_at_the_first_instruction(self):
        server = self.boot(
            image=self.shell_image(), metadata={'docker:command': LOOK}
        )
        (port,) = self.admin.network.ports(device_id=server.id)
        address = port.fixed_ips[0]['ip_address']
        log = self.log_with(server, f'{address} {server.name}')
        self.assertIn('eth0:', log)

    def test_flavor_is_what_the_engine_enforces(self):
        server = self.boot()
        flavor = self.admin.compute.find_flavor(cloud.FLAVOR)
        limits = self.container(server)['HostConfig']
        self.assertEqual(flavor.ram * 1024**2, limits['Memory'])
        self.assertEqual(flavor.vcpus * 10**9, limits['NanoCpus'])
        self.assertFalse(limits['Privileged'])

    def test_environment_from_metadata(self):
        command = "sh -c 'echo greeting is $GREETING; exec sleep 600'"
        server = self.boot(
            image=self.shell_image(),
            metadata={'docker:command': command, 'docker:env:GREETING': 'hi'},
        )
        self.log_with(server, 'greeting is hi')

    def test_server_lives_through_a_restart_of_nova_compute(self):
        server = self.boot()
        pid = self.container(server)['State']['Pid']
        self.assertEqual(
            0, cloud.quickstart('restart', 'nova-compute').returncode
        )
        cloud.wait_until(self._is_compute_up, 'nova-compute')
        self.assertEqual(pid, self.container(server)['State']['Pid'])
        self.admin.compute.reboot_server(server, 'SOFT')
        self.wait_for_status(server, 'ACTIVE')

    def _is_compute_up(self):
        services = self.admin.compute.services(binary='nova-compute')
        return all(service.state == 'up' for service in services)

    def test_hypervisor_tells_what_it_is(self):
        found = next(
            each
            for each in self.admin.compute.hypervisors(details=True)
            if each.name == cloud.HOST
        )
        self.assertEqual('docker', found.hypervisor_type)
        self.assertIn('load average', found.uptime)


class FailedBootTest(cloud.CloudTestCase):
    def test_command_that_ends_at_once(self):
        server = self.boot(
            wait='ERROR',
            image=self.shell_image(),
            metadata={'docker:command': "sh -c 'echo no config; exit 3'"},
        )
        fault = self.admin.compute.get_server(server.id).fault['message']
        self.assertIn('exit code 3', fault)
        self.assertIn('no config', fault)
        self.delete(server)
        self.assert_no_leaks()

    def test_metadata_that_does_not_exist(self):
        server = self.boot(wait='ERROR', metadata={'docker:privileged': '1'})
        fault = self.admin.compute.get_server(server.id).fault['message']
        self.assertIn('docker:privileged', fault)

    def test_image_of_another_hypervisor_is_refused(self):
        image = self.admin.image.create_image(
            name='a-disk',
            container_format='bare',
            disk_format='raw',
            data=b'\0' * 65536,
            **{'trait:CUSTOM_NOVA_DOCKER': 'required'},
        )
        self.addCleanup(self.admin.image.delete_image, image.id)
        server = self.boot(
            wait='ERROR',
            image='a-disk',
            availability_zone=f'nova:{cloud.HOST}',
        )
        fault = self.admin.compute.get_server(server.id).fault['message']
        self.assertIn('container_format=bare', fault)
