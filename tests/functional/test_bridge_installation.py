"""The bridge behind TLS, made of the files of doc/source/admin/registry.rst.

Keystone, the engine, nginx and docker are real; Glance is in memory.
"""

import base64
import http.client
import pathlib
import shutil
import subprocess
import unittest
import uuid

import fixtures
import requests
import testtools
import yaml

from glance_bridge import rooms
from glance_bridge.catalogue import wait
from glance_bridge.wsgi import application
from tests.fixtures import bridge
from tests.fixtures import certificates
from tests.fixtures import docker_client
from tests.fixtures import dockerd
from tests.fixtures import engine_root
from tests.fixtures import fake_catalogue
from tests.fixtures import machine
from tests.fixtures import netns
from tests.fixtures import nginx
from tests.fixtures import page
from tests.fixtures import real_keystone
from tests.fixtures import registry
from tests.fixtures import wsgi_server

_PAGE = 'admin/registry'
_PASSWORD = real_keystone.PASSWORD
# Not loopback: there, docker asks nobody for a certificate.
_ADDRESS = '192.0.2.10'
_NAME = 'registry.example.org'
# It has the same certificate, and docker was told nothing of it.
_STRANGER = 'other.example.org'
_ENGINE_NAME = 'engine.example.org'
_SITE = '/etc/nginx/sites-enabled/registry'
_ENGINE = '/etc/docker/registry/config.yml'
# What the page leaves to the operator, or has on other hosts.
_OWN = """
[DEFAULT]
log_file =
[database]
connection = sqlite:///{folder}/rows.sqlite
[identity]
auth_url = {keystone}
[token]
# The default, which the fixture has changed.
trusted_proxies = 127.0.0.1/32,::1/128
[publishing]
image_id_key = an-id-key-of-thirty-two-characters
lock_url = file://{folder}/locks
"""
_ENGINE_CA = '/etc/ssl/engine-ca.pem'
_FORGED = {
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-For': '127.0.0.1',
    'Forwarded': 'for=127.0.0.1;proto=https',
}


