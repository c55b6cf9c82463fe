"""Images that are read from archives and given a layer more."""

import gzip
import hashlib
import io
import json
import pathlib
import tarfile

import fixtures
import testtools

from novadocker_tempest_plugin import image

CONFIG = {
    'architecture': 'amd64',
    'config': {'Cmd': ['sh'], 'Env': ['PATH=/bin'], 'Labels': {'a': 'b'}},
    'rootfs': {'type': 'layers', 'diff_ids': ['sha256:one', 'sha256:two']},
}


def sha256(content):
    return f'sha256:{hashlib.sha256(content).hexdigest()}'


class ImageTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def _archive(self, members, name='image.tar'):
        path = self.folder / name
        with tarfile.open(path, 'w') as tar:
            for member, content in members.items():
                entry = tarfile.TarInfo(member)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        return path

    def _saved(self, layers=(b'layer one', b'layer two')):
        names = [f'{number}/layer.tar' for number in range(len(layers))]
        listed = [{'Config': 'c.json', 'Layers': names}]
        return self._archive(
            {
                'manifest.json': json.dumps(listed).encode(),
                'c.json': json.dumps(CONFIG).encode(),
                **dict(zip(names, layers, strict=True)),
            }
        )


class ReadTestCase(ImageTestCase):
    def test_layers_are_compressed_and_stay_in_their_order(self):
        found = image.read(self._saved())
        self.assertEqual(CONFIG, json.loads(found.config))
        self.assertEqual(
            [b'layer one', b'layer two'], [*map(gzip.decompress, found.layers)]
        )

    def test_a_layer_that_is_compressed_stays_as_it_is(self):
        layer = gzip.compress(b'layer one')
        found = image.read(self._saved([layer]))
        self.assertEqual((layer,), found.layers)

    def test_what_is_no_archive_of_docker_is_refused(self):
        (self.folder / 'text').write_text('no tar')
        listed = json.dumps([{'Config': 'c.json', 'Layers': []}]).encode()
        for path in (
            self.folder / 'text',
            self._archive({'other': b''}, 'other.tar'),
            self._archive({'manifest.json': b'{'}, 'spoilt.tar'),
            self._archive({'manifest.json': b'[]'}, 'empty.tar'),
            self._archive({'manifest.json': b'7'}, 'number.tar'),
            self._archive({'manifest.json': listed}, 'half.tar'),
        ):
            raised = self.assertRaises(image.NoArchive, image.read, path)
            self.assertIn(str(path), str(raised))

    def test_a_folder_in_the_place_of_a_file_is_refused(self):
        path = self.folder / 'folder.tar'
        with tarfile.open(path, 'w') as tar:
            entry = tarfile.TarInfo('manifest.json')
            entry.type = tarfile.DIRTYPE
            tar.addfile(entry)
        self.assertRaises(image.NoArchive, image.read, path)


class ExtendTestCase(ImageTestCase):
    def _extended(self, label='one'):
        return image.extend(
            image.read(self._saved()),
            {'guest/start': '#!/bin/sh\n'},
            command='/guest/start',
            label=label,
        )

    def test_the_layer_has_the_programs_and_its_name_in_the_config(self):
        found = self._extended()
        layer = gzip.decompress(found.layers[-1])
        with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
            (entry,) = tar.getmembers()
            self.assertEqual(b'#!/bin/sh\n', tar.extractfile(entry).read())
        self.assertEqual(('guest/start', 0o755), (entry.name, entry.mode))
        config = json.loads(found.config)
        self.assertEqual(
            [*CONFIG['rootfs']['diff_ids'], sha256(layer)],
            config['rootfs']['diff_ids'],
        )

    def test_the_command_is_ours_and_the_rest_stays(self):
        process = json.loads(self._extended().config)['config']
        self.assertEqual(['/guest/start'], process['Cmd'])
        self.assertEqual(['PATH=/bin'], process['Env'])
        self.assertEqual({'a': 'b', 'tempest': 'one'}, process['Labels'])

    def test_another_label_is_another_image_of_the_same_layers(self):
        one, other = self._extended(), self._extended('other')
        self.assertEqual(one.layers, other.layers)
        self.assertNotEqual(one.manifest, other.manifest)

    def test_what_was_read_stays_what_it_was(self):
        path = self._saved()
        before = image.read(path).config
        self._extended()
        self.assertEqual(before, image.read(path).config)


class ManifestTestCase(ImageTestCase):
    def test_it_points_to_every_blob(self):
        found = image.read(self._saved())
        manifest = json.loads(found.manifest)
        self.assertEqual(image.MANIFEST, manifest['mediaType'])
        described = [manifest['config'], *manifest['layers']]
        self.assertEqual(
            {each['digest']: each['size'] for each in described},
            {key: len(content) for key, content in found.blobs.items()},
        )
        for digest, content in found.blobs.items():
            self.assertEqual(digest, sha256(content))
