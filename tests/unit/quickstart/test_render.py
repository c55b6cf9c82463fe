"""The configuration files, as text."""

import configparser
import dataclasses
import grp
import json
import os
import pathlib
import re

import fixtures
import jinja2
import testtools

from deploy.quickstart import constants
from deploy.quickstart import home as home_module
from deploy.quickstart import render
from glance_bridge import location

HOME = home_module.Home(pathlib.Path('/srv/cloud'))
NODE = home_module.Node('node2', 'docker', 3)
ACCOUNTS = ('admin', 'demo', 'database', 'rabbitmq', 'metadata')
ACCOUNTS += ('nova', 'glance', 'placement', 'neutron', 'glance-bridge')
ACCOUNTS += ('registry', 'events', 'image-ids', 'cinder')
ACCOUNTS += ('heat', 'heat-domain', 'heat-key')
PASTE = """
[composite:api]
default = cors rootapp
keystone = cors authtoken context rootapp
keystone+caching = cors authtoken context cache rootapp
"""
PIN = 'g-11111111-1111-4111-8111-111111111111'
DIGEST = f'sha256:{"0" * 64}'
# What goes to the bridge, and what past it.
PATHS = {
    '/v2/demo/memcached/manifests/latest': True,
    f'/v2/demo/web/api/manifests/{DIGEST}': True,
    '/v2/demo/manifests/manifests/1': True,
    '/v2/': False,
    '/v2/demo/memcached/tags/list': False,
    f'/v2/demo/memcached/blobs/{DIGEST}': False,
    '/v2/demo/manifests/blobs/uploads/': False,
    f'/v2/demo/manifests/blobs/{DIGEST}': False,
}
SECRETS = {name: f'{name}-secret' for name in ACCOUNTS}


def _context(network='ovs', nodes=(), volumes=False):
    return render.context(
        HOME,
        home_module.State(network, nodes=nodes, volumes=volumes),
        datapath='netdev',
        cgroup_parent='/ours.slice',
        compute_driver='docker.DockerDriver',
        secrets=SECRETS,
    )


def _texts(names):
    return {file.target: text for file, text in render.texts(names).items()}


def _parsed(text):
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    return parser


