"""The seed's story: a memcached that anybody can reach."""

import re

from tests.integration import cloud


class StoryTest(cloud.CloudTestCase):
    def setUp(self):
        super().setUp()
        self.server = self.admin.compute.find_server(
            'memcached', all_projects=True
        )

    def _floating_ip(self):
        addresses = self.admin.compute.get_server(self.server.id).addresses
        (address,) = [
            each['addr']
            for each in addresses['private']
            if each['OS-EXT-IPS:type'] == 'floating'
        ]
        return address

    def test_server_is_active(self):
        self.assertEqual('ACTIVE', self.server.status)

    def test_memcached_keeps_what_it_is_given(self):
        address = self._floating_ip()
        answer = cloud.ask_memcached(
            address, 'set color 0 60 3\r\nred\r\nget color\r\n'
        )
        self.assertEqual('STORED\r\nVALUE color 0 3\r\nred\r\nEND\r\n', answer)
        self.assertIn(
            'STAT version', cloud.ask_memcached(address, 'stats\r\n')
        )

    def test_listing_of_all_projects(self):
        listed = cloud.quickstart(
            'exec', 'openstack', 'server', 'list', '--all-projects'
        )
        self.assertEqual(0, listed.returncode)
        self.assertRegex(listed.stdout, r'memcached\s*\|\s*ACTIVE')

    def test_container_is_seen_by_docker(self):
        listed = cloud.quickstart('exec', 'docker', 'ps')
        self.assertIn(f'nova-{self.server.id}', listed.stdout)

    def test_novas_own_client_boots_on_a_host(self):
        name = 'by-nova-boot'
        booted = cloud.quickstart(
            *('exec', 'nova', 'boot', '--poll'),
            *('--image', self.image_id(), '--flavor', cloud.FLAVOR),
            *('--availability-zone', f'nova:{cloud.HOST}', name),
        )
        server = self.admin.compute.find_server(name)
        self.addCleanup(self.delete, server)
        self.assertEqual(0, booted.returncode, booted.stderr)
        self.wait_for_status(server, 'ACTIVE')


class QuickstartTest(cloud.CloudTestCase):
    def test_every_service_is_well(self):
        for service in cloud.parsed(['status', '--json']):
            with self.subTest(service['name']):
                self.assertTrue(service['is_well'], service)
                self.assertGreater(service['pid'], 0)

    def test_exit_code_of_the_command_is_passed(self):
        found = cloud.quickstart('exec', 'sh', '-c', 'exit 7')
        self.assertEqual(7, found.returncode)

    def test_wrong_usage(self):
        self.assertEqual(2, cloud.quickstart('fly').returncode)

    def test_unknown_service_is_named(self):
        found = cloud.quickstart('restart', 'no-such-service')
        self.assertNotEqual(0, found.returncode)
        self.assertIn('no-such-service', found.stderr)

    def test_logs(self):
        found = cloud.quickstart('logs', 'nova-compute')
        self.assertEqual(0, found.returncode)
        self.assertTrue(re.search(r'docker', found.stdout, re.I))

    def test_nothing_is_left_over(self):
        self.assert_no_leaks()
