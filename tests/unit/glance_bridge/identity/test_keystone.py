from keystoneauth1 import fixture as keystone_fixture
from keystoneauth1 import session
import requests
from requests_mock.contrib import fixture as requests_mock_fixture
import testtools

from glance_bridge import exception
from glance_bridge.identity import credential
from glance_bridge.identity import keystone
from glance_bridge.identity import model

_URL = 'https://keystone.example/v3'
_TOKENS = f'{_URL}/auth/tokens'
_ID = '0123456789abcdef' * 2
_CALLER = model.Caller('user-id', 'alice', 'token-id', key=b'key')
_PASSWORD = credential.Password('Acme', 'alice', 'secret')
_PROJECT = model.Project('p1', 'demo', 'd1', 'Acme')


def _token(*, scoped=True, **more):
    token = keystone_fixture.V3Token(user_id='user-id', user_name='alice')
    if scoped:
        token.set_project_scope(
            id='p1', name='demo', domain_id='d1', domain_name='Acme'
        )
        token.add_role(name='member')
        token.add_role(name='reader')
    token['token'].update(more)
    return token


class KeystoneTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.server = self.useFixture(requests_mock_fixture.Fixture())
        self.keystone = keystone.Keystone(session.Session(), _URL)

    def _answer(self, token):
        self.server.post(
            _TOKENS, json=token, headers={'X-Subject-Token': 'token-id'}
        )

    def _asked(self):
        (request,) = self.server.request_history
        return request.json()['auth']

    def _log_in(self, login=_PASSWORD):
        return self.keystone.authenticate(login, b'key')

    def test_a_password_is_asked_about_without_a_project(self):
        self._answer(_token(scoped=False))
        self.assertEqual(_CALLER, self._log_in())
        asked = self._asked()
        self.assertEqual('unscoped', asked['scope'])
        self.assertEqual(
            {
                'password': 'secret',
                'name': 'alice',
                'domain': {'name': 'Acme'},
            },
            asked['identity']['password']['user'],
        )

    def test_an_application_credential_is_for_its_project(self):
        self._answer(_token())
        found = self._log_in(credential.ApplicationCredential(_ID, 'secret'))
        self.assertEqual(
            model.Membership(_PROJECT, ('member', 'reader')),
            found.membership,
        )
        self.assertEqual((_PROJECT,), self.keystone.projects(found))
        self.assertEqual(
            found.membership, self.keystone.membership(found, 'p1')
        )
        self.assertIsNone(self.keystone.membership(found, 'p2'))
        self.assertEqual(
            {'id': _ID, 'secret': 'secret'},
            self._asked()['identity']['application_credential'],
        )

    def test_one_with_access_rules_is_refused(self):
        rules = [{'service': 'compute', 'method': 'GET', 'path': '/v2.1/**'}]
        self._answer(
            _token(application_credential={'id': _ID, 'access_rules': rules})
        )
        found = self.assertRaises(
            exception.Unauthorized,
            self._log_in,
            credential.ApplicationCredential(_ID, 'secret'),
        )
        self.assertIn('access rules', str(found))

    def test_the_address_may_lack_its_version(self):
        self._answer(_token(scoped=False))
        plain = 'https://keystone.example/'
        found = keystone.Keystone(session.Session(), plain)
        self.assertEqual('alice', found.authenticate(_PASSWORD, b'').user_name)

    def test_a_refusal_says_what_was_refused_and_no_secret(self):
        for status in (401, 403, 404, 400):
            self.server.post(_TOKENS, status_code=status)
            for login, word in (
                (_PASSWORD, "'alice' of domain 'Acme'"),
                (
                    credential.ApplicationCredential(_ID, 'secret'),
                    'application credential',
                ),
            ):
                found = self.assertRaises(
                    exception.Unauthorized, self._log_in, login
                )
                self.assertIn(word, str(found))
                self.assertNotIn('secret', str(found))

    def test_who_needs_more_than_a_password_is_told(self):
        self.server.post(
            _TOKENS,
            status_code=401,
            headers={'Openstack-Auth-Receipt': 'receipt'},
            json={
                'receipt': {
                    'methods': ['password'],
                    'expires_at': '2030-01-01T00:00:00.000000Z',
                    'issued_at': '2029-01-01T00:00:00.000000Z',
                    'user': {
                        'id': 'user-id',
                        'name': 'alice',
                        'domain': {'id': 'd1', 'name': 'Acme'},
                    },
                },
                'required_auth_methods': [['password', 'totp']],
            },
        )
        found = self.assertRaises(exception.Unauthorized, self._log_in)
        self.assertIn('more than a password', str(found))

    def test_a_project_is_asked_about_with_the_callers_token(self):
        self._answer(_token())
        self.assertEqual(
            model.Membership(_PROJECT, ('member', 'reader')),
            self.keystone.membership(_CALLER, 'p1'),
        )
        asked = self._asked()
        self.assertEqual({'project': {'id': 'p1'}}, asked['scope'])
        self.assertEqual({'id': 'token-id'}, asked['identity']['token'])

    def test_a_project_of_others_is_nothing(self):
        for status in (401, 403, 404):
            self.server.post(_TOKENS, status_code=status)
            self.assertIsNone(self.keystone.membership(_CALLER, 'p2'))

    def test_the_callers_projects(self):
        self.server.get(
            f'{_URL}/auth/projects',
            json={
                'projects': [
                    {'id': 'p1', 'name': 'demo', 'domain_id': 'd1'},
                    {
                        'id': 'p2',
                        'name': 'closed',
                        'domain_id': 'd1',
                        'enabled': False,
                    },
                ]
            },
        )
        self.assertEqual(
            (model.Project('p1', 'demo', 'd1'),),
            self.keystone.projects(_CALLER),
        )
        (request,) = self.server.request_history
        self.assertEqual('token-id', request.headers['X-Auth-Token'])

    def test_who_was_logged_out_has_no_projects(self):
        self.server.get(f'{_URL}/auth/projects', status_code=401)
        self.assertEqual((), self.keystone.projects(_CALLER))

    def test_a_keystone_that_does_not_answer_is_503(self):
        for reply in (
            {'exc': requests.ConnectionError},
            {'exc': requests.Timeout},
            {'status_code': 500},
            {'status_code': 503},
            {'status_code': 429},
            {'text': 'hello', 'headers': {'X-Subject-Token': 'x'}},
        ):
            self.server.post(_TOKENS, **reply)
            self.server.get(f'{_URL}/auth/projects', **reply)
            for ask in (
                self._log_in,
                lambda: self.keystone.projects(_CALLER),
                lambda: self.keystone.membership(_CALLER, 'p1'),
            ):
                found = self.assertRaises(exception.ServiceUnavailable, ask)
                self.assertEqual('10', dict(found.headers)['Retry-After'])
