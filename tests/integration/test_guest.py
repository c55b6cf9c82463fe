"""What a server is given, through the public APIs."""

import base64
import json
import uuid

from tests.fixtures import rootfs
from tests.integration import cloud

DRIVE = '/var/lib/cloud/seed/config_drive/openstack/latest'
PASSWD = 'root:x:0:0:root:/root:/bin/sh\n'
USER_DATA = '#!/bin/sh\necho hello\n'
# The metadata service, with nothing but a shell.
ASK = (
    'exec 3<>/dev/tcp/169.254.169.254/80; '
    'printf "GET /openstack/latest/user_data HTTP/1.0\\r\\n\\r\\n" >&3; '
    'cat <&3'
)
# The last microversion whose requests may bring files.
PERSONALITY = '2.56'


class GuestTest(cloud.CloudTestCase):
    def setUp(self):
        super().setUp()
        self.image = self.shell_image(
            programs=(*rootfs.PROGRAMS, 'bash'),
            files={
                'etc/passwd': PASSWD,
                'root/.keep': '',
                'bin/chpasswd': '#!/bin/sh\ncat > /got\n',
            },
        )

    def _boot(self, **more):
        return self.boot(
            image=self.image,
            metadata={'docker:command': 'sleep 600'},
            **more,
        )

    def _run(self, server, *command):
        """Run a command in a server's container, past Nova."""
        container = self.container(server)['Id']
        made = self.engine.exec_create(container, list(command))
        return self.engine.exec_start(made['Id']).decode()

    def test_key_pair(self):
        key = self.admin.compute.create_keypair(
            name=f'test-{uuid.uuid4()}',
            public_key='ssh-ed25519 '
            'AAAAC3NzaC1lZDI1NTE5AAAAIFTCkz+p5+Gwrh4H5wHLxd6jTAP9n5sMLq7A5'
            'b1gGoHd me@home',
        )
        self.addCleanup(self.admin.compute.delete_keypair, key)
        server = self._boot(key_name=key.name)
        keys = '/root/.ssh/authorized_keys'
        self.assertIn(
            key.public_key.split()[1], self._run(server, 'cat', keys)
        )
        modes = self._run(
            server, 'stat', '-c', '%a %u', '/root/.ssh', keys
        ).splitlines()
        self.assertEqual(['700 0', '600 0'], modes)

    def test_user_data_of_the_metadata_service(self):
        encoded = base64.b64encode(USER_DATA.encode()).decode()
        server = self._boot(user_data=encoded)
        found = cloud.wait_until(
            lambda: self._answer(server), 'the metadata service'
        )
        self.assertIn(USER_DATA, found)

    def _answer(self, server):
        found = self._run(server, 'bash', '-c', ASK)
        return found if ' 200 ' in found else None

    def test_config_drive(self):
        encoded = base64.b64encode(USER_DATA.encode()).decode()
        server = self._boot(config_drive=True, user_data=encoded)
        told = json.loads(self._run(server, 'cat', f'{DRIVE}/meta_data.json'))
        self.assertEqual(server.id, told['uuid'])
        self.assertTrue(told['admin_pass'])
        self.assertEqual(
            USER_DATA, self._run(server, 'cat', f'{DRIVE}/user_data')
        )
        self.delete(server)
        self.assert_no_leaks()

    def test_tagged_port_is_told_of(self):
        port = self.admin.network.create_port(
            network_id=self.network().id, name='tagged'
        )
        self.addCleanup(self.admin.network.delete_port, port)
        server = self._boot(
            config_drive=True, networks=[{'port': port.id, 'tag': 'front'}]
        )
        told = json.loads(self._run(server, 'cat', f'{DRIVE}/meta_data.json'))
        (device,) = told['devices']
        self.assertEqual(['front'], device['tags'])
        self.assertEqual(port.mac_address, device['mac'])
        self.delete(server)

    def test_injected_file(self):
        server = self._with_files('/etc/motd', b'hello\n')
        self.wait_for_status(server, 'ACTIVE')
        self.assertEqual('hello\n', self._run(server, 'cat', '/etc/motd'))

    def test_injected_file_that_leads_out_is_refused(self):
        server = self._with_files('/../etc/motd', b'hello\n')
        self.wait_for_status(server, 'ERROR')
        found = self.admin.compute.get_server(server.id)
        self.assertIn('cannot be injected', found.fault['message'])

    def _with_files(self, path, content):
        compute = self.admin.compute
        body = {
            'name': 'test-files',
            'imageRef': self.image_id(self.image),
            'flavorRef': compute.find_flavor(cloud.FLAVOR).id,
            'networks': [{'uuid': self.network().id}],
            'metadata': {'docker:command': 'sleep 600'},
            'personality': [
                {
                    'path': path,
                    'contents': base64.b64encode(content).decode(),
                }
            ],
        }
        answer = compute.post(
            '/servers', json={'server': body}, microversion=PERSONALITY
        )
        self.assertEqual(202, answer.status_code, answer.text)
        server = compute.get_server(answer.json()['server']['id'])
        self.addCleanup(self.delete, server)
        return server

    def test_password(self):
        server = self._boot()
        self.admin.compute.change_server_password(server, 'correct horse')
        self.assertEqual(
            'root:correct horse\n', self._run(server, 'cat', '/got')
        )
        self.assertEqual(
            'ACTIVE', self.admin.compute.get_server(server.id).status
        )

    def test_password_of_an_image_without_chpasswd(self):
        server = self.boot()
        answer = self.admin.compute.post(
            f'/servers/{server.id}/action',
            json={'changePassword': {'adminPass': 'correct horse'}},
        )
        self.assertEqual(409, answer.status_code)
        self.assertIn('no chpasswd', answer.text)
        self.wait_for_status(server, 'ACTIVE')
