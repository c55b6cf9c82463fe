"""What devstack writes, against what the pages tell an operator to write."""

import configparser
import dataclasses
import pathlib
import re
import shutil
import subprocess
from typing import Any

from oslo_config import cfg
import testtools
import yaml

import glance_bridge.conf
import novadocker.conf
from novadocker.zone import desired
from novadocker_tempest_plugin import config as tempest_config
from tests.fixtures import page
from tests.unit.devstack import node

_ENGINE_PAGE = '/etc/docker/registry/config.yml'
_UWSGI_PAGE = '/etc/uwsgi/apps-enabled/glance-bridge.ini'
_NGINX_PAGE = '/etc/nginx/sites-enabled/registry'
_WAY_PAGE = '/etc/nginx/snippets/registry-way.conf'
_NOVA = 'etc/nova/nova.conf'
_BRIDGE = 'etc/glance-bridge/glance-bridge.conf'
_PAGE = 'admin/registry'
# What is another one on each cloud.
_OWN_OF_ENGINE = {
    ('http', 'secret'),
    ('storage', 'filesystem', 'rootdirectory'),
    ('auth', 'token', 'realm'),
    ('auth', 'token', 'rootcertbundle'),
    ('notifications', 'endpoints', 0, 'headers', 'Authorization', 0),
}
# devstack runs the service itself, from its own environment.
_OWN_OF_UWSGI = {'plugin', 'virtualenv', 'uid', 'gid', 'env', 'module'}
_OWN_OF_NGINX = ('listen ', 'server_name ', 'ssl_', 'include ', 'upstream ')


class WrittenTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.node = self.useFixture(node.Node())

    def write(self, **variables: str) -> None:
        self.node.services = (
            *self.node.services,
            *variables.pop('services', '').split(),
        )
        done = self.node.run('install', 'post-config', **variables)
        self.assertEqual(0, done.returncode, done.stderr)

    def text(self, path: str) -> str:
        return (self.node.root / path).read_text()


class NovaTest(WrittenTest):
    def test_nova_conf_is_that_of_the_pages(self) -> None:
        self.write()
        written = self.node.options('etc/nova/nova.conf')
        driver = _ini(page.block('admin/install', 'compute_driver', 'ini'))
        # devstack has one of its own.
        del driver['DEFAULT']['state_path']
        zone = _ini(page.block('admin/install', 'isolated_aggregate', 'ini'))
        cpus = _ini(page.block('admin/cpus', 'fallback_pcpu', 'ini'))
        # devstack enables filters by a variable of its own.
        del cpus['filter_scheduler']
        for section, options in {**driver, **zone, **cpus}.items():
            for name, value in options.items():
                found = written[section][name]
                self.assertEqual(value.lower(), found.lower(), name)
        pull = _ini(page.block('admin/registry-pull', 'image_bridge', 'ini'))
        # Without TLS there is nothing to verify.
        del pull['service_user']['cafile']
        for section, options in pull.items():
            self.assertLessEqual(set(options), set(written[section]))

    def test_the_driver_takes_its_options(self) -> None:
        self.write(services='c-vol')
        conf = cfg.ConfigOpts()
        novadocker.conf.register_opts(conf)
        conf([], default_config_files=[str(self.node.root / _NOVA)])
        for name, value in self.node.options(_NOVA)['docker'].items():
            self.assertIn(name, conf.docker, value)
        self.assertTrue(conf.docker.volumes)
        self.assertEqual(
            f'http://{node.ADDRESS}:5042', conf.docker.image_bridge_url
        )
        self.assertEqual(
            [f'{node.ADDRESS}/32'],
            [str(network) for network in conf.docker.console_proxies],
        )

    def test_a_name_of_the_controller_is_not_taken_for_an_address(
        self,
    ) -> None:
        self.write(SERVICE_HOST='controller.example.org')
        self.assertNotIn('console_proxies', self.node.options(_NOVA)['docker'])

    def test_the_filter_of_privsep_is_installed(self) -> None:
        self.write()
        ours = node.CHECKOUT / 'etc/rootwrap.d/docker.filters'
        self.assertEqual(
            ours.read_text(), self.text('etc/nova/rootwrap.d/docker.filters')
        )


