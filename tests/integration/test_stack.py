"""Stacks of the templates in etc/heat, as a tenant makes them."""

import json
import pathlib
import socket
import uuid

from tests.integration import cloud
from tests.integration import registry

TEMPLATES = pathlib.Path(__file__).resolve().parents[2] / 'etc/heat'
STATS = 'stats\r\n'
NOBODY = '192.0.2.0/24'


class StackCase(cloud.CloudTestCase):
    service = 'heat-engine'
    option = '--stacks'

    def setUp(self):
        super().setUp()
        self.name = f'test-{uuid.uuid4().hex[:8]}'
        self.is_there = False
        self.addCleanup(self.delete)
        network, compute = self.admin.network, self.admin.compute
        self.finders = {
            'OS::Nova::Server': compute.find_server,
            'OS::Nova::ServerGroup': compute.find_server_group,
            'OS::Neutron::Port': network.find_port,
            'OS::Neutron::FloatingIP': network.find_ip,
            'OS::Neutron::SecurityGroup': network.find_security_group,
        }

    def ask(self, *words):
        """Run a command on the stack and read what it prints."""
        done = registry.tenant(
            *('openstack', 'stack', *words, self.name, '-f', 'json')
        )
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout)

    def bring(self, deed, *words, **parameters):
        """Create or update the stack, and wait for it."""
        given = [
            word
            for name, value in parameters.items()
            for word in ('--parameter', f'{name}={value}')
        ]
        done = registry.tenant(
            *('openstack', 'stack', deed, *words, *given, '--wait', self.name)
        )
        self.assertEqual(0, done.returncode, f'{done.stdout}{done.stderr}')

    def create(self, template, **parameters):
        self.is_there = True
        self.bring('create', '-t', str(TEMPLATES / template), **parameters)

    def update(self, **parameters):
        self.bring('update', '--existing', **parameters)

    def delete(self):
        if not self.is_there:
            return
        words = ('stack', 'delete', '--yes', '--wait', self.name)
        done = registry.tenant('openstack', *words)
        self.assertEqual(0, done.returncode, f'{done.stdout}{done.stderr}')
        self.is_there = False

    def outputs(self):
        found = self.ask('show', '-c', 'outputs')['outputs']
        return {each['output_key']: each['output_value'] for each in found}

    def resources(self):
        """Map the kinds of what the stack has made to the ids."""
        found = {kind: set() for kind in self.finders}
        for each in self.ask('resource', 'list', '--nested-depth', '3'):
            if each['resource_type'] in found:
                found[each['resource_type']].add(each['physical_resource_id'])
        return found

    def servers(self):
        return self.resources()['OS::Nova::Server']

    def assert_gone(self, resources):
        left = [
            f'{kind} {each}'
            for kind, ids in resources.items()
            for each in ids
            if self.finders[kind](each) is not None
        ]
        self.assertEqual([], left)

    def assert_answers(self, address):
        self.assertIn('STAT version', cloud.ask_memcached(address, STATS))

    def started_at(self, server):
        found = self.engine.inspect_container(f'nova-{server}')
        return found['State']['StartedAt']


class MemcachedTest(StackCase):
    def test_it_answers_where_the_outputs_say(self):
        self.create('memcached.yaml', memory_mb=16)
        found = self.outputs()
        self.assertEqual(cloud.PORT, int(found['port']))
        said = cloud.ask_memcached(found['address'], STATS)
        self.assertIn('STAT version', said)
        self.assertIn(f'STAT limit_maxbytes {16 * 1024**2}\r\n', said)
        self._check_clients(found['address'])
        resources = self.resources()
        self.assertEqual(
            [1, 0, 1, 1, 1], [len(each) for each in resources.values()]
        )
        self.delete()
        self.assert_gone(resources)
        self.assert_no_leaks()

    def _check_clients(self, address):
        """Change who may come; the server goes on."""
        (server,) = self.servers()
        before = self.started_at(server)
        self.update(clients=NOBODY)
        cloud.wait_until(
            lambda: not _is_open(address), f'{address} closes to others'
        )
        self.update(clients='0.0.0.0/0')
        self.assert_answers(address)
        self.assertEqual({server}, self.servers())
        self.assertEqual(before, self.started_at(server))

    def test_what_the_cloud_has_not_is_refused_at_once(self):
        for name, value in (
            ('image', 'no-such-image'),
            ('flavor', 'no-such-flavor'),
            ('network', 'no-such-network'),
            ('clients', 'everybody'),
            ('port', '80'),
        ):
            with self.subTest(name):
                error = self.assertRaises(
                    AssertionError,
                    self.bring,
                    *('create', '-t', str(TEMPLATES / 'memcached.yaml')),
                    **{name: value},
                )
                self.assertIn(f"Parameter '{name}' is invalid", str(error))
        found = registry.tenant('openstack', 'stack', 'show', self.name)
        self.assertIn('Stack not found', found.stderr)


class GroupTest(StackCase):
    def test_it_grows_and_shrinks_with_its_number(self):
        settings = json.dumps({'docker:env:NAME': 'of a group'})
        self.create(
            'group.yaml',
            count=2,
            spread='soft-anti-affinity',
            settings=settings,
        )
        two = self._members(2)
        made = self.resources()
        for server in made['OS::Nova::Server']:
            container = self.engine.inspect_container(f'nova-{server}')
            self.assertIn('NAME=of a group', container['Config']['Env'])
        (group,) = made['OS::Nova::ServerGroup']
        members = self.admin.compute.get_server_group(group).member_ids
        self.assertEqual(made['OS::Nova::Server'], set(members))
        self.update(count=3)
        three = self._members(3)
        self.assertEqual(two, three[:2])
        most = self.resources()
        self.assertEqual(
            [3, 1, 3, 3, 1], [len(each) for each in most.values()]
        )
        self.update(count=1)
        self.assertEqual(two[:1], self._members(1))
        least = self.resources()
        self.assert_gone(
            {kind: ids - least[kind] for kind, ids in most.items()}
        )
        self.delete()
        self.assert_gone(most)
        self.assert_no_leaks()

    def _members(self, number):
        """See so many members answer, and give their addresses."""
        found = self.outputs()['addresses']
        self.assertEqual(number, len(set(found)))
        for address in found:
            self.assert_answers(address)
        return found


def _is_open(address):
    try:
        socket.create_connection((address, cloud.PORT), 2).close()
    except OSError:
        return False
    return True
