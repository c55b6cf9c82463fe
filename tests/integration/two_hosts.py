"""A second compute host, for all tests of a module."""

import os
import pathlib
import unittest

import docker

from tests.integration import cloud

NAME = 'node-of-tests'
HOME = pathlib.Path(os.environ.get('NOVA_DOCKER_HOME', '/var/lib/nova-docker'))


def set_up(*options, name=NAME):
    """Add the node, which goes with the module: a ``setUpModule``."""
    if not _has_ovs():
        raise unittest.SkipTest('needs a cloud with --network ovs')
    added = cloud.quickstart('node', 'add', name, *options)
    if added.returncode:
        raise AssertionError(added.stderr)
    unittest.addModuleCleanup(_remove, name)


def _has_ovs():
    """Nodes are of the Open vSwitch flavour; OVN has no such agents."""
    return cloud.is_up() and 'neutron-openvswitch-agent' in cloud.services()


def _remove(name):
    for words in (('node', 'remove', name), ('leaks',)):
        done = cloud.quickstart(*words)
        if done.returncode:
            raise AssertionError(done.stdout + done.stderr)
    services = cloud.quickstart(
        *('exec', 'openstack', 'compute', 'service', 'list', '-f', 'value')
    )
    if services.returncode or name in services.stdout:
        raise AssertionError(f'{name} is left: {services.stdout}')


class TwoHostsCase(cloud.CloudTestCase):
    """A test with the engine of the node beside that of the machine."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        socket = HOME / 'nodes' / NAME / 'run' / 'docker' / 'docker.sock'
        cls.other_engine = docker.APIClient(f'unix://{socket}', version='1.41')
        cls.addClassCleanup(cls.other_engine.close)

    def setUp(self):
        super().setUp()
        self.compute = self.admin.compute

    def engine_of(self, host):
        return self.engine if host == cloud.HOST else self.other_engine

    def host_of(self, server):
        return self.compute.get_server(server.id).compute_host