class ZoneTest(WrittenTest):
    def wish(self, **variables: str) -> desired.Wish:
        self.write(**variables)
        return desired.read(self.text('stack/data/nova-docker-zone.yaml'))

    def test_this_host_is_put_where_docker_hosts_usually_are(self) -> None:
        (made,) = self.wish().aggregates
        usual, _ = desired.read(desired.USUAL).aggregates
        self.assertEqual(('node1',), made.hosts)
        self.assertEqual(
            dataclasses.replace(
                usual, hosts=made.hosts, hypervisor_types=frozenset()
            ),
            made,
        )

    def test_names_are_those_of_local_conf(self) -> None:
        (made,) = self.wish(
            NOVA_DOCKER_AGGREGATE='our hosts', NOVA_DOCKER_ZONE='yes'
        ).aggregates
        self.assertEqual(('our hosts', 'yes'), (made.name, made.zone))

    def test_hosts_stay_in_their_zone_where_none_is_named(self) -> None:
        (made,) = self.wish(NOVA_DOCKER_ZONE='').aggregates
        self.assertIsNone(made.zone)


class GlanceTest(WrittenTest):
    def test_the_store_has_all_options_of_its_page(self) -> None:
        self.write()
        written = self.node.options('etc/glance/glance-api.conf')
        for section, options in _ini(
            page.block('admin/registry-store', 'enabled_backends', 'ini')
        ).items():
            self.assertLessEqual(set(options), set(written[section]))
        self.assertEqual(
            'file:file,registry:docker-registry',
            written['DEFAULT']['enabled_backends'],
        )
        self.assertEqual('file', written['glance_store']['default_backend'])
        self.assertEqual('False', written['DEFAULT']['do_secure_hash'])
        spool = written['registry']['registry_spool_dir']
        self.assertTrue(pathlib.Path(spool).is_dir())

    def test_stores_of_others_stay(self) -> None:
        self.write(GLANCE_MULTIPLE_FILE_STORES='fast,cheap')
        written = self.node.options('etc/glance/glance-api.conf')
        self.assertEqual(
            'fast:file,cheap:file,registry:docker-registry',
            written['DEFAULT']['enabled_backends'],
        )
        self.assertEqual('fast', written['glance_store']['default_backend'])
        for name in ('fast', 'cheap'):
            self.assertTrue(
                written[name]['filesystem_store_datadir'].endswith(f'/{name}/')
            )

    def test_filters_stand_behind_the_context_once(self) -> None:
        self.write()
        self.write()
        written = self.node.options('etc/glance/glance-api-paste.ini')
        for name in ('docker-names', 'docker-uploads'):
            (told,) = (
                _ini(page.block('admin/registry-store', name, 'ini'))[section]
                for section in (f'filter:{name}',)
            )
            self.assertEqual(told, written[f'filter:{name}'])
        for name, pipeline in written['composite:api'].items():
            words = pipeline.split()
            ours = [word for word in words if word.startswith('docker-')]
            if name.startswith('keystone'):
                at = words.index('context')
                self.assertEqual(ours, words[at + 1 : at + 3])
            else:
                self.assertNotIn('docker-names', words)


