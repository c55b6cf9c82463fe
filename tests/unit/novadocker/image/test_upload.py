"""What is uploaded boots as its parent did, or is not there."""

import gzip
import json
import os

import fixtures
from nova import exception as nova_exception
import testtools

from novadocker import exception
from novadocker import model
from novadocker.image import upload
from tests.fixtures import archives
from tests.fixtures import fake_bridge
from tests.fixtures import fake_glance
from tests.unit.ocikit import test_archive

MIB = 1024 * 1024
IMAGE_ID = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'
PARENT_ID = '1d2c3b4a-0000-4000-8000-00000000000a'
LAYERS = (archives.layer(1, 3000), archives.layer(2, 5))
COMMITTED = archives.config(
    LAYERS,
    config={
        'Cmd': ['sh'],
        'Env': ['SECRET=1'],
        'Hostname': 'web',
        'NetworkDisabled': True,
        'Labels': {'org.openstack.nova.uuid': 'x'},
    },
)
PROCESS = {'Cmd': ['serve'], 'Env': ['A=b']}


def image(content=COMMITTED, size_bytes=1000):
    return model.EngineImage(
        id=archives.digest(content),
        tags=(),
        size_bytes=size_bytes,
        architecture='amd64',
        os='linux',
        diff_ids=tuple(archives.digest(layer) for layer in LAYERS),
    )


def parent(**labels):
    return model.EngineImage(
        id='sha256:0',
        tags=(),
        size_bytes=1,
        architecture='amd64',
        os='linux',
        labels=labels,
        config=json.dumps({**PROCESS, 'Labels': labels}).encode(),
    )


class UploadTestCase(testtools.TestCase):
    bridge = None

    def setUp(self):
        super().setUp()
        self.glance = fake_glance.FakeGlance(
            **{IMAGE_ID: fake_glance.awaited()}
        )
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.uploader = upload.Uploader(
            self.glance,
            architecture='x86_64',
            bridge=self.bridge,
            folder=self.folder,
        )

    def upload(self, *, chunks=None, labels=(), **changes):
        if chunks is None:
            chunks = [archives.saved(LAYERS, COMMITTED)]
        source = upload.Source(
            snapshot=image(**changes),
            parent=parent(**dict(labels)),
            parent_id=PARENT_ID,
            save=lambda: (chunk for chunk in chunks),
        )
        return self.uploader.upload(None, IMAGE_ID, source)

    def uploaded(self):
        return test_archive.inspect(self.glance.contents[IMAGE_ID])


class ContentTest(UploadTestCase):
    def test_layers_are_the_servers_and_the_process_its_images(self):
        sent_bytes = self.upload()
        found = self.uploaded()
        self.assertEqual(PROCESS, json.loads(found.config_content)['config'])
        self.assertEqual(2, len(found.layers))
        self.assertEqual(len(self.glance.contents[IMAGE_ID]), sent_bytes)

    def test_labels_are_the_images_own(self):
        self.upload(labels={'a': 'b', 'org.openstack.nova.uuid': 'y'})
        found = json.loads(self.uploaded().config_content)
        self.assertEqual({'a': 'b'}, found['config']['Labels'])

    def test_nothing_is_read_whole(self):
        whole = archives.saved(LAYERS, COMMITTED)
        self.upload(chunks=[whole[:2000], whole[2000:3000], whole[3000:]])
        self.assertLess(self.glance.longest_bytes, len(whole))

    def test_a_piece_is_less_than_uwsgi_takes(self):
        stream = upload.Stream(iter([b'a' * MIB, b'b' * MIB]))
        pieces = list(iter(lambda: stream.read(MIB), b''))
        self.assertEqual(b'a' * MIB + b'b' * MIB, b''.join(pieces))
        self.assertGreater(MIB, max(map(len, pieces)))
        self.assertEqual(2 * MIB, stream.sent_bytes)


class MetadataTest(UploadTestCase):
    def test_snapshot_boots_on_docker_hosts_only(self):
        self.upload()
        found = self.glance.images[IMAGE_ID]
        self.assertEqual('docker', found['container_format'])
        self.assertEqual('raw', found['disk_format'])
        self.assertEqual('active', found['status'])
        properties = found['properties']
        self.assertEqual('docker', properties['img_hv_type'])
        self.assertEqual('required', properties['trait:CUSTOM_NOVA_DOCKER'])
        self.assertEqual('x86_64', properties['hw_architecture'])

    def test_what_nova_says_of_it_stays(self):
        kept = {'image_type': 'backup', 'os_admin_user': 'web'}
        self.glance.images[IMAGE_ID]['properties'] = kept
        self.upload()
        properties = self.glance.images[IMAGE_ID]['properties']
        self.assertEqual(kept, {key: properties[key] for key in kept})

    def test_disk_is_that_of_the_server_or_of_its_layers(self):
        for size_bytes, min_disk, expected in (
            (1, 0, 1),
            (1024**3, 5, 5),
            (2 * 1024**3 + 1, '2', 3),
        ):
            self.glance.images[IMAGE_ID]['min_disk'] = min_disk
            self.upload(size_bytes=size_bytes)
            found = self.glance.images[IMAGE_ID]['min_disk']
            self.assertEqual(expected, found)


