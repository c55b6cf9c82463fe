"""What the rooms above may expect of a registry, real or fake.

A user of this mixin sets ``registry``.
"""

import hashlib
import json
import threading
import uuid

from glance_bridge import exception
from tests.fixtures import archives

MANIFEST = archives.OCI + 'manifest.v1+json'
NOTHING = 'sha256:' + 64 * '0'


def digest(content):
    return 'sha256:' + hashlib.sha256(content).hexdigest()


class RegistryContract:
    def _repository(self):
        return f'demo/{uuid.uuid4().hex}'

    def _upload(self, repository, content):
        found = digest(content)
        self.registry.upload_blob(repository, found, [content])
        return found

    def _push(self, repository, reference='latest', word='a'):
        """Push an image of one tiny layer and give its manifest."""
        layer = f'layer {word}'.encode()
        config = json.dumps({'word': word}).encode()
        self._upload(repository, layer)
        self._upload(repository, config)
        content = archives.manifest(
            config, [archives.descriptor(layer, archives.LAYER)]
        )
        self.registry.put_manifest(
            repository,
            reference or digest(content),
            content,
            MANIFEST,
        )
        return content

    def test_a_manifest_comes_back_to_the_byte(self):
        name = self._repository()
        content = self._push(name)
        for reference in ('latest', digest(content)):
            found = self.registry.manifest(name, reference)
            self.assertEqual(content, found.content)
            self.assertEqual(MANIFEST, found.media_type)
            self.assertEqual(digest(content), found.digest)
            self.assertEqual(
                digest(content), self.registry.digest_of(name, reference)
            )

    def test_what_is_not_there_is_told_from_what_is(self):
        name = self._repository()
        self.assertEqual([], self.registry.tags(name))
        self._push(name)
        for repository in (name, self._repository()):
            self.assertIsNone(self.registry.digest_of(repository, 'none'))
            self.assertIsNone(self.registry.blob_size(repository, NOTHING))
            for deed in (
                lambda each: self.registry.manifest(each, 'none'),
                lambda each: self.registry.delete_manifest(each, NOTHING),
                lambda each: self.registry.untag(each, 'none'),
                lambda each: self.registry.start(each, NOTHING, 4),
            ):
                self.assertRaises(exception.RegistryNotFound, deed, repository)

    def test_a_name_that_is_none_is_refused(self):
        for name in ('', '..', 'demo/../other', 'Demo/x', 'demo/x?y'):
            self.assertRaises(
                exception.RegistryRefused,
                self.registry.manifest,
                name,
                'latest',
            )
        self.assertRaises(
            exception.RegistryRefused,
            self.registry.manifest,
            'demo/x',
            '../../other/manifests/latest',
        )

    def test_tags_and_repositories_are_listed(self):
        name = self._repository()
        self._push(name, 'one')
        self._push(name, 'two')
        self._push(name, reference=None, word='b')
        self.assertEqual(['one', 'two'], sorted(self.registry.tags(name)))
        self.assertIn(name, [*self.registry.repositories()])

    def test_a_tag_moves(self):
        name = self._repository()
        self._push(name, word='a')
        moved = self._push(name, word='b')
        self.assertEqual(
            digest(moved), self.registry.digest_of(name, 'latest')
        )

    def test_a_manifest_goes_with_all_its_tags(self):
        name = self._repository()
        content = self._push(name, 'one')
        self._push(name, 'two')
        kept = self._push(name, 'three', word='b')
        self.registry.delete_manifest(name, digest(content))
        self.assertEqual(['three'], self.registry.tags(name))
        self.assertIsNone(self.registry.digest_of(name, digest(content)))
        self.assertEqual(digest(kept), self.registry.digest_of(name, 'three'))

    def test_a_tag_goes_without_its_manifest(self):
        name = self._repository()
        content = self._push(name, 'one')
        self._push(name, 'two')
        self.registry.untag(name, 'one')
        self.assertEqual(['two'], self.registry.tags(name))
        self.registry.untag(name, 'two')
        self.assertEqual([], self.registry.tags(name))
        found = self.registry.manifest(name, digest(content))
        self.assertEqual(content, found.content)

    def test_tags_go_at_once_and_no_other_goes_with_them(self):
        name = self._repository()
        tags = [f't{number}' for number in range(8)]
        for tag in [*tags, 'kept']:
            self._push(name, tag)
        threads = [
            threading.Thread(target=self.registry.untag, args=(name, tag))
            for tag in tags
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(['kept'], self.registry.tags(name))

    def test_a_blob_comes_whole_and_in_parts(self):
        name = self._repository()
        content = bytes(range(256)) * 9
        found = self._upload(name, content)
        self.assertEqual(len(content), self.registry.blob_size(name, found))
        for offset, length, expected in (
            (0, None, content),
            (7, None, content[7:]),
            (7, 100, content[7:107]),
            (0, len(content), content),
            (len(content) - 1, 1, content[-1:]),
            (5, 0, b''),
        ):
            with self.registry.blob(name, found, offset, length) as pieces:
                self.assertEqual(expected, b''.join(pieces))
        for count in (1, 6, len(content), len(content) + 1):
            start = self.registry.start(name, found, count)
            self.assertEqual(content[:count], start.content)
            self.assertEqual(len(content), start.size_bytes)

    def test_an_empty_blob_starts_with_nothing(self):
        name = self._repository()
        start = self.registry.start(name, self._upload(name, b''), 6)
        self.assertEqual((b'', 0), (start.content, start.size_bytes))

    def test_a_blob_comes_in_pieces_of_unknown_digest(self):
        name = self._repository()
        upload = self.registry.begin(name)
        upload.append([b'one', b'two'])
        upload.append([b'three'])
        upload.finish(digest(b'onetwothree'))
        self.assertEqual(
            11, self.registry.blob_size(name, digest(b'onetwothree'))
        )

    def test_a_blob_of_another_digest_is_refused(self):
        name = self._repository()
        self.assertRaises(
            exception.RegistryRefused,
            self.registry.upload_blob,
            name,
            NOTHING,
            [b'content'],
        )
        self.assertIsNone(self.registry.blob_size(name, digest(b'content')))

    def test_a_cancelled_upload_leaves_nothing(self):
        name = self._repository()
        upload = self.registry.begin(name)
        upload.append([b'content'])
        upload.cancel()
        self.assertIsNone(self.registry.blob_size(name, digest(b'content')))
