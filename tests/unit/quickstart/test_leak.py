"""What counts as left over, and what somebody still owns."""

import json
import os
import pathlib
import types

import fixtures
import testtools

from deploy.quickstart import cloud
from deploy.quickstart import constants
from deploy.quickstart import database
from deploy.quickstart import engine
from deploy.quickstart import home as home_module
from deploy.quickstart import leak
from deploy.quickstart import network
from deploy.quickstart import node
from deploy.quickstart import process
from deploy.quickstart import volume

SERVER = '11111111-1111-4111-8111-111111111111'
PORT = '22222222-2222-4222-8222-222222222222'
NETWORK = '33333333-3333-4333-8333-333333333333'
ROUTER = '44444444-4444-4444-8444-444444444444'
IMAGE = '55555555-5555-4555-8555-555555555555'
HIDDEN = '66666666-6666-4666-8666-666666666666'
VOLUME = '77777777-7777-4777-8777-777777777777'
GONE = '99999999-9999-4999-8999-999999999999'

ALIVE = leak.Living(
    servers=frozenset({SERVER}),
    ports=frozenset({PORT}),
    networks=frozenset({NETWORK}),
    routers=frozenset({ROUTER}),
    images=frozenset({IMAGE}),
    volumes=frozenset({VOLUME}),
)


class JudgeTestCase(testtools.TestCase):
    def judge(self, **found):
        return list(leak.judge(leak.Found(**found), ALIVE))

    def test_what_has_an_owner_is_no_leak(self):
        found = self.judge(
            containers={'c1': f'nova-{SERVER}', 'c2': f'nova-{SERVER}-rescue'},
            images=(f'nova-image/{IMAGE}:latest', 'debian:12'),
            namespaces=(f'nova-{SERVER}',),
            agent_namespaces=(
                f'ovnmeta-{NETWORK}',
                f'qdhcp-{NETWORK}',
                f'qrouter-{ROUTER}',
            ),
            devices=('lo', f'tap{PORT[:11]}', f'tap{NETWORK[:10]}0'),
            switch_ports=('br-int', f'tap{PORT[:11]}', f'tap{NETWORK[:10]}0'),
            mounts=(f'nova-{SERVER}',),
            map_entries=('c1',),
            folders=(SERVER, '_base'),
            consumers=(SERVER,),
            server_ports={PORT: SERVER},
            disks=(f'volume-{VOLUME}',),
            loops={f'volume-{VOLUME}': '/dev/loop8'},
            attached=((VOLUME, SERVER),),
        )
        self.assertEqual([], found)

    def test_file_and_device_of_no_volume(self):
        name = f'snapshot-{GONE}'
        self.assertEqual(
            [
                f'file {name}: no such volume or snapshot',
                f'loop device /dev/loop9 of {name}: '
                'no such volume or snapshot',
            ],
            self.judge(disks=(name,), loops={name: '/dev/loop9'}),
        )

    def test_volume_that_a_server_has_taken_to_its_grave(self):
        self.assertEqual(
            [f'volume {VOLUME}: attached to no such server {GONE}'],
            self.judge(attached=((VOLUME, SERVER), (VOLUME, GONE))),
        )

    def test_pin_of_no_image(self):
        pin = f'demo/web:g-{GONE}'
        self.assertEqual(
            [
                f'tag {pin}: no such image',
                f'tag {pin}-1: no such image',
            ],
            self.judge(
                tags=(
                    pin,
                    f'{pin}-1',
                    f'demo/web:g-{IMAGE}',
                    f'demo/web:g-{IMAGE}-2',
                    'demo/web:latest',
                )
            ),
        )

    def test_container_of_no_server(self):
        self.assertEqual(
            [f'container nova-{GONE}-rescue: no such server'],
            self.judge(containers={'c': f'nova-{GONE}-rescue'}),
        )

    def test_container_of_somebody_else_is_left_alone(self):
        self.assertEqual([], self.judge(containers={'c': 'registry'}))

    def test_image_that_glance_no_longer_has(self):
        name = f'nova-image/{GONE}:latest'
        self.assertEqual(
            [f'image {name}: neither in Glance nor in the cache'],
            self.judge(images=(name,)),
        )

    def test_what_a_server_that_is_gone_has_brought(self):
        name = f'nova-moved/{GONE}:digest'
        self.assertEqual(
            [f'image {name}: no such server'],
            self.judge(images=(name, f'nova-moved/{SERVER}:digest')),
        )

    def test_snapshot_that_stayed_in_the_engine(self):
        name = f'nova-snapshot/{SERVER}:{IMAGE}'
        self.assertEqual(
            [f'image {name}: a snapshot that is in Glance or failed'],
            self.judge(images=(name,)),
        )

    def test_image_without_a_name(self):
        self.assertEqual(
            ['image <none>:<none>: neither in Glance nor in the cache'],
            self.judge(images=('<none>:<none>',)),
        )

    def test_namespace_and_mount_of_no_server(self):
        self.assertEqual(
            [
                f'netns nova-{GONE}: no such server',
                f'mount nova-{GONE}: no such server',
            ],
            self.judge(namespaces=(f'nova-{GONE}',), mounts=(f'nova-{GONE}',)),
        )

    def test_namespace_of_an_agent_that_serves_nothing(self):
        names = tuple(
            f'{prefix}-{GONE}' for prefix in ('ovnmeta', 'qdhcp', 'qrouter')
        )
        self.assertEqual(
            [f'netns {name}: no such network or router' for name in names],
            self.judge(agent_namespaces=names),
        )

    def test_device_and_switch_port_of_no_neutron_port(self):
        name = f'tap{GONE[:11]}'
        self.assertEqual(
            [
                f'device {name}: no such Neutron port',
                f'OVS port {name}: no such Neutron port',
            ],
            self.judge(devices=(name,), switch_ports=(name,)),
        )

    def test_map_entry_of_no_container(self):
        self.assertEqual(
            ['map entry c: no such container'], self.judge(map_entries=('c',))
        )

    def test_what_apis_and_folders_keep_for_no_server(self):
        self.assertEqual(
            [
                f'instance folder {GONE}: no such server',
                f'allocation {GONE}: no such server',
                f'Neutron port {PORT}: no such server {GONE}',
            ],
            self.judge(
                folders=(GONE,),
                consumers=(GONE,),
                server_ports={PORT: GONE},
            ),
        )


