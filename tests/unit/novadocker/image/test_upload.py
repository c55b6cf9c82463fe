"""What is uploaded boots as its parent did, or is not there."""

import json

from nova import exception as nova_exception
import testtools

from novadocker import exception
from novadocker import model
from novadocker.image import upload
from tests.fixtures import archives
from tests.fixtures import fake_glance
from tests.unit.ocikit import test_archive

IMAGE_ID = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'
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
    def setUp(self):
        super().setUp()
        self.glance = fake_glance.FakeGlance(
            **{IMAGE_ID: fake_glance.awaited()}
        )
        self.uploader = upload.Uploader(self.glance, architecture='x86_64')

    def upload(self, *, chunks=None, labels=(), **changes):
        if chunks is None:
            chunks = [archives.saved(LAYERS, COMMITTED)]
        return self.uploader.upload(
            None, IMAGE_ID, image(**changes), parent(**dict(labels)), chunks
        )

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