class FailedUploadTest(UploadTestCase):
    def test_engine_that_saves_another_image(self):
        error = self.assertRaises(
            exception.SnapshotFailed,
            self.upload,
            chunks=[archives.saved(LAYERS)],
        )
        self.assertIn('lacks its member', str(error))

    def test_engine_that_breaks_off(self):
        def chunks():
            yield archives.saved(LAYERS, COMMITTED)[:1000]
            raise exception.EngineUnavailable(host='h', reason='r')

        self.assertRaises(
            exception.EngineUnavailable, self.upload, chunks=chunks()
        )

    def test_glance_that_got_the_rest_of_what_it_had_refused(self):
        self.glance.attempts = 2
        error = self.assertRaises(exception.SnapshotFailed, self.upload)
        self.assertIn('bytes', str(error))

    def test_glance_that_did_not_read_to_the_end(self):
        def update(context, image_id, image_info, *, data, purge_props):
            return {'size': len(data.read(10))}

        self.patch(self.glance, 'update', update)
        self.assertRaises(exception.SnapshotFailed, self.upload)

    def test_glance_that_refuses(self):
        self.glance.failure = nova_exception.ImageQuotaExceeded(image_id='i')
        self.assertRaises(nova_exception.ImageQuotaExceeded, self.upload)

    def test_discarded_image_is_gone(self):
        for _ in range(2):
            self.uploader.discard(None, IMAGE_ID)
            self.assertEqual({}, self.glance.images)


class PushTest(UploadTestCase):
    """By way of the registry, which has the parent."""

    def setUp(self):
        self.bridge = fake_bridge.FakeBridge()
        super().setUp()
        self.bridge.add(PARENT_ID, LAYERS[:1], config={'Volumes': {'/v': {}}})

    def pushed(self):
        """Read the manifest and the config that were pushed."""
        manifest = json.loads(
            self.bridge.blobs[self.bridge.published[IMAGE_ID]]
        )
        config = self.bridge.blobs[manifest['config']['digest']]
        return manifest, json.loads(config)

    def assert_streamed(self):
        self.assertEqual(2, len(self.uploaded().layers))
        self.assertEqual({}, self.bridge.published)

    def test_only_the_layer_that_has_changed_travels(self):
        base = archives.digest(archives.gzipped(LAYERS[0]))
        sent_bytes = self.upload()
        manifest, config = self.pushed()
        self.assertEqual([base], self.bridge.mounted)
        sent_top, sent_config = self.bridge.uploaded
        self.assertEqual(manifest['config']['digest'], sent_config)
        self.assertEqual(
            [base, sent_top], [each['digest'] for each in manifest['layers']]
        )
        self.assertEqual(
            LAYERS[1], gzip.decompress(self.bridge.blobs[sent_top])
        )
        self.assertNotIn(base, self.bridge.uploaded)
        self.assertEqual(
            sent_bytes,
            len(self.bridge.blobs[self.bridge.published[IMAGE_ID]])
            + len(self.bridge.blobs[sent_top])
            + len(self.bridge.blobs[sent_config]),
        )
        self.assertEqual(PROCESS, config['config'])
        self.assertEqual([], os.listdir(self.folder))

    def test_manifest_is_ocis_in_all_its_parts(self):
        self.upload()
        manifest, _ = self.pushed()
        kinds = [each['mediaType'] for each in manifest['layers']]
        self.assertEqual([archives.LAYER + '+gzip'] * 2, kinds)
        self.assertEqual(
            archives.OCI + 'config.v1+json', manifest['config']['mediaType']
        )

    def test_glance_knows_what_it_is_and_gets_no_data(self):
        self.upload()
        found = self.glance.images[IMAGE_ID]
        self.assertEqual('docker', found['container_format'])
        self.assertEqual('docker', found['properties']['img_hv_type'])
        self.assertEqual({}, self.glance.contents)

    def test_layer_that_cannot_be_mounted_is_sent(self):
        base = archives.digest(archives.gzipped(LAYERS[0]))
        self.bridge.unmountable.add(base)
        self.upload()
        manifest, _ = self.pushed()
        self.assertEqual(3, len(self.bridge.uploaded))
        self.assertEqual(2, len(manifest['layers']))

    def test_parent_that_shares_nothing_gives_nothing(self):
        self.bridge.add(PARENT_ID, [archives.layer(7)])
        self.upload()
        self.assertEqual([], self.bridge.mounted)

    def test_parent_that_the_registry_does_not_have(self):
        self.bridge.images.clear()
        self.upload()
        self.assert_streamed()

    def test_registry_that_fails(self):
        for method in (
            *('ask_to_push', 'manifest', 'blob', 'mount', 'upload'),
            *('put_manifest', 'publish'),
        ):
            self.bridge.failures[method] = exception.ImageBridgeError(
                action=method, reason='it is away'
            )
            self.upload()
            self.assert_streamed()

    def test_parent_that_is_not_what_the_bridge_says(self):
        _, config_digest = self.bridge.images[PARENT_ID]
        right = self.bridge.blobs[config_digest]
        self.bridge.blobs[config_digest] = b' ' + right[:-1]
        self.upload()
        self.assert_streamed()

    def test_engine_that_saves_another_image(self):
        self.assertRaises(
            exception.SnapshotFailed,
            self.upload,
            chunks=[archives.saved(LAYERS)],
        )
        self.assertEqual({}, self.bridge.published)
