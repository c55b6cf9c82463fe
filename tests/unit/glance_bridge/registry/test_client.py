import hashlib

import requests
import requests_mock
import testtools

from glance_bridge import exception
from glance_bridge.registry import client
from glance_bridge.registry import relay

URL = 'http://engine:5043'
MANIFESTS = f'{URL}/v2/demo/web/manifests'
BLOBS = f'{URL}/v2/demo/web/blobs'
UPLOAD = f'{BLOBS}/uploads/1'
OTHER = 'sha256:' + 64 * '0'


def _digest(content):
    return 'sha256:' + hashlib.sha256(content).hexdigest()


class ClientTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.http = requests_mock.Mocker()
        self.http.start()
        self.addCleanup(self.http.stop)
        self.scopes = []
        self.registry = client.Registry(URL, self._authorize)

    def _authorize(self, scopes):
        self.scopes.append(scopes)
        return 'token'

    def _methods(self):
        return [each.method for each in self.http.request_history]


class ManifestTest(ClientTestCase):
    def _get(self, reference='latest', **headers):
        named = {name.replace('_', '-'): headers[name] for name in headers}
        self.http.get(f'{MANIFESTS}/{reference}', content=b'{}', headers=named)
        return self.registry.manifest('demo/web', reference)

    def test_the_media_type_has_no_parameters(self):
        found = self._get(Content_Type='a/b+json; charset=utf-8')
        self.assertEqual('a/b+json', found.media_type)
        self.assertEqual([('repository:demo/web:pull',)], self.scopes)

    def test_content_of_another_digest_is_refused(self):
        self.assertRaises(
            exception.RegistryRefused, self._get, Docker_Content_Digest=OTHER
        )
        self.assertRaises(exception.RegistryRefused, self._get, OTHER)

    def test_more_than_a_manifest_may_have_is_refused(self):
        content = b' ' * (client.MANIFEST_BYTES + 1)
        self.http.get(f'{MANIFESTS}/latest', content=content)
        self.assertRaises(
            exception.RegistryRefused,
            self.registry.manifest,
            *('demo/web', 'latest'),
        )

    def test_a_digest_has_to_be_one(self):
        for headers in ({}, {'Docker-Content-Digest': 'latest'}):
            self.http.head(f'{MANIFESTS}/latest', headers=headers)
            self.assertRaises(
                exception.RegistryRefused,
                self.registry.digest_of,
                *('demo/web', 'latest'),
            )

    def test_an_engine_that_stores_something_else_is_noticed(self):
        self.http.put(
            f'{MANIFESTS}/latest',
            status_code=201,
            headers={'Docker-Content-Digest': OTHER},
        )
        self.assertRaises(
            exception.RegistryRefused,
            self.registry.put_manifest,
            *('demo/web', 'latest', b'{}', 'a/b+json'),
        )
        self.assertEqual([('repository:demo/web:pull,push',)], self.scopes)
        sent = self.http.last_request.headers['Content-Type']
        self.assertEqual('a/b+json', sent)


class DeleteTest(ClientTestCase):
    def test_an_engine_that_can_is_asked_to_delete_the_tag(self):
        registry = client.Registry(URL, self._authorize, can_delete_tag=True)
        self.http.delete(f'{MANIFESTS}/latest', status_code=202)
        registry.untag('demo/web', 'latest')
        self.assertEqual(['DELETE'], self._methods())
        self.assertEqual([('repository:demo/web:delete',)], self.scopes)

    def test_a_tag_that_points_to_nothing_goes(self):
        self.http.head(f'{MANIFESTS}/latest', status_code=404)
        self.http.get(
            f'{URL}/v2/demo/web/tags/list', json={'tags': ['latest']}
        )
        self.http.put(f'{MANIFESTS}/latest', status_code=201)
        self.http.delete(requests_mock.ANY, status_code=202)
        self.registry.untag('demo/web', 'latest')
        self.assertEqual(['HEAD', 'GET', 'PUT', 'DELETE'], self._methods())

    def test_an_engine_without_deletion_says_so(self):
        self.http.delete(
            f'{MANIFESTS}/{OTHER}',
            status_code=405,
            json={'errors': [{'code': 'UNSUPPORTED', 'message': 'no'}]},
        )
        err = self.assertRaises(
            exception.RegistryRefused,
            self.registry.delete_manifest,
            *('demo/web', OTHER),
        )
        self.assertEqual(405, err.status)


