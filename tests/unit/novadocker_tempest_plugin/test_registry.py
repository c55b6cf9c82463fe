"""The client of the registry, and a small registry that asks for tokens."""

import base64
import json
import urllib.parse

import fixtures
import testtools

from novadocker_tempest_plugin import image
from novadocker_tempest_plugin import registry
from tests.fixtures import http_server

LOGIN = ('Default/some body', 'a:secret')
REPOSITORY = 'project/web'
IMAGE = image.Image(b'{"config": {}}', (b'layer one', b'layer two'))


class Handler(http_server.Handler):
    """Distribution's API, as far as the client goes."""

    def _handle(self):
        body = self.read_body()
        split = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(split.query)
        self.server.fixture.asked.append((self.command, split.path, query))
        if split.path == '/token':
            return self._answer(*self.server.fixture.token(query, self))
        granted = self.server.fixture.granted(self)
        if granted is None:
            realm = f'http://127.0.0.1:{self.server.server_port}/token'
            challenge = f'Bearer realm="{realm}",service="a service"'
            return self._answer(401, b'', {'WWW-Authenticate': challenge})
        deed = getattr(self.server.fixture, f'do_{self.command.lower()}')
        return self._answer(*deed(split.path, query, body))

    def do_GET(self):
        self._handle()

    def do_HEAD(self):
        self._handle()

    def do_POST(self):
        self._handle()

    def do_PUT(self):
        self._handle()

    def _answer(self, status, content=b'', headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(content)


class SmallRegistry(fixtures.Fixture):
    """A registry in memory.

    :ivar is_open: whether it asks for no token
    :ivar refused: what a request is answered instead, by method
    """

    def _setUp(self):
        self.asked, self.blobs, self.manifests = [], {}, {}
        self.refused, self.is_open = {}, False
        self.token_answer = None
        server = http_server.serve(self, Handler)
        self.url = f'http://127.0.0.1:{server.server_port}'

    def token(self, query, handler):
        name = base64.b64encode(':'.join(LOGIN).encode()).decode()
        if handler.headers['Authorization'] != f'Basic {name}':
            return 401, b'wrong password'
        token = ' '.join(query['scope'])
        return 200, json.dumps(self.token_answer or {'token': token}).encode()

    def granted(self, handler):
        bearer = handler.headers.get('Authorization', '')
        if self.is_open or bearer.startswith('Bearer '):
            return bearer
        return None

    def do_head(self, path, query, body):
        return 200 if path.rpartition('/')[2] in self.blobs else 404, b''

    def do_get(self, path, query, body):
        store = self.manifests if '/manifests/' in path else self.blobs
        found = store.get(path.rpartition('/')[2])
        return (404, b'unknown') if found is None else (200, found)

    def do_post(self, path, query, body):
        if query.get('mount', [''])[0] in self.blobs:
            return 201, b''
        return self.refused.get(
            'POST', (202, b'', {'Location': '/v2/upload?state=1'})
        )

    def do_put(self, path, query, body):
        if 'PUT' in self.refused:
            return self.refused['PUT']
        if path == '/v2/upload':
            self.blobs[query['digest'][0]] = body
        else:
            self.manifests[path.rpartition('/')[2]] = body
        return 201, b''


class RegistryTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.engine = self.useFixture(SmallRegistry())
        self.client = self._client()

    def _client(self, login=LOGIN):
        return registry.Client(f'{self.engine.url}/', login, timeout_s=30)

    def _asked(self, method):
        return [path for each, path, _ in self.engine.asked if each == method]

    def _asked_for_tokens(self):
        return [
            query for _, path, query in self.engine.asked if path == '/token'
        ]

    def test_push_stores_blobs_and_then_the_manifest(self):
        digest = self.client.push(REPOSITORY, 'latest', IMAGE)
        self.assertEqual(image.digest(IMAGE.manifest), digest)
        self.assertEqual(IMAGE.blobs, self.engine.blobs)
        self.assertEqual({'latest': IMAGE.manifest}, self.engine.manifests)
        self.assertEqual(
            f'/v2/{REPOSITORY}/manifests/latest', self._asked('PUT')[-1]
        )

    def test_what_is_there_is_not_uploaded_again(self):
        self.engine.blobs.update(IMAGE.blobs)
        self.client.push(REPOSITORY, 'latest', IMAGE)
        self.assertEqual([], self._asked('POST'))

    def test_a_token_is_asked_for_once_for_each_scope(self):
        self.client.push(REPOSITORY, 'latest', IMAGE)
        self.client.manifest(REPOSITORY, 'latest')
        self.assertEqual(
            [
                {'service': ['a service'], 'scope': [scope]}
                for scope in (
                    f'repository:{REPOSITORY}:pull,push',
                    f'repository:{REPOSITORY}:pull',
                )
            ],
            self._asked_for_tokens(),
        )

    def test_a_registry_for_everybody_is_asked_for_no_token(self):
        self.engine.is_open = True
        self.client.push(REPOSITORY, 'latest', IMAGE)
        self.assertNotIn('/token', self._asked('GET'))

    def test_a_token_may_go_by_its_other_name(self):
        self.engine.token_answer = {'access_token': 'other'}
        self.client.push(REPOSITORY, 'latest', IMAGE)

    def test_a_wrong_password_is_told(self):
        client = self._client(('nobody', 'wrong'))
        raised = self.assertRaises(
            registry.RegistryError, client.manifest, REPOSITORY, 'latest'
        )
        self.assertEqual(401, raised.status)
        self.assertIn('wrong password', str(raised))
        self.assertNotIn('nobody', str(raised))

    def test_what_was_pushed_can_be_pulled(self):
        self.client.push(REPOSITORY, 'latest', IMAGE)
        self.assertEqual(
            IMAGE.manifest, self.client.manifest(REPOSITORY, 'latest')
        )
        for digest, content in IMAGE.blobs.items():
            self.assertEqual(content, self.client.blob(REPOSITORY, digest))

    def test_what_is_not_there_is_told(self):
        for deed in (self.client.manifest, self.client.blob):
            raised = self.assertRaises(
                registry.RegistryError, deed, REPOSITORY, 'sha256:0'
            )
            self.assertEqual(404, raised.status)

    def test_a_refused_push_is_told_at_each_step(self):
        for method in ('PUT', 'POST'):
            self.engine.refused[method] = (403, b'denied: not yours')
            raised = self.assertRaises(
                registry.RegistryError,
                self.client.push,
                *(REPOSITORY, 'latest', IMAGE),
            )
            self.assertEqual(403, raised.status)
            self.assertIn('denied: not yours', str(raised))
            self.assertEqual({}, self.engine.manifests)

    def test_blobs_are_taken_over_from_where_they_can_be_had(self):
        self.engine.blobs['sha256:1'] = b''
        for digest, is_mounted in (('sha256:1', True), ('sha256:2', False)):
            self.assertEqual(
                is_mounted,
                self.client.mounts(REPOSITORY, digest, 'other/web'),
            )
        _, _, query = self.engine.asked[-1]
        self.assertEqual(['other/web'], query['from'])
        self.assertEqual(
            f'repository:{REPOSITORY}:pull,push repository:other/web:pull',
            ' '.join(self._asked_for_tokens()[0]['scope']),
        )

    def test_a_refused_takeover_is_told(self):
        self.engine.refused['POST'] = (403, b'denied')
        raised = self.assertRaises(
            registry.RegistryError,
            self.client.mounts,
            *(REPOSITORY, 'sha256:2', 'other/web'),
        )
        self.assertEqual(403, raised.status)