class TextsTestCase(testtools.TestCase):
    def test_every_file_renders_for_every_flavour(self):
        for network in constants.NETWORKS:
            for volumes in (False, True):
                names = _context(network, volumes=volumes)
                for text in _texts(names).values():
                    self.assertNotIn('{{', text)
                    self.assertTrue(text.endswith('\n'))

    def test_unknown_name_is_an_error(self):
        names = _context()
        del names['secrets']
        self.assertRaises(jinja2.UndefinedError, render.texts, names)

    def test_page_of_consoles_is_where_the_proxy_looks(self):
        texts = _texts(_context())
        nova = _parsed(texts['nova/nova.conf'])
        folder = nova['DEFAULT']['web'].removeprefix('/srv/cloud/etc/')
        # Tests of the page take the template as it is.
        page = pathlib.Path(render.__file__).parent / 'templates'
        self.assertEqual(
            (page / 'console.html.j2').read_text(),
            texts[f'{folder}/index.html'],
        )

    def test_consoles_are_for_the_proxy_alone(self):
        compute = _parsed(_texts(_context())['nova/nova-compute.conf'])
        self.assertEqual(
            constants.MANAGEMENT_ADDRESS, compute['docker']['console_proxies']
        )
        self.assertEqual('true', compute['serial_console']['enabled'])

    def test_daemon_json_registers_our_runtime(self):
        found = json.loads(_texts(_context())['docker/daemon.json'])
        self.assertEqual(
            '/srv/cloud/libexec/nova-runtime',
            found['runtimes']['nova']['path'],
        )
        self.assertEqual('none', found['bridge'])
        self.assertEqual('/ours.slice', found['cgroup-parent'])
        self.assertFalse(found['iptables'])
        self.assertTrue(found['live-restore'])

    def test_nova_compute_sees_no_database(self):
        found = _parsed(_texts(_context())['nova/nova-compute.conf'])
        self.assertFalse(found.has_section('database'))
        self.assertFalse(found.has_section('api_database'))
        self.assertEqual(
            'docker.DockerDriver', found.get('DEFAULT', 'compute_driver')
        )

    def test_volumes_are_for_clouds_with_cinder(self):
        for volumes in (False, True):
            texts = _texts(_context(volumes=volumes))
            compute = _parsed(texts['nova/nova-compute.conf'])
            self.assertEqual(volumes, compute.has_option('docker', 'volumes'))
            for name in ('nova', 'nova-compute'):
                found = _parsed(texts[f'nova/{name}.conf'])
                self.assertEqual(volumes, found.has_section('cinder'))
        self.assertEqual('nova', compute['cinder']['username'])

    def test_cinder_tells_services_from_users(self):
        found = _parsed(_texts(_context(volumes=True))['cinder/cinder.conf'])
        token = found['keystone_authtoken']
        self.assertEqual('service', token['service_token_roles'])
        self.assertEqual('true', token['service_token_roles_required'])
        self.assertEqual('cinder', found['nova']['username'])

    def test_back_end_is_where_cinder_volume_looks(self):
        texts = _texts(_context(volumes=True))
        cinder = _parsed(texts['cinder/cinder.conf'])
        found = _parsed(texts['cinder/backend.ini'])
        name = cinder['DEFAULT']['enabled_backends']
        module, _, driver = found[name]['volume_driver'].rpartition('.')
        path = module.replace('.', '/')
        source = home_module.CHECKOUT / f'{path}.py'
        self.assertIn(f'class {driver}(', source.read_text())
        # What one writes as root, the others could not open.
        for group, option in (
            ('oslo_concurrency', 'lock_path'),
            ('coordination', 'backend_url'),
        ):
            self.assertNotEqual(cinder[group][option], found[group][option])

    def test_heat_acts_by_trusts_that_name_the_project(self):
        found = _parsed(_texts(_context())['heat/heat.conf'])
        self.assertEqual('heat', found['trustee']['username'])
        for name in ('project_name', 'project_domain_name'):
            self.assertNotIn(name, found['trustee'])
            self.assertIn(name, found['keystone_authtoken'])

    def test_heat_knows_the_domain_that_keystone_has(self):
        found = _parsed(_texts(_context())['heat/heat.conf'])['DEFAULT']
        self.assertEqual(
            ('heat', 'heat-domain', 'heat-domain-secret'),
            (
                found['stack_user_domain_name'],
                found['stack_domain_admin'],
                found['stack_domain_admin_password'],
            ),
        )

    def test_files_with_secrets_are_not_for_everybody(self):
        contents = render.texts(_context())
        for file, text in contents.items():
            if any(secret in text for secret in SECRETS.values()):
                self.assertIsNotNone(file.group, file.target)

    def test_mechanism_driver_follows_the_flavour(self):
        for network, driver in (('ovs', 'openvswitch'), ('ovn', 'ovn')):
            text = _texts(_context(network))['neutron/ml2_conf.ini']
            found = _parsed(text)
            self.assertEqual(driver, found.get('ml2', 'mechanism_drivers'))

    def test_registry_listens_for_the_proxy_alone(self):
        text = _texts(_context())['registry/config.yml']
        self.assertIn('addr: 127.0.0.1:5043\n', text)
        self.assertNotIn('debug', text)

    def test_registry_does_not_log_what_it_tells_the_bridge(self):
        text = _texts(_context())['registry/config.yml']
        self.assertIn('Authorization: [Bearer events-secret]', text)
        self.assertIn('level: warn\n', text)

    def test_glance_keeps_what_is_not_a_readers_to_itself(self):
        found = _parsed(_texts(_context())['glance/glance-api.conf'])
        self.assertEqual('file', found.get('glance_store', 'default_backend'))
        self.assertEqual(
            'http://127.0.0.1:5042', found.get('registry', 'registry_url')
        )
        # What another image is made of is nobody's to see or to set.
        self.assertFalse(found.has_option('DEFAULT', 'show_image_direct_url'))
        self.assertEqual('false', found.get('DEFAULT', 'do_secure_hash'))

    def test_bridge_and_registry_mean_one_certificate(self):
        texts = _texts(_context())
        found = _parsed(texts['glance-bridge/glance-bridge.conf'])
        path = found.get('token', 'certificate_file')
        self.assertIn(
            f'rootcertbundle: {path}\n', texts['registry/config.yml']
        )
        self.assertIn(
            f'realm: {found.get("token", "realm")}\n',
            texts['registry/config.yml'],
        )

    def test_registry_tells_the_bridge_what_the_bridge_expects(self):
        texts = _texts(_context())
        found = _parsed(texts['glance-bridge/glance-bridge.conf'])
        secret = found.get('events', 'token')
        self.assertIn(f'[Bearer {secret}]', texts['registry/config.yml'])

    def test_hosts_reach_images_by_an_address_that_nodes_have(self):
        found = _parsed(_texts(_context())['nova/nova-compute.conf'])
        self.assertEqual(
            'http://198.51.100.1:5042', found['docker']['image_bridge_url']
        )
        self.assertEqual(
            'true', found['service_user']['send_service_user_token']
        )

    def test_glance_is_answered_by_processes_that_take_no_pushes(self):
        texts = _texts(_context())
        text = texts['nginx/nginx.conf']
        pin, push = re.findall(r'location ~ "?(\S+/manifests/[^ "]+)', text)
        for tag in (PIN, f'{PIN}-2'):
            self.assertTrue(re.search(pin, f'/v2/demo/web/manifests/{tag}'))
        # What is a tag to the bridge is a push, and waits for Glance.
        for tag in (
            'g-1',
            PIN.upper(),
            f'{PIN}-',
            f'g-{PIN[2:10]}-{27 * "0"}',
        ):
            self.assertFalse(location.is_pin(tag))
            self.assertIsNone(re.search(pin, f'/v2/demo/web/manifests/{tag}'))
        self.assertLess(text.index(pin), text.index(push))
        self.assertIn(
            'http://127.0.0.1:5045/events', texts['registry/config.yml']
        )

    def test_proxy_parts_manifests_from_blobs(self):
        text = _texts(_context())['nginx/nginx.conf']
        *_, pattern = re.findall(r'location ~ (\S+/manifests/\S+) ', text)
        for path, is_manifest in PATHS.items():
            with self.subTest(path):
                self.assertEqual(
                    is_manifest, re.search(pattern, path) is not None
                )

    def test_nobody_deletes_a_blob_from_under_an_image(self):
        text = _texts(_context())['nginx/nginx.conf']
        (pattern,) = re.findall(r'"~(\^DELETE [^"]+)"', text)
        for deed, is_refused in (
            (f'DELETE /v2/demo/web/blobs/{DIGEST}', True),
            (f'DELETE /v2/demo/blobs/blobs/{DIGEST}/', True),
            ('DELETE /v2/demo/web/blobs/uploads/1-2-3', False),
            (f'GET /v2/demo/web/blobs/{DIGEST}', False),
        ):
            with self.subTest(deed):
                self.assertEqual(is_refused, bool(re.search(pattern, deed)))
        self.assertIn('if ($loses_blob) {', text)

    def test_every_location_says_where_a_client_comes_from(self):
        text = _texts(_context())['nginx/nginx.conf']
        proxied = re.findall(r'proxy_pass .*?\n        }', text, re.DOTALL)
        self.assertEqual(5, len(proxied))
        for block in proxied:
            for line in (
                *('X-Forwarded-For $remote_addr;', 'Forwarded "";'),
                'X-Forwarded-Proto $scheme;',
            ):
                self.assertIn(f'proxy_set_header {line}', block)

    def test_node_differs_where_it_must(self):
        names = render.node_context(_context(), HOME, NODE, 'fake.FakeDriver')
        files = _texts(names)
        found = _parsed(files['nova/nova-compute.conf'])
        self.assertEqual('node2', found.get('DEFAULT', 'host'))
        self.assertEqual('198.51.100.13', found.get('DEFAULT', 'my_ip'))
        # The only one that sudo knows.
        self.assertEqual(
            '/srv/cloud/etc/nova/rootwrap.conf',
            found.get('DEFAULT', 'rootwrap_config'),
        )
        agent = _parsed(files['neutron/openvswitch_agent.ini'])
        self.assertEqual(
            'physnet1:br-phys', agent.get('ovs', 'bridge_mappings')
        )

    def test_node_dedicates_cpus_where_it_is_asked_to(self):
        for cpus in ('', '4-7'):
            added = dataclasses.replace(NODE, dedicated_cpus=cpus)
            names = render.node_context(
                _context(), HOME, added, 'docker.DockerDriver'
            )
            found = _parsed(_texts(names)['nova/nova-compute.conf'])
            self.assertEqual(
                cpus,
                found.get('compute', 'cpu_dedicated_set', fallback=''),
            )
            self.assertTrue(found.has_section('docker'))

    def test_supervisor_knows_the_nodes(self):
        text = _texts(_context(nodes=(NODE,)))['supervisord.conf']
        found = _parsed(text)
        self.assertTrue(found.has_section('program:node2.dockerd'))
        self.assertEqual(
            'false', found.get('program:nova-compute', 'autostart')
        )


class SudoersTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.path = folder / 'sudoers'
        self.patch(constants, 'SUDOERS', str(self.path))

    def test_rule_goes_with_its_home(self):
        render.write_sudoers(_context())
        self.assertEqual(0o440, self.path.stat().st_mode & 0o777)
        render.remove_sudoers(HOME)
        self.assertFalse(self.path.exists())
        render.remove_sudoers(HOME)

    def test_rule_of_another_home_stays(self):
        render.write_sudoers(_context())
        other = home_module.Home(pathlib.Path('/srv'))
        render.remove_sudoers(other)
        self.assertTrue(self.path.exists())


class WriteTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder)
        for name in ('nova', 'neutron', 'glance', 'cinder'):
            (self.home.venv / 'etc' / name).mkdir(parents=True)
        for name in (
            'nova/api-paste.ini',
            'neutron/api-paste.ini',
            'cinder/api-paste.ini',
            'cinder/resource_filters.json',
        ):
            (self.home.venv / 'etc' / name).touch()
        self.paste = self.home.venv / 'etc/glance/glance-api-paste.ini'
        self.paste.write_text(PASTE)
        for name in ('nova/rootwrap.d', 'glance/metadefs'):
            (self.home.venv / 'etc' / name).mkdir()
        self.given = []
        group = grp.struct_group(('x', 'x', 77, []))
        self.patch(grp, 'getgrnam', lambda name: group)
        self.patch(os, 'fchown', self._fchown)

    def _fchown(self, descriptor, uid, gid):
        path = os.readlink(f'/proc/self/fd/{descriptor}')
        self.given.append((pathlib.Path(path).parent.name, gid))

    def test_only_what_there_was_and_is_different_has_changed(self):
        names = _context()
        self.assertEqual([], render.write_all(self.home, names))
        self.assertEqual([], render.write_all(self.home, names))
        path = self.home.etc / 'nova/nova.conf'
        path.write_text('old')
        self.assertEqual(
            ['nova/nova.conf'], render.write_all(self.home, names)
        )

    def test_glance_has_the_filters_of_the_bridge(self):
        render.write_all(self.home, _context())
        path = self.home.etc / 'glance/glance-api-paste.ini'
        found = _parsed(path.read_text())
        self.assertEqual(
            'cors authtoken context docker-names docker-uploads rootapp',
            found.get('composite:api', 'keystone'),
        )
        self.assertTrue(found.has_section('filter:docker-names'))
        uploads = found['filter:docker-uploads']
        glance = _parsed(_texts(_context())['glance/glance-api.conf'])
        # Unknown, it would fail every upload of an archive.
        self.assertIn(
            f'{uploads["store"]}:docker-registry',
            glance.get('DEFAULT', 'enabled_backends').split(','),
        )
        self.assertEqual('cors rootapp', found.get('composite:api', 'default'))
        self.paste.write_text(f'{PASTE}# of another release\n')
        self.assertEqual(
            ['glance/glance-api-paste.ini'],
            render.write_all(self.home, _context()),
        )

    def test_secrets_are_for_root_and_one_group(self):
        render.write_all(self.home, _context())
        path = self.home.etc / 'nova/nova.conf'
        self.assertEqual(0o640, path.stat().st_mode & 0o777)
        self.assertIn(('nova', 77), self.given)
        self.assertNotIn(('mysql', 77), self.given)

    def test_file_that_is_there_can_be_read_by_its_group(self):
        def die(descriptor, uid, gid):
            raise KeyboardInterrupt

        self.patch(os, 'fchown', die)
        self.assertRaises(
            KeyboardInterrupt, render.write_all, self.home, _context()
        )
        self.assertFalse((self.home.etc / 'nova/nova.conf').exists())

    def test_node_has_what_runs_there(self):
        inside = self.home.of_node('node2')
        names = render.node_context(
            _context(), self.home, NODE, 'docker.DockerDriver'
        )
        render.write_node(inside, names)
        self.assertTrue((inside.etc / 'nova/nova-compute.conf').exists())
        self.assertFalse((inside.etc / 'nova/nova.conf').exists())


class FiltersTestCase(testtools.TestCase):
    def test_supervisor_expands_nothing_of_ours(self):
        self.assertEqual('100%%', render.percent('100%'))

    def test_environment_is_quoted(self):
        self.assertEqual(
            'A="b;c",D="e f"',
            render.environment_line({'A': 'b;c', 'D': 'e f'}),
        )