class BlobTest(ClientTestCase):
    def _read(self, digest, *part):
        with self.registry.blob('demo/web', digest, *part) as pieces:
            return b''.join(pieces)

    def _answer(self, content, status=200, **headers):
        named = {name.replace('_', '-'): headers[name] for name in headers}
        self.http.get(
            requests_mock.ANY,
            content=content,
            status_code=status,
            headers={'Content-Length': str(len(content)), **named},
        )

    def test_other_content_is_refused(self):
        self._answer(b'content')
        self.assertEqual(b'content', self._read(_digest(b'content')))
        self.assertRaises(exception.RegistryRefused, self._read, OTHER)

    def test_content_of_another_size_is_refused(self):
        digest = _digest(b'content')
        for size in ('6', '8'):
            self._answer(b'content', Content_Length=size)
            self.assertRaises(exception.RegistryRefused, self._read, digest)

    def test_a_part_that_was_not_asked_for_is_refused(self):
        self._answer(b'te', 206, Content_Range='bytes 3-4/7')
        self.assertEqual(b'te', self._read(OTHER, 3, 2))
        self.assertEqual('bytes=3-4', self.http.last_request.headers['Range'])
        for part in ((2, 2), (3, 3)):
            self.assertRaises(
                exception.RegistryRefused, self._read, OTHER, *part
            )

    def test_all_in_the_place_of_a_part_is_refused(self):
        self._answer(b'content')
        self.assertRaises(exception.RegistryRefused, self._read, OTHER, 3)

    def test_a_size_comes_from_where_the_content_is(self):
        self.http.head(
            f'{BLOBS}/{OTHER}',
            status_code=307,
            headers={'Location': 'https://objects/x'},
        )
        self.http.head('https://objects/x', headers={'Content-Length': '7'})
        self.assertEqual(7, self.registry.blob_size('demo/web', OTHER))

    def _start(self, digest, count=2):
        found = self.registry.start('demo/web', digest, count)
        return found.content, found.size_bytes

    def test_a_start_tells_the_size_of_the_whole(self):
        self._answer(b'co', 206, Content_Range='bytes 0-1/7')
        self.assertEqual((b'co', 7), self._start(OTHER))
        self.assertEqual('bytes=0-1', self.http.last_request.headers['Range'])
        self.assertEqual(['GET'], self._methods())

    def test_of_an_engine_that_gives_all_the_start_is_taken(self):
        self._answer(b'content')
        self.assertEqual((b'co', 7), self._start(OTHER))

    def test_nothing_has_no_start(self):
        for status in (416, 200):
            self._answer(b'', status)
            self.assertEqual((b'', 0), self._start(_digest(b'')))

    def test_a_start_that_is_the_whole_is_verified(self):
        self._answer(b'content', 206, Content_Range='bytes 0-6/7')
        for count in (7, 8):
            self.assertEqual(
                (b'content', 7), self._start(_digest(b'content'), count)
            )
            self.assertRaises(
                exception.RegistryRefused, self._start, OTHER, count
            )

    def test_a_start_of_unknown_size_or_place_is_refused(self):
        for part in ('bytes 0-1/*', 'bytes 1-2/7', 'bytes 0-1', ''):
            self._answer(b'co', 206, Content_Range=part)
            self.assertRaises(exception.RegistryRefused, self._start, OTHER)

    def test_a_start_that_is_too_short_is_refused(self):
        self._answer(b'c', 206, Content_Range='bytes 0-0/7')
        self.assertRaises(exception.RegistryRefused, self._start, OTHER)


class UploadTest(ClientTestCase):
    def setUp(self):
        super().setUp()
        location = {'Location': f'{UPLOAD}?_state=1'}
        self.http.post(f'{BLOBS}/uploads/', status_code=202, headers=location)
        self.http.patch(
            UPLOAD,
            status_code=202,
            headers={'Location': f'{UPLOAD}?_state=2'},
        )
        self.http.put(UPLOAD, status_code=201)
        self.http.delete(UPLOAD, status_code=204)

    def _upload(self):
        self.registry.upload_blob('demo/web', _digest(b'ab'), [b'a', b'b'])

    def test_the_state_of_the_last_answer_is_sent_back(self):
        self._upload()
        self.assertEqual(['POST', 'PATCH', 'PUT'], self._methods())
        found = self.http.last_request.qs
        self.assertEqual(['2'], found['_state'])
        self.assertEqual([_digest(b'ab')], found['digest'])

    def test_every_step_asks_for_a_token(self):
        self._upload()
        self.assertEqual(3 * [('repository:demo/web:pull,push',)], self.scopes)

    def test_what_fails_midway_is_cancelled(self):
        for method in ('PATCH', 'PUT'):
            self.http.reset_mock()
            self.http.request(method, UPLOAD, status_code=500)
            self.assertRaises(exception.RegistryUnavailable, self._upload)
            self.assertEqual('DELETE', self._methods()[-1])

    def test_an_engine_that_does_not_cancel_is_let_be(self):
        self.http.patch(UPLOAD, status_code=400)
        self.http.delete(UPLOAD, status_code=405)
        self.assertRaises(exception.RegistryRefused, self._upload)
        self.http.delete(UPLOAD, exc=requests.ConnectionError)
        self.assertRaises(exception.RegistryRefused, self._upload)

    def test_a_source_that_fails_is_the_error_that_is_told(self):
        def chunks():
            yield b'a'
            raise LookupError

        def read(request, _context):
            b''.join(request.body)

        self.http.patch(UPLOAD, text=read)
        self.assertRaises(
            LookupError,
            self.registry.upload_blob,
            *('demo/web', _digest(b'ab'), chunks()),
        )
        self.assertEqual('DELETE', self._methods()[-1])


class RelayTest(ClientTestCase):
    def test_the_answer_is_given_whatever_it_is(self):
        self.http.put(f'{MANIFESTS}/latest', status_code=418, text='tea')
        found = relay.Relay(URL).send(
            *('PUT', 'demo/web', 'latest'), {'A': 'b'}, b'{}'
        )
        self.assertEqual((418, b'tea'), (found.status, found.content))
        self.assertEqual(b'{}', self.http.last_request.body)
        self.assertEqual('b', self.http.last_request.headers['A'])
