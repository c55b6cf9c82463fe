"""How the bridge's answers and failures reach the rooms above."""

import io
import json

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import service_token
from keystoneauth1 import session
from keystoneauth1 import token_endpoint
import testtools

from novadocker import exception
from novadocker.bridge import client
from ocikit import manifest
from ocikit import platform
from tests.fixtures import archives
from tests.fixtures import http_bridge

IMAGE_ID = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'
AMD64 = platform.Platform('linux', 'amd64')
MANIFEST = archives.manifest(b'{}', [])
DIGEST = archives.digest(MANIFEST)
CONFIG_DIGEST = archives.digest(b'{}')
ANSWER = {
    'repository': 'demo/web',
    'manifest_digest': DIGEST,
    'config_digest': CONFIG_DIGEST,
    'size_bytes': 1,
    'token': 'registry-token',
    'expires_in_s': 300,
}
BLOB = b'layer' * 100
PULL = ('POST', f'/v1/images/{IMAGE_ID}/pull')
BLOB_PATH = f'/v2/demo/web/blobs/{archives.digest(BLOB)}'


def descriptor(size=500):
    return manifest.Descriptor('layer', archives.digest(BLOB), size)


def authenticated(context):
    return service_token.ServiceTokenAuthWrapper(
        user_auth=token_endpoint.Token('http://nowhere', context),
        service_auth=token_endpoint.Token('http://nowhere', 'nova-token'),
    )


class ClientTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.http = self.useFixture(http_bridge.HttpBridge())
        self.http.answers[PULL] = http_bridge.Answer(ANSWER)
        self.http.answers['GET', BLOB_PATH] = http_bridge.Answer(BLOB)
        self.bridge = self.make_bridge(self.http.url + '/')

    def make_bridge(self, url, authenticate=authenticated):
        return client.Bridge(session.Session(), url, authenticate)

    def ask(self):
        return self.bridge.ask_to_pull('user-token', IMAGE_ID, AMD64)

    def assert_fails(self, sentence, deed, *args, **kwargs):
        err = self.assertRaises(
            exception.ImageBridgeError, deed, *args, **kwargs
        )
        self.assertIn(sentence, str(err))
        return err


class AskTest(ClientTestCase):
    def test_bridge_gets_both_tokens_and_the_platform(self):
        found = self.ask()
        self.assertEqual(
            ('demo/web', DIGEST, CONFIG_DIGEST, 'registry-token'),
            (
                found.repository,
                found.manifest_digest,
                found.config_digest,
                found.token,
            ),
        )
        ((_, _, headers, body),) = self.http.requests
        self.assertEqual('user-token', headers['X-Auth-Token'])
        self.assertEqual('nova-token', headers['X-Service-Token'])
        self.assertEqual(
            {'os': 'linux', 'architecture': 'amd64'}, json.loads(body)
        )

    def test_token_is_in_no_log_and_no_sentence(self):
        self.assertNotIn('registry-token', repr(self.ask()))

    def test_image_that_the_user_does_not_see_is_not_bridged(self):
        self.http.answers[PULL] = http_bridge.Answer(
            {'errors': [{'code': 'NAME_UNKNOWN', 'message': 'no image'}]}, 404
        )
        err = self.assert_fails('HTTP 404, no image', self.ask)
        self.assertIsInstance(err, exception.ImageNotBridged)

    def test_other_refusals_are_failures(self):
        for body in (b'<html>', {'errors': []}, {'errors': [1]}, [], 1):
            self.http.answers[PULL] = http_bridge.Answer(body, 503)
            err = self.assert_fails('HTTP 503', self.ask)
            self.assertNotIsInstance(err, exception.ImageNotBridged)

    def test_bridge_that_is_away_is_a_failure(self):
        self.bridge = self.make_bridge('http://127.0.0.1:1')
        self.assert_fails('ConnectFailure', self.ask)

    def test_keystone_that_is_away_is_a_failure(self):
        def authenticate(context):
            raise keystone_exceptions.ConnectFailure('to Keystone')

        self.bridge = self.make_bridge(self.http.url, authenticate)
        self.assert_fails('ConnectFailure', self.ask)

    def test_answer_that_is_none_is_a_failure(self):
        without_token = {k: v for k, v in ANSWER.items() if k != 'token'}
        for body, sentence in (
            (b'<html>', 'no object'),
            ([], 'no object'),
            (without_token, "'token'"),
            (ANSWER | {'manifest_digest': 'latest'}, 'no digest'),
            (ANSWER | {'manifest_digest': 1}, 'expected string'),
            (ANSWER | {'expires_in_s': '300'}, 'unsupported operand'),
        ):
            self.http.answers[PULL] = http_bridge.Answer(body)
            self.assert_fails(sentence, self.ask)

    def test_nobody_is_sent_elsewhere_with_these_tokens(self):
        self.http.answers[PULL] = http_bridge.Answer(
            status=307, headers={'Location': self.http.url + '/other'}
        )
        self.assert_fails('HTTP 307', self.ask)
        self.assertEqual(1, len(self.http.requests))


