"""How the rooms come to be."""

import json
import pathlib
import threading

import fixtures
from keystoneauth1 import fixture as keystone_fixture
from requests_mock.contrib import fixture as requests_mock_fixture
import testtools
import webob

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import rooms
from glance_bridge.quota import limit
from glance_bridge.token import key
from glance_bridge.wsgi import application
from tests.fixtures import images
from tests.unit.glance_bridge import options


class _Rooms(rooms.Rooms):
    def __init__(self) -> None:
        super().__init__(conf=None)
        self.count = 0
        self.started = threading.Event()
        self.go_on = threading.Event()

    @rooms.room
    def slow(self) -> object:
        """A room that takes its time."""
        self.count += 1
        self.started.set()
        self.go_on.wait(60)
        return object()

    @rooms.room
    def above(self) -> list[object]:
        return [self.slow]


class RoomTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.rooms = _Rooms()

    def test_it_is_made_once_and_only_when_asked_for(self):
        self.rooms.go_on.set()
        self.assertEqual(0, self.rooms.count)
        self.assertIs(self.rooms.slow, self.rooms.above[0])
        self.assertEqual(1, self.rooms.count)

    def test_two_threads_get_the_same(self):
        found = []
        threads = [
            threading.Thread(target=lambda: found.append(self.rooms.slow))
            for _ in range(2)
        ]
        for each in threads:
            each.start()
        self.assertTrue(self.rooms.started.wait(60))
        self.rooms.go_on.set()
        for each in threads:
            each.join(60)
        self.assertIs(*found)
        self.assertEqual(1, self.rooms.count)

    def test_the_class_shows_what_it_has(self):
        self.assertIsInstance(_Rooms.slow, rooms.room)
        self.assertEqual('A room that takes its time.', _Rooms.slow.__doc__)


class TokenTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.files = {
            'key_file': str(folder / 'token.key'),
            'certificate_file': str(folder / 'token.crt'),
        }
        self.rooms = rooms.Rooms(options.make(token=self.files))

    def _write_key(self):
        for path, content in zip(
            self.files.values(), key.create(), strict=True
        ):
            pathlib.Path(path).write_bytes(content)

    def test_what_the_bridge_signs_for_itself_it_believes(self):
        self._write_key()
        text = self.rooms.authorize(('repository:demo/web:pull',))
        claims = self.rooms.verifier.verify(text)
        self.assertTrue(claims.is_service)
        self.assertTrue(claims.allows('pull', 'demo/web'))

    def test_without_a_key_it_says_how_to_make_one(self):
        found = self.assertRaises(
            exception.ConfigurationInvalid, lambda: self.rooms.issuer
        )
        self.assertIn('glance-bridge-manage key', str(found))

    def test_networks_that_are_none_are_named(self):
        self._write_key()
        wrong = {**self.files, 'trusted_proxies': ['proxy.example']}
        found = self.assertRaises(
            exception.ConfigurationInvalid,
            lambda: rooms.Rooms(options.make(token=wrong))._token_rules(),
        )
        self.assertIn('proxy.example', str(found))


class LoginTestCase(testtools.TestCase):
    def test_a_user_gets_a_token_of_the_configured_keystone(self):
        found = rooms.Rooms(options.whole(self))
        found.database.sync()
        keystone = self.useFixture(requests_mock_fixture.Fixture())
        token = keystone_fixture.V3Token(user_id='user-id')
        keystone.post(
            'https://keystone.example/v3/auth/tokens',
            json=token,
            headers={'X-Subject-Token': 'token-id'},
        )
        request = webob.Request.blank(
            '/token', environ={'REMOTE_ADDR': '127.0.0.2'}
        )
        request.headers['Authorization'] = 'Basic YWxpY2U6c2VjcmV0'
        answer = application.Application(found)._respond(request)
        claims = found.verifier.verify(answer.json['token'])
        self.assertEqual('user-id', claims.subject)


class PublishingTestCase(testtools.TestCase):
    def _publisher(self, key: str | None) -> object:
        found = rooms.Rooms(options.whole(self))
        found.conf.set_override('image_id_key', key, group='publishing')
        return found.publisher

    def test_a_publisher_stands_on_the_options(self):
        self.assertIsNotNone(self._publisher('k' * 32))

    def test_a_key_that_can_be_guessed_is_refused(self):
        for key_text in (None, '', 'k' * 31):
            found = self.assertRaises(
                exception.ConfigurationInvalid, self._publisher, key_text
            )
            self.assertIn('image_id_key', str(found))


