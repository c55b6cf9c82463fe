import base64
import json

import fixtures
import testtools
import webob

from glance_bridge import exception
from glance_bridge.identity import directory
from glance_bridge.identity import services
from glance_bridge.identity import throttle
from glance_bridge.namespace import binding
from glance_bridge.namespace import owner
from glance_bridge.policies import enforcer
from glance_bridge.token import access
from glance_bridge.token import door
from glance_bridge.token import grant
from glance_bridge.token import issuer
from glance_bridge.token import key
from glance_bridge.token import peer
from glance_bridge.token import verifier
from tests.fixtures import clock
from tests.fixtures import fake_keystone
from tests.fixtures import fake_rows
from tests.unit.glance_bridge import options

_PUSH = 'repository:demo/web:pull,push'
_PULL = 'repository:demo/web:pull'
_FORM = {
    'grant_type': 'password',
    'service': 'registry',
    'client_id': 'containerd-client',
    'username': 'alice',
    'password': 'secret',
}


def _basic(user, secret):
    encoded = base64.b64encode(f'{user}:{secret}'.encode())
    return f'Basic {encoded.decode()}'


class DoorTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.keystone = fake_keystone.FakeKeystone()
        self.keystone.add_user('alice', {fake_keystone.DEMO: ('member',)})
        self.keystone.add_user('glance', {fake_keystone.SERVICE: ('service',)})
        self.namespaces = binding.Namespaces(fake_rows.FakeRows(), 'default')
        signing_key = key.load(*key.create())
        self.verifier = verifier.Verifier(signing_key, 'issuer', 'registry')
        near = peer.networks(['127.0.0.0/8'])
        asked = self._directory()
        self.door = door.Door(
            asked,
            services.Services(
                asked, services.ServiceProject('service', 'default')
            ),
            grant.Grants(
                owner.Owners(asked, self.namespaces),
                enforcer.Enforcer(options.make()),
            ),
            issuer.Issuer(signing_key, 'issuer', 'registry'),
            door.Rules(900, 300, peer.networks(['127.0.0.9']), near),
        )

    def _directory(self):
        now = clock.Clock()
        limits = throttle.Limits(per_account=3, per_address=20, window_s=300)
        return directory.Directory(
            self.keystone,
            throttle.Throttle(limits, fake_rows.FakeRows(), now),
            directory.Lifetimes(60, 10),
            'Default',
            now,
        )

    def _request(self, path='/token', address='127.0.0.1', **more):
        return webob.Request.blank(
            path, environ={'REMOTE_ADDR': address}, **more
        )

    def _get(self, query='', login=('alice', 'secret'), **more):
        request = self._request(f'/token?{query}', **more)
        if login:
            request.headers['Authorization'] = _basic(*login)
        return json.loads(self.door.get(request).text)

    def _post(self, **more):
        request = self._request(method='POST', POST=_FORM | more)
        return json.loads(self.door.post(request).text)

    def _claims(self, body):
        return self.verifier.verify(body['access_token'])

    def _refused(self, kind, ask, *args, **more):
        return self.assertRaises(kind, ask, *args, **more)


