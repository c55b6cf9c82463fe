"""What the settings make of local.conf."""

import testtools

from tests.unit.devstack import node

_CIRROS = 'https://example.org/download/cirros-0.6.3-x86_64-disk.img'
_OTHER = 'https://example.org/other.qcow2'
# What stackrc has chosen before any plugin is asked.
_CHOSEN = {
    'DEFAULT_IMAGE_NAME': 'cirros-0.6.3-x86_64-disk',
    'DEFAULT_IMAGE_FILE_NAME': 'cirros-0.6.3-x86_64-disk.img',
    'IMAGE_URLS': _CIRROS,
}


class SettingsTest(testtools.TestCase):
    def values(
        self, *names: str, services: tuple[str, ...] = (), **variables: str
    ) -> list[str]:
        stacked = self.useFixture(node.Node(*services))
        done = stacked.shell(
            *(f'echo "{name}=[${name}]"' for name in names), **variables
        )
        self.assertEqual(0, done.returncode, done.stderr)
        found = dict(
            line.split('=', 1)
            for line in done.stdout.splitlines()
            if line.split('=')[0] in names
        )
        return [found[name][1:-1] for name in names]

    def test_a_docker_host_needs_no_disk_image(self) -> None:
        names = ('VIRT_DRIVER', 'DEFAULT_IMAGE_NAME', 'IMAGE_URLS')
        self.assertEqual(
            ['docker', 'sshd:latest', ''], self.values(*names, **_CHOSEN)
        )

    def test_images_of_local_conf_stay(self) -> None:
        chosen = {**_CHOSEN, 'IMAGE_URLS': f'{_OTHER},{_CIRROS}'}
        self.assertEqual([_OTHER], self.values('IMAGE_URLS', **chosen))

    def test_a_driver_of_local_conf_is_left_its_images(self) -> None:
        (urls,) = self.values(
            'IMAGE_URLS', VIRT_DRIVER='docker', IMAGE_URLS=_CIRROS
        )
        self.assertEqual(_CIRROS, urls)

    def test_a_host_of_virtual_machines_is_left_alone(self) -> None:
        names = ('VIRT_DRIVER', 'DEFAULT_IMAGE_NAME', 'IMAGE_URLS')
        self.assertEqual(
            ['libvirt', _CHOSEN['DEFAULT_IMAGE_NAME'], _CIRROS],
            self.values(*names, NOVA_DOCKER_COMPUTE='False', **_CHOSEN),
        )

    def test_the_registry_is_where_glance_is(self) -> None:
        (services,) = self.values('ENABLED_SERVICES')
        self.assertIn('docker-registry', services.split(','))
        self.assertIn('docker-proxy', services.split(','))
        (services,) = self.values('ENABLED_SERVICES', services=node.COMPUTE)
        self.assertEqual(','.join(node.COMPUTE), services)

    def test_without_it_all_of_it_is_left_out(self) -> None:
        services, stores = self.values(
            'ENABLED_SERVICES',
            'GLANCE_MULTIPLE_FILE_STORES',
            DISABLED_SERVICES='docker-registry',
            GLANCE_MULTIPLE_FILE_STORES='mine',
        )
        self.assertNotIn('docker-', services)
        self.assertEqual('mine', stores)

    def test_the_names_of_the_first_driver_are_kept(self) -> None:
        names = (
            *('DOCKER_REGISTRY_PORT', 'DOCKER_REPOSITORY_NAME'),
            *('DOCKER_GROUP', 'DOCKER_UNIX_SOCKET'),
        )
        self.assertEqual(
            [
                *('5042', '127.0.0.1:5042/demo/memcached'),
                *('docker', '/run/docker.sock'),
            ],
            self.values(*names),
        )

    def test_volumes_follow_cinder_unless_somebody_says(self) -> None:
        name = 'NOVA_DOCKER_VOLUMES'
        self.assertEqual(['False'], self.values(name))
        self.assertEqual(
            ['True'], self.values(name, services=('n-cpu', 'c-vol'))
        )
        self.assertEqual(['True'], self.values(name, **{name: 'yes'}))

    def test_they_can_be_read_twice(self) -> None:
        stacked = self.useFixture(node.Node())
        show = 'echo "$ENABLED_SERVICES $GLANCE_DEFAULT_BACKEND $IMAGE_URLS"'
        done = stacked.shell(
            show,
            'source $PLUGIN/override-defaults',
            'source $PLUGIN/settings',
            show,
            **_CHOSEN,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        once, again = done.stdout.splitlines()
        self.assertEqual(once, again)
