from keystoneauth1 import fixture as keystone_fixture
from keystoneauth1 import session
from keystoneauth1 import token_endpoint
from requests_mock.contrib import fixture as requests_mock_fixture
import testtools

from glance_bridge import exception
from glance_bridge.identity import model
from glance_bridge.identity import tokens

URL = 'https://keystone.example/v3'
ASKED = f'{URL}/auth/tokens'


def token(*, scoped=True):
    found = keystone_fixture.V3Token(user_id='u1', user_name='alice')
    if scoped:
        found.set_project_scope(
            id='p1', name='demo', domain_id='d1', domain_name='Acme'
        )
        found.add_role(name='member')
    return found


class TokensTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.server = self.useFixture(requests_mock_fixture.Fixture())
        own = token_endpoint.Token('http://nowhere', 'own-token')
        self.tokens = tokens.Tokens(session.Session(own), URL)

    def test_holder_has_roles_in_a_project(self):
        self.server.get(ASKED, json=token())
        self.assertEqual(
            tokens.Holder(
                'u1', 'alice', model.Project('p1', 'demo', 'd1'), ('member',)
            ),
            self.tokens.holder('theirs'),
        )
        (request,) = self.server.request_history
        self.assertEqual('own-token', request.headers['X-Auth-Token'])
        self.assertEqual('theirs', request.headers['X-Subject-Token'])
        self.assertNotIn('allow_expired', request.query)

    def test_token_of_a_user_may_have_expired_meanwhile(self):
        self.server.get(ASKED, json=token())
        self.tokens.holder('theirs', may_be_expired=True)
        self.assertIn('allow_expired=1', self.server.last_request.query)

    def test_token_that_keystone_does_not_know_is_none(self):
        self.server.get(ASKED, status_code=404)
        self.assertRaises(exception.Unauthorized, self.tokens.holder, 'theirs')

    def test_token_for_no_project_is_none(self):
        self.server.get(ASKED, json=token(scoped=False))
        self.assertRaises(exception.Unauthorized, self.tokens.holder, 'theirs')

    def test_keystone_that_does_not_answer_is_no_refusal(self):
        for status, body in (
            (503, '{}'),
            (401, '{}'),
            (200, '<html>'),
            (200, '{}'),
            (200, '[]'),
            (200, '{"token": {}}'),
        ):
            self.server.get(ASKED, text=body, status_code=status)
            self.assertRaises(
                exception.ServiceUnavailable, self.tokens.holder, 'theirs'
            )
