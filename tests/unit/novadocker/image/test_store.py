from collections.abc import Callable
from collections.abc import Iterable
import fnmatch
import io
import json
import os
import pathlib
import tarfile
import tempfile
import threading
import time
from typing import Any
import unittest

from cryptography import exceptions as crypto_exceptions

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.image import store
from tests.fixtures import archives

IMAGE_ID = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'
LAYERS = (archives.layer(1),)
SAVED = archives.saved(LAYERS)
DIGEST = archives.digest(archives.config(LAYERS))
REFERENCE = identity.image_reference(IMAGE_ID, DIGEST)
DEADLINE_S = 30


class LoadingEngine:
    """The part of an engine that holds images."""

    def __init__(self) -> None:
        self.images: dict[str, model.EngineImage] = {}
        self.loads = 0
        self.load_error: Exception | None = None
        self.remove_error: Exception | None = None
        self.id_of: Callable[[str], str] = lambda digest: digest
        self.has_container = False

    def find_images(self, repository: str) -> list[model.EngineImage]:
        return [
            image
            for reference, image in self.images.items()
            if fnmatch.fnmatchcase(reference, repository + ':*')
        ]

    def load(self, stream: Iterable[bytes]) -> None:
        self.loads += 1
        content = b''.join(stream)
        if self.load_error is not None:
            raise self.load_error
        with tarfile.open(fileobj=io.BytesIO(content)) as opened:
            member = opened.extractfile('manifest.json')
            assert member is not None
            (entry,) = json.load(member)
        (reference,) = entry['RepoTags']
        digest = 'sha256:' + entry['Config'].removesuffix('.json')
        self.images[reference] = model.EngineImage(
            id=self.id_of(digest),
            tags=(reference,),
            size_bytes=len(content),
            architecture='amd64',
            os='linux',
            command=('true',),
        )

    def remove_image(self, reference: str) -> None:
        if self.remove_error is not None:
            raise self.remove_error
        if reference not in self.images:
            raise exception.EngineImageNotFound(name=reference)
        if self.has_container:
            raise exception.ContainerConflict(action='remove', reason='used')
        del self.images[reference]


