"""What counts as left over, and what somebody still owns."""

import testtools

from deploy.quickstart import leak

SERVER = '11111111-1111-4111-8111-111111111111'
PORT = '22222222-2222-4222-8222-222222222222'
NETWORK = '33333333-3333-4333-8333-333333333333'
ROUTER = '44444444-4444-4444-8444-444444444444'
IMAGE = '55555555-5555-4555-8555-555555555555'
GONE = '99999999-9999-4999-8999-999999999999'

ALIVE = leak.Living(
    servers=frozenset({SERVER}),
    ports=frozenset({PORT}),
    networks=frozenset({NETWORK}),
    routers=frozenset({ROUTER}),
    images=frozenset({IMAGE}),
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
        )
        self.assertEqual([], found)

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
