import pathlib
import tempfile
from typing import Any
import unittest

from novadocker import exception
from novadocker import model
from novadocker.image import store
from tests.fixtures import archives
from tests.fixtures import fake_bridge
from tests.fixtures import fake_engine

IMAGE_ID = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'
OTHER_ID = '1d2c3b4a-0000-4000-8000-00000000000a'
BASE, TOP, OTHER_TOP = (archives.layer(number) for number in (1, 2, 3))


def stored(*layers: bytes) -> list[str]:
    return [archives.digest(archives.gzipped(layer)) for layer in layers]


class PullCase(unittest.TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.folder = pathlib.Path(folder)
        self.engine = fake_engine.FakeEngine()
        self.bridge = fake_bridge.FakeBridge()
        self.streamed: list[str] = []
        self.content = archives.saved((BASE,))
        self.store = self.make_store()

    def make_store(self, **changes: Any) -> store.ImageStore:
        found = store.ImageStore(
            self.engine,
            self.fetch,
            str(self.folder),
            architecture='x86_64',
            bridge=self.bridge,
            **changes,
        )
        if found._puller is not None:
            found._puller._clock = self.bridge.clock
        return found

    def fetch(
        self, context: Any, image_id: str, path: str, certs: Any
    ) -> None:
        self.streamed.append(image_id)
        pathlib.Path(path).write_bytes(self.content)

    def ensure(
        self,
        image_id: str = IMAGE_ID,
        max_bytes: int | None = 1_000_000,
        trusted_certs: Any = None,
    ) -> model.LoadedImage:
        return self.store.ensure(
            'context',
            image_id,
            max_bytes=max_bytes,
            trusted_certs=trusted_certs,
        )

    def assert_nothing_is_left(self) -> None:
        files = [path for path in self.folder.rglob('*') if path.is_file()]
        self.assertEqual([], files)
        self.assertEqual([], self.engine.find_images('nova-image/*'))

    def assert_refused(
        self, sentence: str, error: type[Exception] = exception.ImageRejected
    ) -> None:
        with self.assertRaisesRegex(error, sentence):
            self.ensure()
        self.assertEqual([], self.streamed)
        self.assert_nothing_is_left()


class PullTest(PullCase):
    def test_image_comes_from_the_registry_under_our_name(self) -> None:
        config_digest = self.bridge.add(IMAGE_ID, [BASE, TOP])
        loaded = self.ensure()
        self.assertEqual(config_digest, loaded.config_digest)
        self.assertEqual(
            [('context', IMAGE_ID, 'linux/amd64')], self.bridge.asked
        )
        self.assertEqual([], self.streamed)
        (held,) = self.engine.find_images('nova-image/*')
        self.assertEqual((loaded.reference,), held.tags)

    def test_only_layers_that_are_not_here_travel(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE, TOP])
        self.bridge.add(OTHER_ID, [BASE, OTHER_TOP])
        self.ensure()
        self.ensure(OTHER_ID)
        self.assertEqual(stored(BASE, TOP, OTHER_TOP), self.bridge.fetched)

    def test_layers_that_glance_has_streamed_need_not_travel(self) -> None:
        self.content = archives.files(archives.layout((BASE,)))
        self.ensure()
        self.bridge.add(OTHER_ID, [BASE, TOP])
        self.ensure(OTHER_ID)
        self.assertEqual(stored(TOP), self.bridge.fetched)

    def test_bridge_is_asked_although_every_layer_is_here(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE])
        self.bridge.add(OTHER_ID, [BASE])
        self.ensure()
        self.ensure(OTHER_ID)
        self.assertEqual(2, len(self.bridge.asked))
        self.assertEqual(stored(BASE), self.bridge.fetched)

    def test_layer_on_another_one_travels(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE, TOP])
        self.bridge.add(OTHER_ID, [TOP])
        self.ensure()
        self.ensure(OTHER_ID)
        self.assertEqual(stored(BASE, TOP, TOP), self.bridge.fetched)

    def test_layer_that_comes_again_further_up_travels_once(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE])
        self.bridge.add(OTHER_ID, [BASE, TOP, BASE])
        self.ensure()
        self.ensure(OTHER_ID)
        self.assertEqual(stored(BASE, BASE, TOP), self.bridge.fetched)

    def test_claim_of_a_config_does_not_spare_the_layer(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE])
        self.ensure()
        # It knows the diff ID of somebody's layer, and does not have it.
        config = archives.config([BASE])
        packed = archives.gzipped(TOP)
        self.bridge.add_manifest(
            OTHER_ID,
            archives.manifest(
                config,
                [archives.descriptor(packed, archives.LAYER + '+gzip')],
            ),
            config,
        )
        self.bridge.blobs |= {archives.digest(packed): packed}
        with self.assertRaisesRegex(
            exception.ImageRejected, "not the one that the image's config"
        ):
            self.ensure(OTHER_ID)

    def test_volumes_of_an_image_do_not_reach_the_engine(self) -> None:
        process = {'Cmd': ['x'], 'Volumes': {'/data': {}}}
        config_digest = self.bridge.add(IMAGE_ID, [BASE], config=process)
        loaded = self.ensure()
        self.assertNotEqual(config_digest, loaded.config_digest)
        self.assertNotIn(
            b'Volumes', self.engine.image(loaded.reference).config
        )

    def test_layers_that_take_their_time_are_fetched_with_new_grants(
        self,
    ) -> None:
        self.bridge.lifetime_s = 1.5
        self.bridge.add(IMAGE_ID, [BASE, TOP, OTHER_TOP])
        self.ensure()
        self.assertEqual(['token 1', 'token 1', 'token 2'], self.bridge.tokens)

    def test_image_cache_forgets_layers_with_their_image(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE])
        self.ensure()
        (self.folder / 'docker-images/used' / IMAGE_ID).touch()
        self.store.remove_unused((), now_s=2**40, min_age_s=60)
        self.assert_nothing_is_left()