def _row(identity, **more):
    return types.SimpleNamespace(id=identity, **more)


class Api:
    """The public APIs: one server, and what is kept for one that is gone."""

    def __init__(self):
        self.compute = self.network = self.image = self.placement = self

    def servers(self, *, details, all_projects):
        return [_row(SERVER)]

    def ports(self):
        return [
            _row(PORT, device_id=GONE, device_owner='compute:nova'),
            _row(NETWORK, device_id=NETWORK, device_owner=None),
        ]

    def networks(self):
        return [_row(NETWORK)]

    def routers(self):
        return [_row(ROUTER)]

    def images(self, *, is_hidden):
        return [_row(HIDDEN if is_hidden else IMAGE)]

    def resource_providers(self):
        return [_row('rp')]

    def get(self, path):
        allocations = {SERVER: {}, GONE: {}} if '/rp/' in path else {}
        return types.SimpleNamespace(json=lambda: {'allocations': allocations})


class FindTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder)
        self.map = folder / 'map'
        self.map.mkdir()
        (self.map / 'c9').touch()
        self.patch(constants, 'RUNTIME_MAP_DIR', str(self.map))
        self.patch(cloud, 'connect', lambda secrets: Api())
        self.patch(database, 'instance_uuids', lambda home: {SERVER, GONE})
        self.patch(network, 'namespaces', lambda: [f'qrouter-{GONE}', 'blue'])
        self.patch(engine, 'images', lambda home: [])
        self.patch(engine, 'containers', self._containers)
        self.patch(network, 'vsctl', self._interfaces)
        self.patch(process, 'run', self._run)
        self.patch(volume.disk, '_run', lambda *words: '')
        self.patch(os, 'listdir', self._listdir)
        self.folders = {'/sys/class/net': ['lo']}
        self.inside = {
            constants.NETNS_DIR: f'nova-{GONE}\n',
            '/sys/class/net': f'lo\ntap{GONE[:11]}\n',
            str(self.map): 'c8\n',
        }

    def _containers(self, home):
        name = f'nova-{GONE if home.root else SERVER}'
        return [{'id': 'c1', 'name': name, 'state': 'running'}]

    def _interfaces(self, home, *words):
        name = f'tap{GONE[:11]}' if home.root else 'br-int'
        return json.dumps({'data': [[name]]})

    def _listdir(self, path):
        known = {
            str(self.map): ['c9'],
            str(self.home.data / 'nova/instances'): [GONE],
        }
        return (self.folders | known).get(str(path), [])

    def _run(self, command):
        self.assertIn(f'--net={self.home.nodes}/a/ns/net', command)
        if command[-1] == '/proc/self/mountinfo':
            return f'1 2 0:1 / /x/nova-{GONE} rw - tmpfs tmpfs rw\n'
        return self.inside.get(command[-1], '')

    def test_machine_and_apis(self):
        self.assertEqual(
            [
                f'netns qrouter-{GONE}: no such network or router',
                'map entry c9: no such container',
                f'instance folder {GONE}: no such server',
                f'allocation {GONE}: no such server',
                f'Neutron port {PORT}: no such server {GONE}',
            ],
            leak.find(self.home, home_module.State('ovs')),
        )

    def _tag(self, repository, tag):
        root = self.home.data / 'registry/docker/registry/v2/repositories'
        (root / repository / '_manifests/tags' / tag).mkdir(parents=True)
        (root / repository / '_manifests/tags' / tag / 'index').mkdir()

    def test_registry_keeps_nothing_for_images_that_are_gone(self):
        self._tag('demo/web/api', f'g-{GONE}')
        self._tag('demo/web/api', f'g-{HIDDEN}')
        line = f'tag demo/web/api:g-{GONE}: no such image'
        found = leak.find(self.home, home_module.State('ovs'))
        self.assertEqual(line, found[-1])
        # Without Nova and Neutron there is nobody else to ask.
        found = leak.find(self.home, home_module.State('none'))
        self.assertEqual([line], found)

    def test_cinder_is_asked_where_there_is_one(self):
        self.patch(
            volume.disk.Disks,
            'names',
            lambda disks: [f'volume-{GONE}', f'volume-{VOLUME}'],
        )
        self.patch(
            volume.disk.Disks,
            'connected',
            lambda disks: {f'volume-{GONE}': '/dev/loop9'},
        )
        self.patch(volume, 'alive', lambda admin: frozenset({VOLUME}))
        self.patch(volume, 'attachments', lambda admin: [(VOLUME, GONE)])
        lines = [
            f'file volume-{GONE}: no such volume or snapshot',
            f'loop device /dev/loop9 of volume-{GONE}: '
            'no such volume or snapshot',
        ]
        state = home_module.State('none', volumes=True)
        self.assertEqual(lines, leak.find(self.home, state))
        state = home_module.State('ovs', volumes=True)
        found = leak.find(self.home, state)
        self.assertEqual(
            [*lines, f'volume {VOLUME}: attached to no such server {GONE}'],
            found[-3:],
        )

    def test_node_is_looked_into(self):
        added = home_module.Node('a', 'docker', 0)
        state = home_module.State('ovs', nodes=(added,))
        found = leak.find(self.home, state)
        self.assertEqual(
            [
                f'a: container nova-{GONE}: no such server',
                f'a: netns nova-{GONE}: no such server',
                f'a: mount nova-{GONE}: no such server',
                f'a: device tap{GONE[:11]}: no such Neutron port',
                f'a: OVS port tap{GONE[:11]}: no such Neutron port',
                'a: map entry c8: no such container',
            ],
            [line for line in found if line.startswith('a: ')],
        )

    def test_node_of_the_fake_driver_has_no_engine(self):
        self.patch(engine, 'images', None)
        added = home_module.Node('a', 'fake', 0)
        found = leak.gather(
            self.home.of_node('a'),
            leak.there(self.home.of_node('a')),
            {GONE},
            added.driver,
        )
        self.assertEqual({}, found.containers)
        self.assertEqual((f'nova-{GONE}',), found.namespaces)
        self.assertEqual([], node.inside_names(self.home.of_node('a'), 'x'))
