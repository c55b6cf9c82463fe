"""Requests through keystoneauth, without a network."""

from keystoneauth1 import session as ks_session
from keystoneauth1 import token_endpoint
import requests
from requests_mock.contrib import fixture as http_fixture
import testtools

from glance_bridge import exception
from glance_bridge.identity import endpoint

URL = 'http://glance.example.com:9292'


class EndpointTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.http = self.useFixture(http_fixture.Fixture())
        auth = token_endpoint.Token(URL, 'ours')
        self.endpoint = endpoint.Endpoint(
            ks_session.Session(auth=auth), 'image', override=URL
        )

    def test_a_request_is_made_in_our_name(self):
        self.http.post(f'{URL}/v2/images', text='done', status_code=201)
        found = self.endpoint.request(
            'POST', '/v2/images', content=b'{}', headers={'X-A': 'b'}
        )
        self.assertEqual((201, b'done'), (found.status, found.content))
        sent = self.http.last_request
        self.assertEqual('ours', sent.headers['X-Auth-Token'])
        self.assertEqual('b', sent.headers['X-A'])
        self.assertEqual(b'{}', sent.body)

    def test_a_request_is_made_in_another_name(self):
        self.http.get(f'{URL}/v2/images/1', status_code=401)
        found = self.endpoint.request(
            'GET',
            '/v2/images/1',
            headers={'X-Auth-Token': 'theirs'},
            as_ourselves=False,
        )
        self.assertEqual(401, found.status)
        sent = self.http.last_request
        self.assertEqual('theirs', sent.headers['X-Auth-Token'])

    def test_a_redirect_is_not_followed(self):
        self.http.get(
            f'{URL}/v2/images',
            status_code=302,
            headers={'Location': 'http://elsewhere.example.com/'},
        )
        found = self.endpoint.request('GET', '/v2/images')
        self.assertEqual(302, found.status)

    def test_no_answer_is_unavailable(self):
        self.http.get(f'{URL}/v2/images', exc=requests.ConnectTimeout)
        self.assertRaises(
            exception.ServiceUnavailable,
            self.endpoint.request,
            'GET',
            '/v2/images',
        )