class StoreCase(unittest.TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.folder = pathlib.Path(folder)
        self.engine = LoadingEngine()
        self.content = SAVED
        self.fetched: list[tuple[Any, ...]] = []
        self.fetch_error: Exception | None = None
        self.store = self.make_store()

    def make_store(self, **changes: Any) -> store.ImageStore:
        return store.ImageStore(
            self.engine,
            self.fetch,
            str(self.folder),
            architecture='x86_64',
            **changes,
        )

    def fetch(
        self, context: Any, image_id: str, path: str, trusted_certs: Any
    ) -> None:
        self.fetched.append((context, image_id, trusted_certs))
        pathlib.Path(path).write_bytes(self.content)
        if self.fetch_error is not None:
            raise self.fetch_error

    def ensure(
        self, max_bytes: int | None = 1_000_000, trusted_certs: Any = None
    ) -> model.LoadedImage:
        return self.store.ensure(
            'context',
            IMAGE_ID,
            max_bytes=max_bytes,
            trusted_certs=trusted_certs,
        )

    def age(self, used: tuple[str, ...] = (), min_age_s: float = 60) -> None:
        """Run a pass of Nova's image cache an hour from now."""
        self.store.remove_unused(
            used, now_s=time.time() + 3600, min_age_s=min_age_s
        )

    def assert_nothing_is_left(self) -> None:
        files = [path for path in self.folder.rglob('*') if path.is_file()]
        self.assertEqual([], files)
        self.assertEqual({}, self.engine.images)


class VerifiedTest(StoreCase):
    """An image whose signature somebody wants to be verified."""

    def test_what_is_here_is_verified_and_not_loaded_again(self) -> None:
        loaded = self.ensure()
        self.assertEqual(loaded, self.ensure(trusted_certs='certs'))
        self.assertEqual([None, 'certs'], [each[2] for each in self.fetched])
        self.assertEqual(1, self.engine.loads)

    def test_what_was_verified_for_one_is_not_for_another(self) -> None:
        for certs in ('mine', 'mine', 'yours'):
            self.ensure(trusted_certs=certs)
        self.assertEqual(3, len(self.fetched))

    def test_what_was_verified_serves_those_who_do_not_ask(self) -> None:
        self.ensure(trusted_certs='certs')
        self.ensure()
        self.assertEqual(1, len(self.fetched))

    def test_what_is_here_is_not_taken_for_what_was_verified(self) -> None:
        self.content = archives.saved((archives.layer(2),))
        other = self.ensure().reference
        self.content = SAVED
        verified = self.ensure(trusted_certs='certs')
        self.assertEqual(REFERENCE, verified.reference)
        self.assertNotEqual(REFERENCE, other)

    def test_name_alone_does_not_spare_the_load(self) -> None:
        self.store = self.make_store(ids_are_digests=False)
        self.ensure()
        self.ensure(trusted_certs='certs')
        self.assertEqual(2, self.engine.loads)

    def test_wrong_signature_is_told(self) -> None:
        self.fetch_error = crypto_exceptions.InvalidSignature()
        with self.assertRaisesRegex(
            exception.ImageRejected, 'its signature is not that of its data'
        ):
            self.ensure(trusted_certs='certs')
        self.assert_nothing_is_left()

    def test_wrong_signature_of_what_is_here_is_told(self) -> None:
        self.ensure()
        self.fetch_error = crypto_exceptions.InvalidSignature()
        with self.assertRaises(exception.ImageRejected):
            self.ensure(trusted_certs='certs')
        self.assertEqual([REFERENCE], list(self.engine.images))


class EnsureTest(StoreCase):
    def test_an_image_is_fetched_and_loaded_under_our_name(self) -> None:
        loaded = self.ensure(trusted_certs='certs')
        self.assertEqual(
            (IMAGE_ID, REFERENCE, DIGEST, True),
            (
                loaded.image_id,
                loaded.reference,
                loaded.config_digest,
                loaded.has_command,
            ),
        )
        self.assertEqual([('context', IMAGE_ID, 'certs')], self.fetched)
        self.assertEqual([REFERENCE], list(self.engine.images))

    def test_a_download_is_gone_after_it_was_loaded(self) -> None:
        self.ensure()
        self.age()
        self.assert_nothing_is_left()

    def test_an_image_that_is_here_is_not_fetched(self) -> None:
        loaded = self.ensure()
        self.assertEqual(loaded, self.ensure())
        self.assertEqual(1, len(self.fetched))

    def test_an_image_under_our_name_with_another_id_is_replaced(
        self,
    ) -> None:
        self.ensure()
        self.engine.images[REFERENCE] = model.EngineImage(
            'sha256:' + 'f' * 64, (REFERENCE,), 1, 'amd64', 'linux'
        )
        self.ensure()
        self.assertEqual(DIGEST, self.engine.images[REFERENCE].id)

    def test_a_flavor_without_a_disk_has_what_the_host_has(self) -> None:
        self.assertEqual(REFERENCE, self.ensure(None).reference)

    def test_an_image_that_is_here_has_to_fit_the_flavor_too(self) -> None:
        loaded = self.ensure()
        self.ensure(loaded.size_bytes)
        with self.assertRaisesRegex(
            exception.ImageRejected, 'the flavor has .*; choose one with more'
        ):
            self.ensure(loaded.size_bytes - 1)

    def test_an_id_that_no_engine_has_in_a_name_is_refused(self) -> None:
        for image_id in (IMAGE_ID.upper(), '../../x', ''):
            with (
                self.subTest(image_id),
                self.assertRaisesRegex(
                    exception.ImageRejected, 'no UUID in small letters'
                ),
            ):
                self.store.ensure('context', image_id, max_bytes=1)
        self.assertEqual([], self.fetched)

    def test_a_failed_download_leaves_nothing(self) -> None:
        self.fetch_error = ConnectionError('Glance went away')
        with self.assertRaises(ConnectionError):
            self.ensure()
        self.assert_nothing_is_left()

    def test_a_refused_image_is_not_shown_to_the_engine(self) -> None:
        self.content = SAVED[:2000]
        with self.assertRaises(exception.ImageRejected):
            self.ensure()
        self.assertEqual(0, self.engine.loads)
        self.assert_nothing_is_left()

    def test_an_image_for_another_machine_is_refused(self) -> None:
        config = archives.config(LAYERS, architecture='s390x')
        self.content = archives.saved(LAYERS, config)
        with self.assertRaises(exception.ImageForOtherMachine):
            self.ensure()
        self.assert_nothing_is_left()

    def test_a_root_file_system_is_loaded_where_it_is_accepted(self) -> None:
        self.content = LAYERS[0]
        self.store = self.make_store(accept_rootfs_tar=True)
        self.assertIn(self.ensure().reference, self.engine.images)

    def test_a_failed_load_leaves_nothing(self) -> None:
        self.engine.load_error = exception.EngineError(
            action='load', reason='no space'
        )
        with self.assertRaisesRegex(exception.EngineError, 'no space'):
            self.ensure()
        self.assert_nothing_is_left()

    def test_a_load_that_gave_another_image_is_undone(self) -> None:
        self.engine.id_of = lambda digest: 'sha256:' + 'f' * 64
        with self.assertRaisesRegex(
            exception.EngineError, f'does not hold {REFERENCE}'
        ):
            self.ensure()
        self.assert_nothing_is_left()

    def test_an_undo_that_fails_does_not_hide_why(self) -> None:
        self.engine.load_error = exception.EngineError(
            action='load', reason='no space'
        )
        self.engine.remove_error = exception.EngineUnavailable(
            host='h', reason='gone'
        )
        with (
            self.assertLogs('novadocker.image.store', 'ERROR') as logs,
            self.assertRaisesRegex(exception.EngineError, 'no space'),
        ):
            self.ensure()
        self.assertIn(REFERENCE, logs.output[0])

    def test_an_engine_whose_ids_are_no_digests_is_believed(self) -> None:
        self.engine.id_of = lambda digest: 'sha256:' + 'f' * 64
        self.store = self.make_store(ids_are_digests=False)
        self.assertEqual(DIGEST, self.ensure().config_digest)
        self.ensure()
        self.assertEqual(1, self.engine.loads)

    def test_simultaneous_boots_of_one_image_load_it_once(self) -> None:
        results: list[model.LoadedImage] = []
        threads = [
            threading.Thread(target=lambda: results.append(self.ensure()))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE_S)
        self.assertEqual(8, len(results))
        self.assertEqual((1, 1), (self.engine.loads, len(self.fetched)))


class CacheTest(StoreCase):
    def test_it_tells_whether_the_image_had_to_be_brought(self) -> None:
        self.assertTrue(self.store.cache('context', IMAGE_ID))
        self.assertFalse(self.store.cache('context', IMAGE_ID))
        self.assertEqual([('context', IMAGE_ID, None)], self.fetched)


class RemoveUnusedTest(StoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.ensure()

    @property
    def is_held(self) -> bool:
        return REFERENCE in self.engine.images

    def test_an_image_that_nobody_used_for_long_goes(self) -> None:
        self.age()
        self.assert_nothing_is_left()

    def test_a_younger_one_stays(self) -> None:
        self.age(min_age_s=7200)
        self.assertTrue(self.is_held)

    def test_one_of_a_server_stays_and_counts_as_used(self) -> None:
        os.utime(self.noted, (0, 0))
        self.age(used=(IMAGE_ID,))
        self.assertTrue(self.is_held)
        self.assertGreater(self.noted.stat().st_mtime, 0)

    def test_one_found_by_a_boot_after_the_servers_were_listed_stays(
        self,
    ) -> None:
        self.store.remove_unused((), now_s=time.time() + 10, min_age_s=0)
        self.assertTrue(self.is_held)

    def test_one_whose_last_use_is_not_known_counts_from_now(self) -> None:
        self.noted.unlink()
        self.store.remove_unused((), now_s=time.time(), min_age_s=60)
        self.assertTrue(self.is_held)
        self.assertTrue(self.noted.exists())

    def test_one_with_a_container_stays_and_counts_as_used(self) -> None:
        self.engine.has_container = True
        os.utime(self.noted, (0, 0))
        with self.assertLogs('novadocker.image.store', 'INFO') as logs:
            self.age()
        self.assertTrue(self.is_held)
        self.assertIn('a container is made from it', logs.output[0])
        self.assertGreater(self.noted.stat().st_mtime, 0)

    def test_one_that_went_meanwhile_is_fine(self) -> None:
        self.engine.remove_error = exception.EngineImageNotFound(name='x')
        self.age()
        self.assertFalse(self.noted.exists())

    def test_one_replaced_meanwhile_is_left_alone(self) -> None:
        self.engine.images[REFERENCE] = model.EngineImage(
            'sha256:' + 'f' * 64, (REFERENCE,), 1, 'amd64', 'linux'
        )
        self.age()
        self.assertTrue(self.is_held)

    def test_a_strangers_image_is_not_seen(self) -> None:
        stranger = model.EngineImage(DIGEST, ('web:1',), 1, 'amd64', 'linux')
        self.engine.images = {'web:1': stranger}
        self.age()
        self.assertEqual(['web:1'], list(self.engine.images))

    def test_uses_of_images_that_are_gone_are_forgotten(self) -> None:
        self.engine.images.clear()
        self.age()
        self.assertFalse(self.noted.exists())

    @property
    def noted(self) -> pathlib.Path:
        return self.folder / 'docker-images/used' / IMAGE_ID


class CleanTest(StoreCase):
    def test_what_a_crash_has_left_is_removed(self) -> None:
        self.ensure()
        (self.folder / 'docker-images' / IMAGE_ID).write_bytes(b'half')
        (self.folder / 'other').write_bytes(b'')
        self.store.clean()
        left = {path for path in self.folder.rglob('*') if path.is_file()}
        ours = self.folder / 'docker-images'
        (layer,) = (ours / 'layers').iterdir()
        noted = {ours / 'used' / IMAGE_ID, layer}
        self.assertEqual({self.folder / 'other', *noted}, left)

    def test_a_folder_that_was_never_made_is_clean(self) -> None:
        self.store.clean()
        self.assertEqual([], list(self.folder.iterdir()))