class NovaTestCase(testtools.TestCase):
    """The doors of Nova, with all that the configuration puts behind them."""

    image_id = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'

    def setUp(self):
        super().setUp()
        self.rooms = rooms.Rooms(options.whole(self))
        self.rooms.database.sync()
        self.http = self.useFixture(requests_mock_fixture.Fixture())
        token = keystone_fixture.V3Token(user_id='n', user_name='nova')
        token.set_project_scope(name='service', domain_id='default')
        token.add_role(name='service')
        token.add_service('image').add_standard_endpoints(
            internal='https://glance.example'
        )
        self.http.get(
            'https://keystone.example',
            json=keystone_fixture.DiscoveryList(
                'https://keystone.example', v2=False
            ),
        )
        tokens = 'https://keystone.example/v3/auth/tokens'
        self.http.post(
            tokens, json=token, headers={'X-Subject-Token': 'own-token'}
        )
        self.http.get(tokens, json=token)
        self.http.get('https://glance.example/', json={}, status_code=404)
        self.http.get(
            f'https://glance.example/v2/images/{self.image_id}',
            json={
                'id': self.image_id,
                'name': 'web:1',
                'owner': 'd0' * 16,
                'status': 'active',
                'os_hidden': False,
                'protected': False,
                'size': 1,
            },
        )

    def have_data(self, digest):
        repository = f'{"d0" * 16}/uploads/{self.image_id}'
        url = location.location_of(repository, digest, self.image_id)
        self.http.get(
            f'https://glance.example/v2/images/{self.image_id}/locations',
            json=[{'url': url, 'metadata': {}}],
        )

    def ask(self, deed, body):
        request = webob.Request.blank(
            f'/v1/images/{self.image_id}/{deed}',
            method='POST',
            POST=json.dumps(body),
            headers={'X-Auth-Token': 'user', 'X-Service-Token': 'nova'},
        )
        return application.Application(self.rooms)._respond(request)

    def test_nova_learns_where_an_image_is(self):
        made = images.image()
        where = (
            f'http://127.0.0.1:5043/v2/{"d0" * 16}/uploads/{self.image_id}'
            '/manifests/'
        )
        said = {
            'Docker-Content-Digest': made.digest,
            'Content-Type': made.media_type,
        }
        self.http.head(f'{where}g-{self.image_id}', headers=said)
        self.http.get(
            f'{where}{made.digest}', headers=said, content=made.content
        )
        self.have_data(made.digest)
        answer = self.ask('pull', {'os': 'linux', 'architecture': 'amd64'})
        self.assertEqual(made.digest, answer.json['manifest_digest'])
        claims = self.rooms.verifier.verify(answer.json['token'])
        self.assertTrue(claims.allows('pull', answer.json['repository']))
        self.assertFalse(claims.is_service)

    def test_image_of_another_project_takes_no_snapshot(self):
        digest = f'sha256:{"0" * 64}'
        for deed, body in (
            ('push', {'parent': 'x'}),
            ('publish', {'manifest_digest': digest}),
        ):
            self.assertEqual(403, self.ask(deed, body).status_int)


class FrontTestCase(testtools.TestCase):
    def _rooms(self, **front: object) -> rooms.Rooms:
        found = rooms.Rooms(options.whole(self))
        for name, value in front.items():
            found.conf.set_override(name, value, group='front')
        return found

    def test_the_front_stands_on_the_options(self):
        self.assertIsNotNone(self._rooms(platform='linux/arm64').front)

    def test_a_manifest_without_a_token_is_sent_for_one(self):
        door = application.Application(self._rooms())
        request = webob.Request.blank('/v2/demo/web/manifests/latest')
        answer = door._respond(request)
        self.assertEqual(401, answer.status_int)
        self.assertIn('scope="repository:demo/web:pull"', str(answer.headers))

    def test_limits_are_keystone_s_where_the_operator_says_so(self):
        found = self._rooms()
        self.assertEqual({}, found.quota._limits.of('project'))
        found = self._rooms()
        found.conf.set_override('use_keystone_limits', True, group='quota')
        self.assertIsInstance(found.quota._limits, limit.Limits)