class GetTest(DoorTestCase):
    def test_a_login_without_a_scope_gets_no_access(self):
        body = self._get(
            'account=alice&client_id=docker&offline_token=true'
            '&service=registry'
        )
        self.assertEqual((), self._claims(body).access)
        self.assertEqual(300, body['expires_in'])
        self.assertNotIn('refresh_token', body)

    def test_a_push_gets_what_the_role_allows(self):
        body = self._get(f'service=registry&scope={_PUSH}')
        self.assertEqual(
            access.Claims(
                'id-of-alice',
                (access.Access('repository', 'demo/web', ('pull', 'push')),),
                user_name='alice',
                projects={'demo': fake_keystone.DEMO.id},
            ),
            self._claims(body),
        )
        self.assertEqual(900, body['expires_in'])
        self.assertEqual(body['token'], body['access_token'])
        self.assertRegex(body['issued_at'], r'^[0-9T:-]{19}Z$')

    def test_a_pull_is_shorter(self):
        self._get(f'scope={_PUSH}')
        self.assertEqual(300, self._get(f'scope={_PULL}')['expires_in'])

    def test_several_scopes_are_of_one_token(self):
        body = self._get(
            f'scope={_PUSH}&scope=repository:demo/base:pull'
            '&scope=repository:other/base:pull'
        )
        names = [each.name for each in self._claims(body).access]
        self.assertEqual(['demo/web', 'demo/base'], names)

    def test_a_service_says_so_in_its_token(self):
        body = self._get(
            'scope=repository:other/web:pull,push,delete',
            ('glance', 'secret'),
        )
        self.assertTrue(self._claims(body).is_service)

    def test_without_a_login_there_is_a_challenge(self):
        for login, header in (
            (None, None),
            (None, 'Bearer abc'),
            (None, 'Basic %%%'),
            (None, 'Basic /////w=='),
            (('alice', 'wrong'), None),
            (('nobody', 'secret'), None),
            (('alice', ''), None),
        ):
            headers = {'Authorization': header} if header else {}
            found = self._refused(
                exception.Unauthorized, self._get, '', login, headers=headers
            )
            self.assertIn(
                ('WWW-Authenticate', 'Basic realm="glance-bridge"'),
                found.headers,
            )

    def test_a_password_may_have_a_colon_and_an_umlaut(self):
        self.keystone.add_user('bob', {}, 'gehe:heim ü')
        body = self._get('', ('bob', 'gehe:heim ü'))
        self.assertEqual('id-of-bob', self._claims(body).subject)

    def test_what_is_not_theirs_is_denied(self):
        self._refused(
            exception.Denied, self._get, 'scope=repository:other/web:pull'
        )

    def test_a_broken_scope_is_refused_before_a_login(self):
        self._refused(exception.RequestInvalid, self._get, 'scope=demo')
        self.assertEqual([], self.keystone.asked)

    def test_there_are_no_tokens_for_another_registry(self):
        self._refused(exception.RequestInvalid, self._get, 'service=other')

    def test_a_password_that_others_can_read_is_refused(self):
        headers = {'X-Forwarded-For': '192.0.2.7'}
        proxied = {'address': '127.0.0.9', 'headers': headers}
        found = self._refused(exception.Denied, self._get, **proxied)
        self.assertIn('TLS', str(found))
        self.assertEqual([], self.keystone.asked)
        headers['X-Forwarded-Proto'] = 'https'
        self._get(**proxied)

    def test_a_proxy_that_names_nobody_is_seen_in_the_log(self):
        log = self.useFixture(fixtures.FakeLogger())
        self._refused(exception.Denied, self._get, address='127.0.0.9')
        self.assertIn('X-Forwarded-For', log.output)

    def test_who_guesses_is_told_to_wait(self):
        for number in range(3):
            self._refused(
                exception.Unauthorized, self._get, '', ('alice', str(number))
            )
        self._refused(exception.TooManyRequests, self._get)

    def test_keystone_away_is_told(self):
        self.keystone.is_away = True
        self._refused(exception.ServiceUnavailable, self._get)

    def test_the_answer_is_kept_by_nobody(self):
        request = self._request()
        request.headers['Authorization'] = _basic('alice', 'secret')
        answer = self.door.get(request)
        self.assertEqual('no-store', answer.headers['Cache-Control'])

    def test_a_login_is_asked_of_keystone_once(self):
        for _ in range(7):
            self._get(f'scope={_PUSH}')
        self.assertEqual(
            1, self.keystone.asked.count('authenticate'), self.keystone.asked
        )
        self.assertEqual(3, len(self.keystone.asked))


class PostTest(DoorTestCase):
    def test_the_password_grant(self):
        body = self._post(scope=f'{_PUSH} repository:other/base:pull')
        self.assertEqual('Bearer', body['token_type'])
        self.assertEqual(_PUSH, body['scope'])
        self.assertEqual(900, body['expires_in'])
        self.assertTrue(self._claims(body).allows('push', 'demo/web'))
        self.assertNotIn('refresh_token', body)

    def test_a_login_without_a_scope_gets_no_access(self):
        body = self._post(access_type='offline')
        self.assertEqual('', body['scope'])
        self.assertEqual((), self._claims(body).access)

    def test_a_wrong_password_is_told(self):
        self._refused(exception.Unauthorized, self._post, password='wrong')

    def test_other_grants_are_refused(self):
        for kind in ('refresh_token', 'authorization_code', ''):
            self._refused(
                exception.RequestInvalid, self._post, grant_type=kind
            )

    def test_another_registry_is_refused(self):
        self._refused(exception.RequestInvalid, self._post, service='other')

    def test_what_is_no_small_form_is_refused(self):
        for request in (
            self._request(
                method='POST', body=b'{}', content_type='application/json'
            ),
            self._request(method='POST', POST={'scope': 'x' * 70_000}),
        ):
            self._refused(exception.RequestInvalid, self.door.post, request)

    def test_a_password_that_others_can_read_is_refused(self):
        request = self._request(method='POST', POST=_FORM)
        request.remote_addr = '192.0.2.7'
        self._refused(exception.Denied, self.door.post, request)