# It would have the /etc of its own root, and none of what is written here.
@unittest.skipIf(engine_root.ROOT, 'needs an engine of this machine')
@dockerd.needs_dockerd
@nginx.needs_nginx
@registry.needs_registry
@real_keystone.needs_keystone
class InstallationTest(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.machine = cls._use(
            machine.Machine(_ADDRESS, _NAME, _STRANGER, _ENGINE_NAME)
        )
        cls.files = page.files(_PAGE)
        cls.keystone = real_keystone.for_class(cls)
        cls._start_bridge()
        cls.engine = registry.Registry(
            yaml.safe_load(cls.files[_ENGINE]), '127.0.0.1:5043'
        )
        cls._use(cls.engine)
        cls._start_proxy()
        cls.dockerd = dockerd.for_class(cls)
        cls.dockerd.load_image('base:latest')
        cls.project = cls.keystone.project()
        cls.user = cls.keystone.user((cls.project, 'member'))

    @classmethod
    def _use(cls, fixture):
        fixture.setUp()
        cls.addClassCleanup(fixture.cleanUp)
        return fixture

    @classmethod
    def _start_bridge(cls):
        folder = cls._use(fixtures.TempDir()).path
        own = _OWN.format(folder=folder, keystone=cls.keystone.url)
        documented = cls.files['/etc/glance-bridge/glance-bridge.conf']
        cls.bridge = cls._use(
            bridge.Bridge(cls.keystone.url, documented + own, port=5044)
        )
        cls.catalogue = fake_catalogue.FakeCatalogue()
        cls._furnish(cls.bridge.rooms)
        cls.pool = cls._use(wsgi_server.WsgiServer(5045))
        cls.pool.application = cls.bridge.server.application
        certificate = cls.bridge.rooms.conf.token.certificate_file
        cls.machine.write(
            '/etc/glance-bridge/token.crt',
            pathlib.Path(certificate).read_bytes(),
        )

    @classmethod
    def _furnish(cls, made):
        made.made['catalogue'] = cls.catalogue
        made.made['waiter'] = wait.Waiter(
            cls.catalogue, active_timeout_s=60, hash_timeout_s=60
        )

    @classmethod
    def _start_proxy(cls):
        authority = cls.authority = certificates.Authority()
        key, certificate = authority.issue(_NAME, _STRANGER)
        for path, content in {
            f'/etc/ssl/{_NAME}.pem': certificate,
            f'/etc/ssl/private/{_NAME}.key': key,
            f'/etc/docker/certs.d/{_NAME}/ca.crt': authority.pem,
            **{
                path: text
                for path, text in cls.files.items()
                if path.startswith('/etc/nginx/')
            },
            # An operator may add it; passwords are none the freer for it.
            _SITE: cls.files[_SITE].replace(
                'listen 443 ssl;', 'listen 443 ssl;\n    listen 80;'
            ),
        }.items():
            cls.machine.write(path, content)
        cls.proxy = cls._use(nginx.Nginx(cls.machine, _SITE))

    def setUp(self):
        super().setUp()
        self.client = self.useFixture(
            docker_client.DockerClient(self.dockerd.host)
        )

    def _does(self, *words):
        found = self.client.run(*words)
        self.assertEqual(0, found.returncode, found.stderr)

    def _log_in(self, host=_NAME):
        return self.client.run(
            'login', '-u', self.user.name, '-p', _PASSWORD, host
        )

    def _run(self, commands):
        subprocess.run(
            ['sh', '-ec', commands],
            cwd=self.client.config,
            env={
                'PATH': '/usr/sbin:/usr/bin:/sbin:/bin',
                'DOCKER_HOST': self.dockerd.host,
                'DOCKER_CONFIG': self.client.config,
            },
            capture_output=True,
            check=True,
        )

    def _push_and_pull(self):
        """Push an image and pull it again; give its repository."""
        path = f'web-{uuid.uuid4().hex[:8]}'
        name = f'{_NAME}/{self.project.name}/{path}'
        found = self._log_in()
        self.assertIn('Login Succeeded', found.stdout, found.stderr)
        self._does('tag', 'base', name)
        self._does('push', name)
        self._does('rmi', name)
        self._does('pull', name)
        (image,) = self.catalogue.named(self.project.id, f'{path}:latest')
        self.assertTrue(image.is_active)
        return f'{self.project.name}/{path}'

    def _token(self, host, source=None, **headers):
        """Ask for a token without TLS.

        :param host: who is asked: HOST:PORT
        :param source: from where, if it matters
        """
        link = http.client.HTTPConnection(
            host, timeout=60, source_address=source and (source, 0)
        )
        self.addCleanup(link.close)
        login = base64.b64encode(f'{self.user.name}:{_PASSWORD}'.encode())
        headers['Authorization'] = f'Basic {login.decode()}'
        link.request('GET', '/token', headers=headers)
        answer = link.getresponse()
        return answer.status, answer.read().decode()

    def _is_refused(self, answer):
        status, told = answer
        self.assertEqual(403, status, told)
        self.assertIn('Passwords are taken over TLS only', told)

    def test_docker_pushes_and_pulls_over_tls(self):
        self._push_and_pull()

    def test_docker_asks_for_a_certificate_that_it_was_told_of(self):
        found = self._log_in(_STRANGER)
        self.assertEqual(1, found.returncode, found.stdout)
        self.assertIn('x509: certificate signed by unknown', found.stderr)

    def test_a_password_without_tls_is_for_the_registry_s_own_host(self):
        for headers in ({}, _FORGED):
            self._is_refused(self._token(_ADDRESS, **headers))
        self.assertEqual(200, self._token('127.0.0.1')[0])

    def test_who_is_no_proxy_is_not_believed(self):
        for port in (5044, 5045):
            bridge_itself = f'127.0.0.1:{port}'
            self._is_refused(self._token(bridge_itself, _ADDRESS, **_FORGED))

    def test_a_proxy_that_tells_nothing_lets_nobody_in(self):
        self._is_refused(self._token('127.0.0.1:5044'))

    def test_what_the_proxy_keeps_back(self):
        url = f'http://{_ADDRESS}'
        for path in ('/events', '/metrics', '/'):
            self.assertEqual(404, requests.get(url + path).status_code, path)
        blob = f'/v2/demo/web/blobs/sha256:{"a" * 64}'
        self.assertEqual(405, requests.delete(url + blob).status_code)

    def test_the_engine_as_a_container(self):
        self.engine.stop()
        self.addCleanup(self.engine.start)
        # As the package makes it.
        store = pathlib.Path('/var/lib/docker-registry')
        shutil.rmtree(store)
        store.mkdir()
        shutil.chown(store, 'docker-registry', 'docker-registry')
        self.machine.write(_ENGINE, self.files[_ENGINE])
        self._run(page.commands(_PAGE, 'docker import'))
        self.addCleanup(self.client.run, 'rm', '--force', 'registry')
        self._run(page.commands(_PAGE, 'docker run'))
        netns.wait_until(self.engine.is_answering, 'the container')
        self._push_and_pull()
        self.assertEqual('docker-registry', (store / 'docker').owner())

    def test_an_engine_on_another_host_is_asked_over_tls(self):
        engine = self._start_distant_engine()
        self._lead_proxy_to_distant_engine()
        conf = self.bridge.rooms.conf
        for name, value in (
            ('url', f'https://{_ENGINE_NAME}:5000'),
            ('ca_file', _ENGINE_CA),
        ):
            conf.set_override(name, value, group='registry')
            self.addCleanup(conf.clear_override, name, group='registry')
        made = rooms.Rooms(conf)
        self._furnish(made)
        for server in (self.bridge.server, self.pool):
            self.addCleanup(setattr, server, 'application', server.application)
            server.application = application.build(made)
        repository = self._push_and_pull()
        self.assertIn(f'/v2/{repository}/manifests/', engine.log())

    def _start_distant_engine(self):
        self.engine.stop()
        self.addCleanup(self.engine.start)
        key, certificate = self.authority.issue(_ENGINE_NAME)
        for path, content in {
            '/etc/docker/registry/engine.key': key,
            '/etc/docker/registry/engine.crt': certificate,
            _ENGINE_CA: self.authority.pem,
        }.items():
            self.machine.write(path, content)
        config = yaml.safe_load(self.files[_ENGINE])
        config['http'] |= yaml.safe_load(
            page.block(_PAGE, 'engine.crt', 'yaml')
        )['http']
        # What it writes down is for this test to see. What it tells would
        # find nobody when the test is over.
        config['log'] = {'level': 'info'}
        del config['notifications']
        return self.useFixture(
            registry.Registry(config, f'{_ENGINE_NAME}:5000', _ENGINE_CA)
        )

    def _lead_proxy_to_distant_engine(self):
        before = pathlib.Path(_SITE).read_text()
        tls = page.block(_PAGE, 'proxy_ssl_verify', 'nginx')
        site = before.replace('127.0.0.1:5043', f'{_ENGINE_NAME}:5000')
        site = site.replace(
            'http://registry_engine', 'https://registry_engine'
        )
        self._serve(site.replace('listen 80;', f'listen 80;\n{tls}'))
        self.addCleanup(self._serve, before)

    def _serve(self, site):
        self.proxy.stop()
        self.machine.write(_SITE, site)
        self.proxy.start()