class RegistryTest(ClientTestCase):
    def setUp(self):
        super().setUp()
        self.grant = self.ask()
        self.http.requests.clear()

    def test_manifest_is_asked_for_by_digest(self):
        path = f'/v2/demo/web/manifests/{DIGEST}'
        self.http.answers['GET', path] = http_bridge.Answer(MANIFEST)
        self.assertEqual(MANIFEST, self.bridge.manifest(self.grant, 10_000))
        ((_, _, headers, _),) = self.http.requests
        self.assertEqual('Bearer registry-token', headers['Authorization'])
        self.assertIn('docker.distribution.manifest.v2', headers['Accept'])
        self.assertNotIn('X-Auth-Token', headers)

    def test_manifest_beyond_its_limit_is_cut_one_byte_later(self):
        path = f'/v2/demo/web/manifests/{DIGEST}'
        self.http.answers['GET', path] = http_bridge.Answer(MANIFEST)
        self.assertEqual(MANIFEST[:6], self.bridge.manifest(self.grant, 5))

    def test_blob_is_fetched(self):
        target = io.BytesIO()
        self.bridge.fetch(self.grant, descriptor(), target)
        self.assertEqual(BLOB, target.getvalue())
        self.assertEqual(BLOB, self.bridge.blob(self.grant, descriptor()))

    def test_blob_that_is_longer_than_said_is_cut(self):
        target = io.BytesIO()
        self.bridge.fetch(self.grant, descriptor(7), target)
        self.assertEqual(BLOB[:7], target.getvalue())

    def test_blob_that_is_shorter_than_said_is_a_failure(self):
        self.assert_fails(
            '3 bytes are missing',
            self.bridge.blob,
            self.grant,
            descriptor(len(BLOB) + 3),
        )

    def test_blob_that_breaks_off_is_a_failure(self):
        self.http.answers['GET', BLOB_PATH] = http_bridge.Answer(
            BLOB, length=len(BLOB) + 3
        )
        self.assert_fails(
            archives.digest(BLOB),
            self.bridge.blob,
            self.grant,
            descriptor(len(BLOB) + 3),
        )

    def test_registry_that_refuses_is_a_failure(self):
        self.http.answers['GET', BLOB_PATH] = http_bridge.Answer(status=401)
        err = self.assert_fails(
            'HTTP 401', self.bridge.blob, self.grant, descriptor()
        )
        self.assertNotIsInstance(err, exception.ImageNotBridged)

    def test_blob_elsewhere_is_fetched_without_our_token(self):
        self.http.answers['GET', BLOB_PATH] = http_bridge.Answer(
            status=307, headers={'Location': '/bucket/blob?signature=1'}
        )
        self.http.answers['GET', '/bucket/blob?signature=1'] = (
            http_bridge.Answer(BLOB)
        )
        self.assertEqual(BLOB, self.bridge.blob(self.grant, descriptor()))
        self.assertNotIn('Authorization', self.http.requests[1][2])

    def test_only_one_step_elsewhere_is_made(self):
        self.http.answers['GET', BLOB_PATH] = http_bridge.Answer(
            status=307, headers={'Location': BLOB_PATH}
        )
        self.assert_fails(
            'HTTP 307', self.bridge.blob, self.grant, descriptor()
        )


