"""The quickstart's cloud as its users reach it: commands and public APIs."""

import functools
import json
import os
import pathlib
import socket
import subprocess
import time
import unittest
import uuid

import docker
import openstack
import testtools

from tests.fixtures import rootfs

QUICKSTART = pathlib.Path(__file__).resolve().parents[2] / 'tools/quickstart'
IMAGE = 'memcached:latest'
FLAVOR = 'm1.tiny'
NETWORK = 'private'
# The availability zone of docker hosts.
AGGREGATE = 'docker'
PORT = 11211
# The compute host that the machine itself is.
HOST = socket.gethostname()
# What sends an image to docker hosts, also into an isolated aggregate.
DOCKER_PROPERTIES = {
    'img_hv_type': 'docker',
    'trait:CUSTOM_NOVA_DOCKER': 'required',
}


def quickstart(*words: str) -> subprocess.CompletedProcess[str]:
    """Run ``tools/quickstart`` and give what it said."""
    return subprocess.run(
        [str(QUICKSTART), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@functools.cache
def is_up() -> bool:
    return os.geteuid() == 0 and quickstart('status').returncode == 0


def services() -> set[str]:
    """Name what the cloud and its nodes run."""
    return {each['name'] for each in parsed(['status', '--json'])}


@functools.cache
def environment() -> dict[str, str]:
    """Give the environment that ``tools/quickstart exec`` gives a command."""
    lines = quickstart('exec', 'env', '-0').stdout.split('\0')
    return dict(line.split('=', 1) for line in lines if '=' in line)


def wait_until(predicate, what, *, within_s=120.0):
    """Wait for what the cloud does in its own time; give what was waited for.

    :raises TimeoutError: it did not come
    """
    deadline = time.monotonic() + within_s
    while not (found := predicate()):
        if time.monotonic() > deadline:
            raise TimeoutError(f'{what} did not come within {within_s} s')
        time.sleep(0.25)
    return found


def ask_memcached(address: str, text: str, *, within_s=30.0) -> str:
    """Speak memcached's protocol; it may take a moment to be reachable."""

    def try_once():
        try:
            with socket.create_connection((address, PORT), 2) as sock:
                sock.settimeout(5)
                sock.sendall(text.encode() + b'quit\r\n')
                return b''.join(iter(lambda: sock.recv(4096), b'')).decode()
        except OSError:
            return None

    return wait_until(try_once, f'memcached at {address}', within_s=within_s)


class CloudTestCase(testtools.TestCase):
    """A test with the admin's connection and the engine.

    :cvar service: what the cloud has to have beside what every cloud has
    :cvar option: what brings it
    """

    service = ''
    option = ''

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Not at the import: who lists the tests shall start nothing.
        if not is_up():
            raise unittest.SkipTest(
                'needs root and a cloud: tools/quickstart up'
            )
        if cls.service and cls.service not in services():
            raise unittest.SkipTest(
                f'needs {cls.service}: tools/quickstart up {cls.option}'
            )
        env = environment()
        cls.admin = openstack.connect(
            auth_url=env['OS_AUTH_URL'],
            username=env['OS_USERNAME'],
            password=env['OS_PASSWORD'],
            project_name=env['OS_PROJECT_NAME'],
            user_domain_name=env['OS_USER_DOMAIN_NAME'],
            project_domain_name=env['OS_PROJECT_DOMAIN_NAME'],
            region_name=env['OS_REGION_NAME'],
            load_envvars=False,
            load_yaml_config=False,
        )
        cls.addClassCleanup(cls.admin.close)
        cls.engine = docker.APIClient(env['DOCKER_HOST'], version='1.41')
        cls.addClassCleanup(cls.engine.close)

    def boot(self, *, wait='ACTIVE', **more):
        """Boot a server that goes with the test; wait for a status."""
        return self.wait_for_status(self.create(**more), wait)

    def create(self, *, image=IMAGE, **more):
        """Ask for a server that goes with the test."""
        compute = self.admin.compute
        usual = {
            'name': f'test-{uuid.uuid4().hex[:8]}',
            'flavor_id': compute.find_flavor(FLAVOR).id,
            'networks': [{'uuid': self.network().id}],
        }
        server = compute.create_server(
            image_id=self.image_id(image), **{**usual, **more}
        )
        self.addCleanup(self.delete, server)
        return server

    def shell_image(self, *, programs=rootfs.PROGRAMS, files=None):
        """Upload an image with a shell, which memcached's has not.

        :param files: texts of more programs, by path
        """
        name = f'shell-{uuid.uuid4().hex[:8]}'
        content = rootfs.with_files(programs, files or {})
        self.upload(name, rootfs.archive('shell:latest', content=content))
        return name

    def upload(self, name, archive):
        """Upload an image that goes with the test, and give its id.

        It is one that the registry does not have: hosts get it as a stream.
        """
        return self.upload_as('docker', name, archive, **DOCKER_PROPERTIES)

    def upload_as(self, container_format, name, content, **properties):
        """Upload an image of any format, to Glance's own store."""
        image = self.admin.image.create_image(
            name=name,
            container_format=container_format,
            disk_format='raw',
            **properties,
        )
        self.addCleanup(self.admin.image.delete_image, image.id)
        done = self.admin.image.put(
            f'/images/{image.id}/file',
            data=content,
            headers={
                'Content-Type': 'application/octet-stream',
                'X-Image-Meta-Store': 'file',
            },
        )
        self.assertEqual(204, done.status_code, done.text)
        return image.id

    def held_images(self, image_id):
        """List the names under which the engine holds an image."""
        return [
            tag
            for image in self.engine.images(name=f'nova-image/{image_id}')
            for tag in image['RepoTags']
        ]

    def image_id(self, name=IMAGE):
        """Find an image; Glance takes a colon in a name for an operator."""
        images = self.admin.image.images()
        return next(each.id for each in images if each.name == name)

    def network(self):
        """Find a network that the admin may use; the private is demo's."""
        return self.admin.network.find_network(NETWORK)

    def open_port(self):
        """Make a security group that lets memcached's clients in."""
        network = self.admin.network
        group = network.create_security_group(name=f'test-{uuid.uuid4()}')
        self.addCleanup(network.delete_security_group, group)
        network.create_security_group_rule(
            security_group_id=group.id,
            direction='ingress',
            protocol='tcp',
            port_range_min=PORT,
            port_range_max=PORT,
        )
        return group.name

    def floating_ip(self, server):
        """Give a server an address that the machine can reach."""
        network = self.admin.network
        (port,) = network.ports(device_id=server.id)
        found = network.create_ip(
            floating_network_id=network.find_network('public').id,
            port_id=port.id,
        )
        self.addCleanup(network.delete_ip, found)
        return found.floating_ip_address

    def delete(self, server):
        """Delete a server and see it gone."""
        compute = self.admin.compute
        compute.delete_server(server.id, ignore_missing=True)
        wait_until(
            lambda: compute.find_server(server.id) is None,
            f'the end of server {server.name}',
        )

    def wait_for_status(self, server, status):
        """Wait until a server has a status and nothing is under way."""
        compute = self.admin.compute

        def reached():
            found = compute.get_server(server.id)
            if found.status == 'ERROR' != status:
                raise AssertionError(f'{found.name}: {found.fault}')
            return (
                found
                if found.status == status and found.task_state is None
                else None
            )

        return wait_until(reached, f'{status} of {server.name}')

    def container(self, server):
        """Look at a server's container, past Nova."""
        return self.engine.inspect_container(f'nova-{server.id}')

    def console_log(self, server):
        output = self.admin.compute.get_server_console_output(server.id)
        return output['output']

    def log_with(self, server, text):
        """Wait until a server has written something; give its whole log.

        Nobody waits for its command when it becomes ACTIVE.
        """
        return wait_until(
            lambda: log if text in (log := self.console_log(server)) else None,
            f'{text} in the console log of {server.name}',
        )

    def assert_no_leaks(self):
        """See that nothing belongs to no living server."""
        found = quickstart('leaks')
        self.assertEqual((0, ''), (found.returncode, found.stdout.strip()))


def parsed(words):
    """Run a command of the quickstart that prints JSON."""
    return json.loads(quickstart(*words).stdout)