class FallbackTest(PullCase):
    """What is not to be had from the registry comes from Glance."""

    def assert_streamed(self, level: str) -> str:
        with self.assertLogs('novadocker.image.store', level) as logs:
            self.ensure()
        self.assertEqual([IMAGE_ID], self.streamed)
        return logs.output[0]

    def test_image_that_the_bridge_does_not_have(self) -> None:
        self.assertIn('comes from Glance', self.assert_streamed('INFO'))

    def test_bridge_that_is_away(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE])
        for method in ('ask_to_pull', 'manifest', 'blob', 'fetch'):
            with self.subTest(method):
                self.bridge.failures[method] = exception.ImageBridgeError(
                    action=method, reason='it is away'
                )
                self.assertIn('it is away', self.assert_streamed('WARNING'))
                self.streamed.clear()
                self.store.remove_unused((), now_s=2**40, min_age_s=60)
                self.assert_nothing_is_left()

    def test_layer_that_went_meanwhile(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE])
        self.engine.failures['load'] = exception.EngineError(
            action='load', reason='no such file'
        )
        self.assertIn('no such file', self.assert_streamed('WARNING'))

    def test_image_whose_signature_is_to_be_verified(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE])
        self.ensure(trusted_certs='certs')
        self.assertEqual([IMAGE_ID], self.streamed)
        self.assertEqual([], self.bridge.asked)

    def test_engine_that_does_not_tell_its_layers(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE])
        self.store = self.make_store(ids_are_digests=False)
        self.ensure()
        self.assertEqual([IMAGE_ID], self.streamed)


class RefusalTest(PullCase):
    """What Glance's stream would not make better."""

    def test_config_that_is_not_what_the_bridge_said(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE])
        manifest_digest, _ = self.bridge.images[IMAGE_ID]
        told = archives.digest(b'other')
        self.bridge.images[IMAGE_ID] = manifest_digest, told
        self.assert_refused(f'the bridge says {told}')
        self.assertEqual([], self.bridge.fetched)

    def test_documents_that_are_not_what_was_asked_for(self) -> None:
        config_digest = self.bridge.add(IMAGE_ID, [BASE])
        manifest_digest, _ = self.bridge.images[IMAGE_ID]
        for digest in (config_digest, manifest_digest):
            right = self.bridge.blobs[digest]
            self.bridge.blobs[digest] = right.replace(b'sha256', b'sha255')
            self.assert_refused(f'asked for was {digest}')
            self.bridge.blobs[digest] = right

    def test_layer_that_is_not_what_was_asked_for(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE])
        (digest,) = stored(BASE)
        other = archives.gzipped(TOP)
        self.assertEqual(len(self.bridge.blobs[digest]), len(other))
        self.bridge.blobs[digest] = other
        self.assert_refused('not what its digest says')

    def test_image_for_another_machine(self) -> None:
        self.bridge.add(IMAGE_ID, [BASE], architecture='s390x')
        self.assert_refused('s390x', exception.ImageForOtherMachine)
        self.assertEqual([], self.bridge.fetched)

    def test_image_that_unpacks_to_more_than_the_disk(self) -> None:
        self.bridge.add(IMAGE_ID, [archives.layer(1, 2_000_000)])
        self.assert_refused('unpacks to more than is allowed')

    def test_layer_that_is_here_has_to_fit_the_disk_too(self) -> None:
        large = archives.layer(1, 2_000_000)
        self.bridge.add(OTHER_ID, [large])
        self.ensure(OTHER_ID, 4_000_000)
        self.bridge.add(IMAGE_ID, [large, TOP])
        with self.assertRaisesRegex(
            exception.ImageRejected, 'with layer 1 the image unpacks to more'
        ):
            self.ensure(IMAGE_ID, 1_000_000)

    def test_layers_that_cannot_fit_do_not_travel(self) -> None:
        config = archives.config([BASE])
        layer = archives.descriptor(
            archives.gzipped(BASE), archives.LAYER + '+gzip', size=2**40
        )
        self.bridge.add_manifest(
            IMAGE_ID, archives.manifest(config, [layer]), config
        )
        self.bridge.blobs[archives.digest(config)] = config
        self.assert_refused('more than is allowed unpacked')
        self.assertEqual([], self.bridge.fetched)

    def test_layers_that_the_config_does_not_list(self) -> None:
        config = archives.config([BASE, TOP])
        layer = archives.descriptor(
            archives.gzipped(BASE), archives.LAYER + '+gzip'
        )
        self.bridge.add_manifest(
            IMAGE_ID, archives.manifest(config, [layer]), config
        )
        self.bridge.blobs[archives.digest(config)] = config
        self.assert_refused('has 1 layers, the config lists 2')
        self.assertEqual([], self.bridge.fetched)

    def test_documents_beyond_reason(self) -> None:
        config = archives.config([BASE])
        found = archives.descriptor(
            config, archives.OCI + 'config.v1+json', size=2**30
        )
        text = archives.manifest(config, []).replace(
            str(len(config)).encode(), str(found['size']).encode()
        )
        for manifest in (text, text + b' ' * 2**23):
            self.bridge.add_manifest(IMAGE_ID, manifest, config)
            self.assert_refused('has more than')

    def test_manifest_with_no_digest_in_it(self) -> None:
        config = archives.config([BASE])
        layer = archives.descriptor(BASE, archives.LAYER, digest='sha256:x')
        self.bridge.add_manifest(
            IMAGE_ID, archives.manifest(config, [layer]), config
        )
        self.assert_refused('no digest')
