import requests
import requests_mock
import testtools

from glance_bridge import exception
from glance_bridge.registry import connection

URL = 'http://engine:5043'
BEARER = {'Authorization': 'Bearer secret', 'Range': 'bytes=0-1'}


class ConnectionTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.http = requests_mock.Mocker()
        self.http.start()
        self.addCleanup(self.http.stop)
        self.link = connection.Connection(URL)
        self.addCleanup(self.link.close)


class SendTest(ConnectionTestCase):
    def test_an_answer_is_read_whole(self):
        self.http.put(
            f'{URL}/v2/x', status_code=201, text='done', headers={'A': 'b'}
        )
        found = self.link.send('PUT', '/v2/x', BEARER, b'content')
        self.assertEqual((201, b'done'), (found.status, found.content))
        self.assertEqual('b', found.headers['a'])
        sent = self.http.last_request
        self.assertEqual(b'content', sent.body)
        self.assertEqual('Bearer secret', sent.headers['Authorization'])
        self.assertEqual('identity', sent.headers['Accept-Encoding'])

    def test_an_answer_beyond_the_limit_is_refused(self):
        self.http.get(f'{URL}/v2/x', content=b'12345')
        self.link.send('GET', '/v2/x', {}, max_bytes=5)
        self.assertRaises(
            exception.RegistryRefused,
            self.link.send,
            *('GET', '/v2/x', {}),
            max_bytes=4,
        )

    def test_coded_content_is_refused(self):
        self.http.get(f'{URL}/v2/x', headers={'Content-Encoding': 'gzip'})
        self.assertRaises(
            exception.RegistryRefused, self.link.send, 'GET', '/v2/x', {}
        )

    def test_no_answer_is_told_without_the_address(self):
        for err in (
            requests.ConnectionError('http://engine/?signature=secret'),
            requests.Timeout('http://engine/?signature=secret'),
        ):
            self.http.get(f'{URL}/v2/x', exc=err)
            found = self.assertRaises(
                exception.RegistryUnavailable,
                self.link.send,
                *('GET', '/v2/x', {}),
            )
            self.assertNotIn('secret', str(found))

    def test_an_answer_that_breaks_off_is_none(self):
        class Torn:
            closed = False

            def read(self, *_args, **_options):
                raise ConnectionResetError('torn')

            def close(self):
                self.closed = True

        self.http.get(f'{URL}/v2/x', body=Torn())
        self.assertRaises(
            exception.RegistryUnavailable, self.link.send, 'GET', '/v2/x', {}
        )

    def test_a_redirect_is_an_answer_like_others(self):
        self.http.get(
            f'{URL}/v2/x',
            status_code=307,
            headers={'Location': 'http://elsewhere/'},
        )
        self.assertEqual(307, self.link.send('GET', '/v2/x', {}).status)


class FollowedTest(ConnectionTestCase):
    def _redirect(self, source, target):
        self.http.get(source, status_code=307, headers={'Location': target})

    def _followed(self):
        with self.link.followed('GET', '/v2/x', BEARER) as response:
            return response.content

    def test_content_of_another_host_is_fetched_without_credentials(self):
        self._redirect(f'{URL}/v2/x', 'https://objects/x?signature=1')
        self.http.get('https://objects/x?signature=1', content=b'found')
        self.assertEqual(b'found', self._followed())
        first, second = self.http.request_history
        self.assertIn('Authorization', first.headers)
        self.assertNotIn('Authorization', second.headers)
        self.assertEqual('bytes=0-1', second.headers['Range'])

    def test_another_port_is_another_host(self):
        self._redirect(f'{URL}/v2/x', 'http://engine:5044/x')
        self.http.get('http://engine:5044/x')
        self._followed()
        self.assertNotIn('Authorization', self.http.last_request.headers)

    def test_credentials_do_not_come_back_after_another_host(self):
        self._redirect(f'{URL}/v2/x', 'http://other/x')
        self._redirect('http://other/x', f'{URL}/v2/y')
        self.http.get(f'{URL}/v2/y')
        self._followed()
        self.assertNotIn('Authorization', self.http.last_request.headers)

    def test_the_same_host_keeps_the_credentials(self):
        self._redirect(f'{URL}/v2/x', '/v2/y')
        self.http.get(f'{URL}/v2/y')
        self._followed()
        self.assertIn('Authorization', self.http.last_request.headers)

    def test_a_circle_is_left(self):
        self._redirect(f'{URL}/v2/x', '/v2/x')
        self.assertRaises(exception.RegistryRefused, self._followed)
        self.assertEqual(4, self.http.call_count)

    def test_a_redirect_to_something_else_than_http_is_refused(self):
        for target in ('file:///etc/passwd', 'ftp://other/x', '//[/x'):
            self._redirect(f'{URL}/v2/x', target)
            self.assertRaises(exception.RegistryRefused, self._followed)


class PathTest(ConnectionTestCase):
    def test_only_the_path_of_a_location_counts(self):
        for location in (
            '/v2/a/blobs/uploads/1?_state=x',
            'http://169.254.169.254/v2/a/blobs/uploads/1?_state=x',
            f'{URL}/v2/a/blobs/uploads/1?_state=x#part',
        ):
            self.assertEqual(
                '/v2/a/blobs/uploads/1?_state=x',
                self.link.path_of(location, '/v2/a/blobs/uploads/'),
            )

    def test_a_location_elsewhere_is_refused(self):
        for location in (
            '',
            '/v2/b/blobs/uploads/1',
            '/v2/a/blobs/uploads/../../manifests/latest',
            'relative',
        ):
            self.assertRaises(
                exception.RegistryRefused,
                self.link.path_of,
                *(location, '/v2/a/blobs/uploads/'),
            )


class AddressTest(testtools.TestCase):
    def test_an_address_is_scheme_host_and_port(self):
        for url in ('http://engine', 'https://engine:443/', 'http://[::1]:1'):
            connection.Connection(url)
        for url in (
            '',
            'engine:5043',
            'ftp://engine',
            'http://',
            'http://engine/v2/',
            'http://user:secret@engine',
            'http://engine?x',
        ):
            self.assertRaises(ValueError, connection.Connection, url)
