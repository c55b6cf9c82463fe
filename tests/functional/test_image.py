"""Archives of images, from a file into a real engine."""

from collections.abc import Collection
from collections.abc import Iterator
import gzip
import io
import json
import pathlib
import tarfile
import tempfile
import threading
import time
from typing import Any

import testtools

from novadocker import exception
from novadocker import model
from novadocker.engine import engine as docker_engine
from novadocker.image import store
from tests.fixtures import archives
from tests.fixtures import dockerd
from tests.fixtures import rootfs

MIB = 1024 * 1024
MAX_BYTES = 256 * MIB
DEADLINE_S = 120
IMAGE_ID = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'
OTHER_ID = '1d2c3b4a-0000-4000-8000-00000000000a'


def config(*layers: bytes) -> bytes:
    return archives.config(layers, architecture=rootfs.architecture())


def saved(*layers: bytes) -> bytes:
    return archives.saved(layers, config(*layers))


def layout(*layers: bytes) -> bytes:
    """Make an OCI layout with gzip'd layers for this machine."""
    stored = [gzip.compress(layer, 1) for layer in layers]
    manifest = archives.manifest(
        config(*layers),
        [archives.descriptor(x, archives.LAYER + '+gzip') for x in stored],
    )
    entry = archives.descriptor(manifest, archives.OCI + 'manifest.v1+json')
    return archives.files(
        archives.layout_members(
            manifest,
            config(*layers),
            *stored,
            index_content=archives.index(entry),
        )
    )


