import json
from typing import Any
import unittest

from ocikit import exception
from ocikit import manifest
from ocikit import platform
from tests.fixtures import archives

MANIFEST = archives.OCI + 'manifest.v1+json'


def read_index(**changes: Any) -> manifest.Descriptor:
    entry = archives.descriptor(b'm', MANIFEST, **changes)
    (found,) = manifest.read_index(archives.index(entry), 'index.json')
    return found


class IndexTest(unittest.TestCase):
    def test_a_descriptor_is_read(self) -> None:
        self.assertEqual(
            manifest.Descriptor(MANIFEST, archives.digest(b'm'), 1),
            read_index(),
        )
        self.assertEqual(
            platform.Platform('linux', 'arm64'),
            read_index(
                platform={'os': 'linux', 'architecture': 'arm64'}
            ).platform,
        )

    def test_attestations_are_told_from_images(self) -> None:
        annotation = {'vnd.docker.reference.type': 'attestation-manifest'}
        unknown = {'os': 'unknown', 'architecture': 'unknown'}
        self.assertTrue(read_index(annotations=annotation).is_attestation)
        self.assertTrue(read_index(platform=unknown).is_attestation)

    def test_a_spoilt_descriptor_is_refused(self) -> None:
        for changes in (
            {'mediaType': None},
            {'size': '1'},
            {'platform': 'linux'},
            {'platform': {'os': 'linux'}},
        ):
            with (
                self.subTest(changes),
                self.assertRaises(exception.ArchiveMalformed),
            ):
                read_index(**changes)
        with self.assertRaises(exception.InvalidDigest):
            read_index(digest='sha256:../../x')

    def test_another_schema_is_refused(self) -> None:
        with self.assertRaisesRegex(
            exception.ArchiveMalformed, 'index.json has not schemaVersion 2'
        ):
            manifest.read_index(b'{"schemaVersion": 1}', 'index.json')


class ManifestTest(unittest.TestCase):
    def test_config_and_layers_are_read(self) -> None:
        layer = archives.descriptor(b'l', archives.LAYER)
        found = manifest.read_manifest(
            archives.manifest(b'c', [layer]), 'the manifest'
        )
        self.assertEqual(archives.digest(b'c'), found.config.digest)
        self.assertEqual(
            [archives.digest(b'l')], [one.digest for one in found.layers]
        )

    def test_an_artifact_is_refused(self) -> None:
        content = archives.manifest(b'c', [], 'application/vnd.helm.config')
        with self.assertRaisesRegex(
            exception.ArchiveUnsupported, 'holds an artifact of type'
        ):
            manifest.read_manifest(content, 'the manifest')

    def test_layers_that_are_elsewhere_or_unknown_are_refused(self) -> None:
        for layer in (
            archives.descriptor(b'l', archives.LAYER, urls=['http://x/']),
            archives.descriptor(
                b'l',
                'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
            ),
            archives.descriptor(b'l', archives.LAYER + '+gzip+encrypted'),
        ):
            with (
                self.subTest(layer),
                self.assertRaises(exception.ArchiveUnsupported),
            ):
                manifest.read_manifest(
                    archives.manifest(b'c', [layer]), 'the manifest'
                )

    def test_an_artifact_is_read_as_it_is(self) -> None:
        content = {
            **json.loads(archives.manifest(b'c', [], 'a/config')),
            'artifactType': 'a/b',
            'layers': [archives.descriptor(b'l', 'a/c', urls=['http://x/'])],
        }
        found = manifest.read_any(json.dumps(content).encode(), 'it')
        self.assertEqual('a/b', found.artifact_type)
        self.assertEqual('a/config', found.config.media_type)
        self.assertEqual('a/c', found.layers[0].media_type)
        self.assertTrue(found.layers[0].has_urls)

    def test_what_could_be_taken_for_another_kind_is_refused(self) -> None:
        image = json.loads(archives.manifest(b'c', []))
        both = json.dumps({**image, 'manifests': []}).encode()
        for read in (manifest.read_any, manifest.read_index):
            with self.assertRaises(exception.ArchiveMalformed):
                read(both, 'it')
        other_case = json.dumps({**image, 'Manifests': []}).encode()
        with self.assertRaises(exception.ArchiveMalformed):
            manifest.read_any(other_case, 'it')


class SavedImagesTest(unittest.TestCase):
    def test_tags_are_not_read(self) -> None:
        entry = {'Config': 'c', 'Layers': ['l'], 'RepoTags': 7}
        self.assertEqual(
            [manifest.SavedImage('c', ('l',))],
            manifest.read_saved_images(json.dumps([entry]).encode()),
        )

    def test_what_is_written_is_read_again(self) -> None:
        layer = manifest.Descriptor(
            archives.LAYER, archives.digest(b'l'), 2**40
        )
        config = manifest.Descriptor(
            archives.OCI + 'config.v1+json', archives.digest(b'c'), 1
        )
        written = manifest.Manifest(config, (layer, layer))
        content = manifest.write_manifest(written)
        self.assertEqual(written, manifest.read_manifest(content, 'it'))
        self.assertEqual(content, manifest.write_manifest(written))
        self.assertEqual(MANIFEST, json.loads(content)['mediaType'])