class RegistryTest(WrittenTest):
    def test_the_engine_is_configured_as_on_its_page(self) -> None:
        self.write()
        told = _flat(yaml.safe_load(page.files(_PAGE)[_ENGINE_PAGE]))
        text = self.text('etc/nova-docker/registry.yml')
        written = _flat(yaml.safe_load(text))
        self.assertLessEqual(set(told), set(written))
        for key, value in told.items():
            if key not in _OWN_OF_ENGINE:
                self.assertEqual(value, written[key], key)

    def test_engine_and_bridge_agree(self) -> None:
        self.write()
        engine = yaml.safe_load(self.text('etc/nova-docker/registry.yml'))
        bridge = self.node.options(_BRIDGE)
        (endpoint,) = engine['notifications']['endpoints']
        self.assertEqual(
            [f'Bearer {bridge["events"]["token"]}'],
            endpoint['headers']['Authorization'],
        )
        token = engine['auth']['token']
        self.assertEqual(bridge['token']['realm'], token['realm'])
        self.assertEqual(
            bridge['token']['certificate_file'], token['rootcertbundle']
        )
        self.assertEqual(
            bridge['registry']['url'], f'http://{engine["http"]["addr"]}'
        )

    def test_the_proxy_is_configured_as_on_its_page(self) -> None:
        self.write()
        written = _lines(self.text('etc/nova-docker/nginx.conf'))
        for line in _lines(page.files(_PAGE)[_NGINX_PAGE]):
            if not line.startswith(_OWN_OF_NGINX):
                self.assertIn(line, written)
        self.assertEqual(
            _lines(page.files(_PAGE)[_WAY_PAGE]),
            _lines(self.text('etc/nova-docker/registry-way.conf')),
        )

    def test_nothing_of_the_templates_is_left_open(self) -> None:
        self.write()
        for name in ('nginx.conf', 'registry.yml'):
            text = self.text(f'etc/nova-docker/{name}')
            self.assertIsNone(re.search('%[A-Z_]+%', text))

    def test_nginx_reads_it(self) -> None:
        nginx = shutil.which('nginx', path='/usr/sbin:/usr/bin')
        if nginx is None:
            self.skipTest('nginx is not installed')
        self.write()
        conf = self.node.root / 'etc/nova-docker/nginx.conf'
        done = subprocess.run(
            [nginx, '-t', '-e', 'stderr', '-c', str(conf)],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(0, done.returncode, done.stderr)

    def test_secrets_are_the_owners(self) -> None:
        self.write()
        for name in (_BRIDGE, 'etc/nova-docker/registry.yml'):
            mode = (self.node.root / name).stat().st_mode
            self.assertEqual(0o600, mode & 0o777)

    def test_ports_are_those_of_local_conf(self) -> None:
        self.write(DOCKER_REGISTRY_PORT='6042', DOCKER_BRIDGE_PORT='6044')
        self.assertIn(
            'listen 0.0.0.0:6042;', self.text('etc/nova-docker/nginx.conf')
        )
        self.assertEqual(
            'http://127.0.0.1:6042/token',
            self.node.options(_BRIDGE)['token']['realm'],
        )
        pool = self.node.options('etc/glance-bridge/docker-bridge-uwsgi.ini')
        self.assertEqual('127.0.0.1:6044', pool['uwsgi']['http-socket'])


class BridgeTest(WrittenTest):
    def test_the_bridge_takes_its_options(self) -> None:
        self.write()
        conf = cfg.ConfigOpts()
        glance_bridge.conf.register(conf)
        path = self.node.root / _BRIDGE
        conf([], default_config_files=[str(path)], default_config_dirs=[])
        ours = {group.name for group, _ in glance_bridge.conf.list_opts()}
        # Options of keystoneauth, which it reads when it logs in.
        ours -= {'identity'}
        for section, options in self.node.options(_BRIDGE).items():
            if section in ours:
                for name in options:
                    self.assertIn(name, conf[section])
        self.assertEqual('public', conf.glance.interface)
        self.assertTrue(conf.quota.use_keystone_limits)

    def test_it_has_all_options_of_its_pages(self) -> None:
        self.write()
        written = self.node.options(_BRIDGE)
        told = _ini(page.files(_PAGE)['/etc/glance-bridge/glance-bridge.conf'])
        # It logs to the journal.
        del told['DEFAULT']
        told |= _ini(
            page.block('admin/registry-publishing', 'oslo_limit', 'ini')
        )
        for section, options in told.items():
            self.assertLessEqual(set(options), set(written[section]))

    def test_pools_are_those_of_the_page(self) -> None:
        self.write()
        told = _ini(page.files(_PAGE)[_UWSGI_PAGE])['uwsgi']
        pools = [
            self.node.options(f'etc/glance-bridge/{name}-uwsgi.ini')['uwsgi']
            for name in ('docker-bridge', 'docker-bridge-token')
        ]
        for name in set(told) - _OWN_OF_UWSGI:
            self.assertEqual(told[name], pools[0][name], name)
        self.assertEqual(('1', '8'), (_size(pools[1])))
        self.assertEqual('127.0.0.1:5045', pools[1]['http-socket'])

    def test_without_quotas_of_glance_there_are_none(self) -> None:
        self.write(GLANCE_ENABLE_QUOTAS='False')
        written = self.node.options(_BRIDGE)
        self.assertNotIn('quota', written)
        self.assertNotIn('oslo_limit', written)
        self.assertFalse(
            [c for c in self.node.called('openstack') if '--system' in c]
        )


class TempestTest(WrittenTest):
    def setUp(self) -> None:
        super().setUp()
        done = self.node.run(*node.STACK)
        self.assertEqual(0, done.returncode, done.stderr)
        self.written = self.node.options('etc/tempest/tempest.conf')

    def test_servers_can_what_they_can_in_the_quickstart(self) -> None:
        text = (
            node.CHECKOUT / 'deploy/quickstart/templates/tempest.conf.j2'
        ).read_text()
        _, _, features = text.partition('[compute-feature-enabled]\n')
        told = re.findall(
            r'^(\w+) = (true|false)$', features.partition('\n[')[0], re.M
        )
        ours = self.written['compute-feature-enabled']
        # devstack's own default, since Wallaby.
        theirs = dict(told)
        del theirs['hostname_fqdn_sanitization']
        self.assertEqual(
            theirs, {name: value.lower() for name, value in ours.items()}
        )

    def test_it_boots_what_it_can_log_in_to(self) -> None:
        self.assertEqual(
            ('id-of-sshd:latest', 'id-of-sshd:alt'),
            (
                self.written['compute']['image_ref'],
                self.written['compute']['image_ref_alt'],
            ),
        )
        self.assertEqual('root', self.written['validation']['image_ssh_user'])

    def test_our_own_tests_are_there_and_know_where_to_push(self) -> None:
        (installed,) = self.node.called('tox')
        self.assertTrue(
            installed.endswith(f'--no-deps {self.node.root}/stack/nova-docker')
        )
        conf = cfg.ConfigOpts()
        conf.register_opts(tempest_config.OPTIONS, tempest_config.GROUP)
        path = self.node.root / 'etc/tempest/tempest.conf'
        conf([], default_config_files=[str(path)])
        self.assertEqual('http://127.0.0.1:5042', conf.docker.registry_url)
        self.assertEqual('docker', conf.docker.zone)
        self.assertFalse(conf.docker.volumes)
        self.assertTrue(pathlib.Path(conf.docker.image_archive).exists())
        for name in self.written['docker']:
            self.assertIn(name, conf.docker)

    def test_the_list_of_what_is_left_out_is_there(self) -> None:
        text = self.text('stack/data/nova-docker-tempest.txt')
        self.assertIn('test_reboot_server_hard', text)


class OtherTempestTest(WrittenTest):
    def test_what_is_not_there_is_not_told(self) -> None:
        # No registry, no zone, and Glance on another node.
        self.node.services = ('key', 'n-api', 'n-sch', 'tempest')
        done = self.node.run(
            *('install', 'test-config'),
            DISABLED_SERVICES='docker-registry',
            NOVA_DOCKER_ZONE='',
            NOVA_DOCKER_COMPUTE='False',
        )
        self.assertEqual(0, done.returncode, done.stderr)
        written = self.node.options('etc/tempest/tempest.conf')
        self.assertEqual(['volumes'], list(written['docker']))


class TlsTest(WrittenTest):
    def setUp(self) -> None:
        super().setUp()
        folder = self.node.root / 'stack/data/CA/int-ca'
        folder.mkdir(parents=True)
        (folder / 'ca-chain.pem').write_text('the chain')
        self.write(services='tls-proxy')

    def test_the_proxy_ends_it(self) -> None:
        lines = self.text('etc/nova-docker/nginx.conf')
        certificate = self.node.root / 'stack/data/devstack-cert.pem'
        self.assertIn('listen 0.0.0.0:5042 ssl;', lines)
        self.assertIn(f'ssl_certificate {certificate};', lines)
        self.assertIn(f'ssl_certificate_key {certificate};', lines)

    def test_docker_knows_the_authority(self) -> None:
        folder = f'etc/docker/certs.d/{node.ADDRESS}:5042'
        self.assertEqual('the chain', self.text(f'{folder}/ca.crt'))

    def test_everybody_goes_there_and_verifies(self) -> None:
        address = f'https://{node.ADDRESS}:5042'
        bundle = str(self.node.root / 'stack/data/ca-bundle.pem')
        nova = self.node.options(_NOVA)
        self.assertEqual(address, nova['docker']['image_bridge_url'])
        self.assertEqual(bundle, nova['service_user']['cafile'])
        store = self.node.options('etc/glance/glance-api.conf')['registry']
        self.assertEqual(address, store['registry_url'])
        self.assertEqual(bundle, store['registry_ca_file'])
        bridge = self.node.options(_BRIDGE)
        self.assertEqual(f'{address}/token', bridge['token']['realm'])
        self.assertEqual(bundle, bridge['identity']['cafile'])


def _ini(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(
        default_section='', interpolation=None
    )
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def _flat(value: Any, *keys: Any) -> dict[tuple[Any, ...], Any]:
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return {keys: value}
    return {
        key: leaf
        for name, each in items
        for key, leaf in _flat(each, *keys, name).items()
    }


def _lines(text: str) -> list[str]:
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith('#')]


def _size(pool: dict[str, str]) -> tuple[str, str]:
    return pool['processes'], pool['threads']
