import requests
from requests_mock.contrib import fixture as requests_mock_fixture
import testtools

from glance_bridge import exception
from glance_bridge.token import access
from glance_bridge.token import authority
from glance_bridge.token import issuer
from glance_bridge.token import key
from glance_bridge.token import verifier

_REALM = 'https://registry.example/token'
_PULL = ('repository:demo/web:pull',)


class _Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class OwnTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.clock = _Clock()
        signing_key = key.load(*key.create())
        self.verifier = verifier.Verifier(signing_key, 'issuer', 'registry')
        self.authorize = authority.own(
            issuer.Issuer(signing_key, 'issuer', 'registry'),
            clock=self.clock,
        )

    def test_the_bridge_may_do_what_it_asks_for(self):
        text = self.authorize(('repository:demo/web:pull,delete',))
        self.assertEqual(
            access.Claims(
                'glance-bridge',
                (access.Access('repository', 'demo/web', ('pull', 'delete')),),
                is_service=True,
                user_name='glance-bridge',
            ),
            self.verifier.verify(text),
        )

    def test_a_token_is_used_for_half_of_its_time(self):
        first = self.authorize(_PULL)
        self.clock.now += 449
        self.assertEqual(first, self.authorize(_PULL))
        self.clock.now += 1
        self.assertNotEqual(first, self.authorize(_PULL))

    def test_each_scope_has_its_own(self):
        self.assertNotEqual(
            self.authorize(_PULL),
            self.authorize(('repository:demo/web:push',)),
        )

    def test_what_is_over_is_forgotten(self):
        for number in range(1024):
            self.authorize((f'repository:demo/a{number}:pull',))
        self.clock.now += 800
        first = self.authorize(_PULL)
        self.assertEqual(first, self.authorize(_PULL))

    def test_there_are_no_more_than_so_many(self):
        first = self.authorize(_PULL)
        for number in range(1024):
            self.authorize((f'repository:demo/a{number}:pull',))
        self.assertNotEqual(first, self.authorize(_PULL))


class RemoteTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.clock = _Clock()
        self.server = self.useFixture(requests_mock_fixture.Fixture())
        self.authorize = authority.remote(
            _REALM, 'registry', 'service/glance', 'secret', clock=self.clock
        )

    def test_it_asks_as_its_user(self):
        self.server.get(_REALM, json={'token': 'abc', 'expires_in': 300})
        self.assertEqual(
            'abc',
            self.authorize(
                ('repository:demo/web:pull', 'repository:demo/db:pull')
            ),
        )
        (asked,) = self.server.request_history
        self.assertEqual(
            {
                'service': ['registry'],
                'scope': [
                    'repository:demo/web:pull',
                    'repository:demo/db:pull',
                ],
            },
            asked.qs,
        )
        self.assertEqual(
            'Basic c2VydmljZS9nbGFuY2U6c2VjcmV0',
            asked.headers['Authorization'],
        )

    def test_it_asks_again_when_half_of_the_time_is_over(self):
        self.server.get(_REALM, json={'access_token': 'abc'})
        self.authorize(_PULL)
        self.clock.now += 29
        self.authorize(_PULL)
        self.assertEqual(1, self.server.call_count)
        self.clock.now += 1
        self.authorize(_PULL)
        self.assertEqual(2, self.server.call_count)

    def test_what_passes_is_unavailable(self):
        for reply in (
            {'exc': requests.ConnectionError('refused')},
            {'status_code': 503},
            {'status_code': 429},
            {'text': 'hello'},
            {'json': {}},
            {'json': ['token']},
            {'json': {'token': 'abc', 'expires_in': 'soon'}},
        ):
            self.server.get(_REALM, **reply)
            self.assertRaises(
                exception.ServiceUnavailable, self.authorize, _PULL
            )

    def test_what_is_refused_stays_refused(self):
        for status in (401, 403, 302):
            self.server.get(
                _REALM, status_code=status, headers={'Location': '/other'}
            )
            found = self.assertRaises(exception.Denied, self.authorize, _PULL)
            self.assertIn(str(status), str(found))
            self.assertNotIn('secret', str(found))