@dockerd.needs_dockerd
class ImageStoreTest(testtools.TestCase):
    dockerd: dockerd.Dockerd
    engine: docker_engine.Engine

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.dockerd = dockerd.for_class(cls)
        cls.engine = docker_engine.Engine(cls.dockerd.host)

    def setUp(self) -> None:
        super().setUp()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.folder = pathlib.Path(folder)
        self.content = b''
        self.downloads = 0
        self.addCleanup(self.remove_images)

    def remove_images(self) -> None:
        for image in self.dockerd.client.images():
            self.dockerd.client.remove_image(image['Id'], force=True)

    def fetch(self, _context: Any, _id: str, path: str, _certs: Any) -> None:
        self.downloads += 1
        pathlib.Path(path).write_bytes(self.content)

    def make_store(self, **changes: Any) -> store.ImageStore:
        return store.ImageStore(
            self.engine,
            self.fetch,
            str(self.folder),
            architecture=self.engine.info().architecture,
            **changes,
        )

    def ensure(
        self, content: bytes, image_id: str = IMAGE_ID, **changes: Any
    ) -> model.LoadedImage:
        self.content = content
        return self.make_store(**changes).ensure(
            None, image_id, max_bytes=MAX_BYTES
        )

    def run_image(self, reference: str, *command: str) -> bytes:
        """Run a command in a container of the image; give its output."""
        client = self.dockerd.client
        container = client.create_container(
            reference,
            [*command],
            host_config=client.create_host_config(network_mode='none'),
        )
        try:
            client.start(container)
            self.assertEqual(0, client.wait(container)['StatusCode'])
            output: bytes = client.logs(container)
        finally:
            client.remove_container(container, force=True)
        return output

    def assert_holds_only(self, *references: str) -> None:
        held = [
            tag
            for image in self.dockerd.client.images(all=True)
            for tag in image['RepoTags'] or ['<none>:<none>']
        ]
        self.assertEqual(sorted(references), sorted(held))
        self.assertEqual([], list(self.folder.glob('docker-images/*-*')))

    def age(self, used: Collection[str] = ()) -> None:
        """Run a pass of Nova's image cache an hour from now."""
        self.make_store().remove_unused(
            used, now_s=time.time() + 3600, min_age_s=60
        )

    def test_every_kind_of_archive_boots_and_is_the_same_image(self) -> None:
        layers = (rootfs.layer(), archives.files({'tmp/mark': b'here'}))
        for kind, content in (
            ('docker-archive', saved(*layers)),
            ('docker-archive, gzip', gzip.compress(saved(*layers), 1)),
            ('OCI layout', layout(*layers)),
            ('OCI layout, gzip', gzip.compress(layout(*layers), 1)),
        ):
            loaded = self.ensure(content)
            self.assertEqual(
                archives.digest(config(*layers)), loaded.config_digest, kind
            )
            self.assert_holds_only(loaded.reference)
            output = self.run_image(loaded.reference, 'cat', '/tmp/mark')
            self.assertEqual(b'here', output, kind)
            self.age()
            self.assert_holds_only()

    def test_what_this_engine_saves_comes_back_as_it_was(self) -> None:
        mark = archives.files({'tmp/mark': b'here'})
        # The same layer twice: docker save writes it once, and a link before
        # Docker 25, the same name again since.
        loaded = self.ensure(saved(rootfs.layer(), mark, mark))
        content = b''.join(self.dockerd.client.get_image(loaded.reference))
        with tarfile.open(fileobj=io.BytesIO(content)) as opened:
            found = [opened.extractfile(x).read() for x in opened if x.isreg()]
        self.assertEqual(1, found.count(mark))
        again = self.ensure(content, OTHER_ID)
        self.assertEqual(loaded.config_digest, again.config_digest)
        self.assert_holds_only(loaded.reference, again.reference)

    def test_removing_one_name_leaves_the_other(self) -> None:
        content = saved(rootfs.layer())
        loaded = self.ensure(content)
        self.ensure(content, OTHER_ID)
        self.age(used=(IMAGE_ID,))
        self.assert_holds_only(loaded.reference)

    def test_an_image_with_a_container_outlives_the_cache(self) -> None:
        client = self.dockerd.client
        loaded = self.ensure(saved(rootfs.layer()))
        container = client.create_container(loaded.reference, ['true'])
        self.addCleanup(self.age)
        self.addCleanup(client.remove_container, container)
        self.age()
        self.assert_holds_only(loaded.reference)

    def test_strangers_images_outlive_the_cache(self) -> None:
        client = self.dockerd.client
        loaded = self.ensure(saved(rootfs.layer()))
        client.tag(loaded.reference, 'web', '1')
        self.addCleanup(client.remove_image, 'web:1')
        self.age()
        self.assert_holds_only('web:1')

    def test_tags_inside_an_archive_do_not_reach_the_engine(self) -> None:
        content = saved(rootfs.layer())
        self.assertIn(b'evil:latest', content)
        self.assert_holds_only(self.ensure(content).reference)

    def test_volumes_of_an_image_are_folders_of_the_container(self) -> None:
        data = archives.files({'srv/seed': b'seed'})
        layers = (rootfs.layer(), data)
        process = {
            'Cmd': ['sh', '-c', 'cat /srv/seed; echo -n more >> /srv/seed'],
            'Volumes': {'/srv': {}, '/not/there': {}},
        }
        content = archives.config(
            layers, architecture=rootfs.architecture(), config=process
        )
        loaded = self.ensure(archives.saved(layers, content))
        client = self.dockerd.client
        container = client.create_container(loaded.reference)
        self.addCleanup(client.remove_container, container)
        for _ in range(2):
            client.start(container)
            client.wait(container)
        self.assertEqual(b'seedseedmore', client.logs(container))
        self.assertEqual([], client.inspect_container(container)['Mounts'])
        changed = [each['Path'] for each in client.diff(container)]
        self.assertIn('/srv/seed', changed)

    def test_a_root_file_system_boots_where_it_is_accepted(self) -> None:
        with testtools.ExpectedException(exception.ImageRejected):
            self.ensure(rootfs.layer())
        loaded = self.ensure(rootfs.layer(), accept_rootfs_tar=True)
        self.assertFalse(loaded.has_command)
        self.assertEqual(
            b'here\n', self.run_image(loaded.reference, 'echo', 'here')
        )

    def test_an_image_that_the_engine_holds_is_not_downloaded(self) -> None:
        loaded = self.ensure(saved(rootfs.layer()))
        self.assertEqual(loaded, self.ensure(b'never looked at'))

    def test_simultaneous_boots_download_an_image_once(self) -> None:
        self.content = saved(rootfs.layer())
        images = self.make_store()
        results: list[model.LoadedImage] = []

        def ensure() -> None:
            found = images.ensure(None, IMAGE_ID, max_bytes=MAX_BYTES)
            results.append(found)

        threads = [threading.Thread(target=ensure) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE_S)
        self.assertEqual((8, 1), (len(results), self.downloads))
        self.assertEqual(1, len(set(results)))

    def test_a_config_that_the_engine_refuses_leaves_nothing(self) -> None:
        # Sound by all that we check, but no number is a user to Go.
        content = archives.config(
            [rootfs.layer()],
            architecture=rootfs.architecture(),
            config={'User': 7},
        )
        with testtools.ExpectedException(exception.EngineError):
            self.ensure(archives.saved([rootfs.layer()], content))
        self.assert_holds_only()

    def test_a_stream_that_breaks_leaves_nothing(self) -> None:
        def broken() -> Iterator[bytes]:
            yield saved(rootfs.layer())[:-MIB]
            raise ValueError('broken')

        with testtools.ExpectedException(ValueError, 'broken'):
            self.engine.load(broken())
        self.assert_holds_only()

    def test_hostile_archives_never_reach_the_engine(self) -> None:
        layer = rootfs.layer()
        bomb = archives.layer(1, 0) + bytes(MAX_BYTES)
        members = archives.saved_members([layer], config(layer))
        entries = json.loads(members['manifest.json'])
        several = json.dumps(entries * 2).encode()
        many = {f'member{number}': b'' for number in range(10_000)}
        for name, content in {
            'traversal': archives.files(members | {'../x': b''}),
            'absolute': archives.files(members | {'/x': b''}),
            'several': archives.files(members | {'manifest.json': several}),
            'many': archives.files(members | many),
            'bomb': layout(bomb),
            'packed bomb': gzip.compress(saved(bomb), 1),
            'truncated': saved(layer)[:MIB],
            'wrong digest': archives.saved([archives.layer()], config(layer)),
            'traversal in a layer': saved(archives.files({'a/../../x': b''})),
        }.items():
            with self.subTest(name):
                with testtools.ExpectedException(exception.ImageRejected):
                    self.ensure(content)
                self.assert_holds_only()
