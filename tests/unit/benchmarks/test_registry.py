"""The images that the benchmarks push."""

import gzip
import json

import testtools

from benchmarks.measure import registry


class Session:
    """A registry that takes everything, and remembers it."""

    def __init__(self):
        self.blobs = {}
        self.manifests = {}
        self.tokens = 0

    def get(self, url, *, params, auth):
        self.tokens += 1
        return Answer({'token': f'token-{self.tokens}'})

    def post(self, url, *, headers):
        return Answer(headers={'Location': '/v2/upload?state=x'})

    def put(self, url, *, data, headers):
        if '/manifests/' in url:
            self.manifests[url.rpartition('/')[2]] = data
            return Answer(status=201)
        self.blobs[url.partition('&digest=')[2]] = data
        return Answer(status=201)


class Answer:
    def __init__(self, content=None, *, headers=None, status=200):
        self._content = content
        self.headers = headers or {}
        self.status_code = status

    def json(self):
        return self._content

    def raise_for_status(self):
        pass


class PushTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.patch(registry, 'password', lambda: 'secret')
        self.session = Session()
        self.patch(registry.requests, 'Session', lambda: self.session)
        self.registry = registry.Registry()

    def test_manifest_names_what_was_uploaded(self):
        base = self.registry.put_layer('demo/x', b'tar of a root')
        pushed = self.registry.push('demo/x', 'latest', base)
        content = self.session.manifests['latest']
        self.assertEqual(201, pushed.status)
        self.assertEqual(registry.digest_of(content), pushed.digest)
        manifest = json.loads(content)
        named = [manifest['config'], *manifest['layers']]
        self.assertEqual(base.digest, manifest['layers'][0]['digest'])
        self.assertEqual(
            {each['digest']: each['size'] for each in named},
            {name: len(blob) for name, blob in self.session.blobs.items()},
        )

    def test_config_says_what_layers_unpack_to(self):
        self.registry.push('demo/x', 'latest')
        manifest = json.loads(self.session.manifests['latest'])
        blobs = self.session.blobs
        config = json.loads(blobs[manifest['config']['digest']])
        (layer,) = manifest['layers']
        tar = gzip.decompress(blobs[layer['digest']])
        self.assertEqual(
            [registry.digest_of(tar)], config['rootfs']['diff_ids']
        )

    def test_every_push_is_another_image(self):
        digests = {
            self.registry.push('demo/x', 'latest').digest for _ in range(3)
        }
        self.assertEqual(3, len(digests))

    def test_token_is_asked_for_once(self):
        self.registry.push('demo/x', 'latest')
        self.registry.push('demo/x', 'latest')
        self.assertEqual(1, self.session.tokens)