class PushTest(ClientTestCase):
    PUSH = ('POST', f'/v1/images/{IMAGE_ID}/push')
    UPLOADS = '/v2/demo/uploads/x/blobs/uploads/'

    def setUp(self):
        super().setUp()
        parent = {
            key: ANSWER[key]
            for key in ('repository', 'manifest_digest', 'config_digest')
        }
        self.answer = {
            'repository': 'demo/uploads/x',
            'token': 'registry-token',
            'expires_in_s': 900,
            'parent': parent,
        }
        self.http.answers[self.PUSH] = http_bridge.Answer(self.answer)
        self.grant = self.ask()
        self.http.requests.clear()

    def ask(self):
        return self.bridge.ask_to_push('user-token', IMAGE_ID, 'parent', AMD64)

    def on(self, method, path, status, location=''):
        headers = {'Location': location} if location else {}
        self.http.answers[method, path] = http_bridge.Answer(
            status=status, headers=headers
        )

    def test_bridge_is_told_the_parent(self):
        self.ask()
        self.assertEqual(
            {'os': 'linux', 'architecture': 'amd64', 'parent': 'parent'},
            json.loads(self.http.requests[0][3]),
        )
        self.assertEqual('demo/uploads/x', self.grant.repository)
        self.assertEqual('demo/web', self.grant.parent.repository)
        self.assertEqual('registry-token', self.grant.parent.token)
        self.assertNotIn('registry-token', repr(self.grant))

    def test_answer_that_is_none_is_a_failure(self):
        for parent in (None, {}, {'repository': 'x'}):
            answer = self.answer | {'parent': parent}
            self.http.answers[self.PUSH] = http_bridge.Answer(answer)
            self.assert_fails('answer as it should', self.ask)

    def test_blob_of_the_parent_is_mounted_or_not(self):
        digest = archives.digest(BLOB)
        path = (
            f'{self.UPLOADS}?mount={digest.replace(":", "%3A")}'
            f'&from=demo%2Fweb'
        )
        for status, is_mounted in ((201, True), (202, False)):
            self.on('POST', path, status)
            self.assertIs(is_mounted, self.bridge.mount(self.grant, digest))
        headers = self.http.requests[0][2]
        self.assertEqual('Bearer registry-token', headers['Authorization'])
        self.on('POST', path, 404)
        self.assert_fails('HTTP 404', self.bridge.mount, self.grant, digest)

    def test_blob_is_sent_piece_by_piece(self):
        self.on('POST', self.UPLOADS, 202, '/v2/demo/uploads/x/1?_state=a')
        self.on(
            'PATCH',
            '/v2/demo/uploads/x/1?_state=a',
            202,
            self.http.url + '/v2/demo/uploads/x/2?_state=b',
        )
        digest = archives.digest(BLOB * 2)
        quoted = digest.replace(':', '%3A')
        path = f'/v2/demo/uploads/x/2?_state=b&digest={quoted}'
        self.on('PUT', path, 201)
        self.assertEqual(
            (digest, 2 * len(BLOB)),
            self.bridge.upload(self.grant, iter([BLOB, BLOB])),
        )
        self.assertEqual(BLOB * 2, self.http.requests[1][3])

    def test_blob_is_sent_to_the_registry_and_nowhere_else(self):
        for location in ('http://elsewhere/v2/x', '/v1/x', ''):
            self.on('POST', self.UPLOADS, 202, location)
            self.assert_fails(
                'elsewhere', self.bridge.upload, self.grant, [BLOB]
            )

    def test_registry_that_does_not_take_a_blob_is_a_failure(self):
        self.on('POST', self.UPLOADS, 202, '/v2/x')
        self.on('PATCH', '/v2/x', 202, '/v2/x')
        self.assert_fails('HTTP 404', self.bridge.upload, self.grant, [BLOB])

    def test_manifest_is_stored_by_its_digest(self):
        path = f'/v2/demo/uploads/x/manifests/{DIGEST}'
        self.on('PUT', path, 201)
        self.assertEqual(
            DIGEST, self.bridge.put_manifest(self.grant, MANIFEST, 'kind')
        )
        ((_, _, headers, body),) = self.http.requests
        self.assertEqual(('kind', MANIFEST), (headers['Content-Type'], body))

    def test_bridge_makes_an_image_of_it(self):
        path = f'/v1/images/{IMAGE_ID}/publish'
        self.http.answers['POST', path] = http_bridge.Answer({})
        self.bridge.publish('user-token', IMAGE_ID, DIGEST)
        ((_, _, headers, body),) = self.http.requests
        self.assertEqual('user-token', headers['X-Auth-Token'])
        self.assertEqual({'manifest_digest': DIGEST}, json.loads(body))
