"""Layers between a real engine and a real registry, by the bridge's doors.

Keystone and Glance are in memory, and a proxy of ours is what nginx is in a
cloud; everything else is real.
"""

import contextlib
import functools
import json
import os
import pathlib
import tempfile
from typing import Any

from docker import errors as docker_errors
import fixtures
from keystoneauth1 import service_token
from keystoneauth1 import session
from keystoneauth1 import token_endpoint
import testtools

from glance_bridge import location
from glance_bridge import model as bridge_model
from glance_bridge import rooms as bridge_rooms
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.identity import services
from glance_bridge.pull import caller
from glance_bridge.pull import door
from glance_bridge.pull import place
from glance_bridge.pull import snapshot
from glance_bridge.token import key
from glance_bridge.verdict import judge
from glance_bridge.verdict import model as verdicts
from glance_bridge.wsgi import application
from novadocker import exception
from novadocker import model
from novadocker.bridge import client
from novadocker.engine import engine as docker_engine
from novadocker.image import store
from novadocker.image import upload
from ocikit import platform
from tests.fixtures import archives
from tests.fixtures import dockerd
from tests.fixtures import fake_catalogue
from tests.fixtures import fake_glance
from tests.fixtures import images
from tests.fixtures import origin
from tests.fixtures import registry
from tests.fixtures import rootfs
from tests.unit.glance_bridge import options
from tests.unit.glance_bridge.pull import doors

MIB = 1024 * 1024
MAX_BYTES = 256 * MIB
BASE_ID = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'
WEB_ID = '1d2c3b4a-0000-4000-8000-00000000000a'
SNAPSHOT_ID = '1d2c3b4a-0000-4000-8000-00000000000b'
# Nothing packs it any smaller.
NOISE = archives.files({'tmp/noise': os.urandom(MIB)})


def authenticated(user: str) -> Any:
    return service_token.ServiceTokenAuthWrapper(
        user_auth=token_endpoint.Token('http://nowhere', user),
        service_auth=token_endpoint.Token('http://nowhere', 'nova'),
    )


@dockerd.needs_dockerd
@registry.needs_registry
class BridgeTestCase(testtools.TestCase):
    dockerd: dockerd.Dockerd
    registry: registry.Registry

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.dockerd = dockerd.for_class(cls)
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.files = {
            'key_file': f'{folder}/token.key',
            'certificate_file': f'{folder}/token.crt',
        }
        for path, content in zip(
            cls.files.values(), key.create(), strict=True
        ):
            pathlib.Path(path).write_bytes(content)
        token = {
            'realm': 'http://127.0.0.1:1/token',
            'service': 'glance-bridge',
            'issuer': 'glance-bridge',
            'rootcertbundle': cls.files['certificate_file'],
        }
        cls.registry = registry.for_class(cls, {'auth': {'token': token}})

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.engine = docker_engine.Engine(self.dockerd.host)
        self.rooms = self.make_rooms()
        self.origin = self.useFixture(
            origin.Origin(
                application.Application(self.rooms), self.registry.url
            )
        )
        self.bridge = self.make_bridge(self.origin.url)
        self.streamed: list[str] = []
        self.content = b''
        self.store = self.make_store()
        self.addCleanup(self.remove_images)

    def remove_images(self) -> None:
        for image in self.dockerd.client.images():
            self.dockerd.client.remove_image(image['Id'], force=True)

    def make_rooms(self) -> bridge_rooms.Rooms:
        """Put a bridge together, but for Keystone and Glance."""
        connection = f'sqlite:///{self.folder}/rows.sqlite'
        rooms = bridge_rooms.Rooms(
            options.make(
                database={'connection': connection},
                registry={'url': self.registry.url},
                token=self.files,
            )
        )
        rooms.database.sync()
        self.catalogue = fake_catalogue.FakeCatalogue()
        self.catalogue.tokens |= {
            'alice': doors.DEMO.id,
            'bob': doors.OTHER.id,
        }
        rooms.made['behind'] = behind = door.Behind(
            gate=caller.Gate(
                doors.FakeTokens(),
                services.ServiceProject('service', 'default'),
                rooms.policy,
            ),
            catalogue=self.catalogue,
            places=place.Places(
                rooms.database, rooms.registry, self.catalogue
            ),
            registry=rooms.registry,
            issuer=rooms.issuer,
        )
        rules = verdicts.Rules(
            platform.Platform('linux', rootfs.architecture())
        )
        rooms.made['publish_door'] = snapshot.PublishDoor(
            behind,
            rooms.registry,
            self.catalogue,
            judge=judge.Judge(rooms.registry, rules).judge,
            quota=doors.FakeQuota(),
            wait=self.catalogue.get,
        )
        return rooms

    def make_bridge(self, url: str) -> client.Bridge:
        return client.Bridge(session.Session(), url, authenticated)

    def make_store(self) -> store.ImageStore:
        return store.ImageStore(
            self.engine,
            self.fetch,
            self.folder,
            architecture=self.engine.info().architecture,
            bridge=self.bridge,
        )

    def fetch(self, _context: Any, image_id: str, path: str, _: Any) -> None:
        self.streamed.append(image_id)
        pathlib.Path(path).write_bytes(self.content)

    def publish(
        self, image_id: str, *layers: bytes, **process: Any
    ) -> images.Made:
        """Have an image in registry and Glance, as after a push.

        :param process: what its config says of it
        """
        made = images.image(
            *layers,
            architecture=rootfs.architecture(),
            config={'config': process},
        )
        repository = 'demo/web'
        pin = location.pin_of(image_id)
        images.push(self.rooms.registry, repository, made, pin)
        self.rooms.database.save_publication(
            bridge_model.Publication(
                image_id=image_id,
                repository=bridge_model.Repository.parse(repository),
                tag=image_id,
                digest=made.digest,
                generation=0,
                state=bridge_model.State.ACTIVE,
            )
        )
        self.have_image(image_id, 'active')
        self.catalogue.locate(
            image_id, location.location_of(repository, made.digest, image_id)
        )
        return made

    def have_image(self, image_id: str, status: str) -> None:
        self.catalogue._images[image_id] = catalogue_image.Image(
            image_id, 'web:1', doors.DEMO.id, status
        )

    def ensure(self, image_id: str, user: str = 'alice') -> model.LoadedImage:
        self.origin.forget()
        return self.store.ensure(user, image_id, max_bytes=MAX_BYTES)

    def run_image(self, reference: str, *command: str) -> bytes:
        """Run a command in a container of the image; give its output."""
        container = self.create(reference, *command)
        return self.output_of(container)

    def create(self, reference: str, *command: str) -> str:
        api = self.dockerd.client
        made = api.create_container(
            reference,
            [*command],
            host_config=api.create_host_config(network_mode='none'),
        )
        self.addCleanup(self.remove, made['Id'])
        return str(made['Id'])

    def remove(self, container_id: str) -> None:
        # The test may have removed it.
        with contextlib.suppress(docker_errors.NotFound):
            self.dockerd.client.remove_container(container_id, force=True)

    def output_of(self, container_id: str) -> bytes:
        api = self.dockerd.client
        api.start(container_id)
        self.assertEqual(0, api.wait(container_id)['StatusCode'])
        output: bytes = api.logs(container_id)
        return output


class PullTest(BridgeTestCase):
    def test_only_what_is_missing_travels(self) -> None:
        base = rootfs.layer()
        mark = archives.files({'tmp/mark': b'here'})
        self.publish(BASE_ID, base)
        self.publish(WEB_ID, base, mark)
        self.ensure(BASE_ID)
        self.assertGreater(self.origin.received_bytes, MIB)
        loaded = self.ensure(WEB_ID)
        self.assertLess(self.origin.received_bytes, 10_000)
        self.assertEqual([], self.streamed)
        output = self.run_image(loaded.reference, 'cat', '/tmp/mark')
        self.assertEqual(b'here', output)

    def test_engine_knows_it_by_our_name_alone(self) -> None:
        self.publish(WEB_ID, rootfs.layer(), Volumes={'/tmp': {}})
        loaded = self.ensure(WEB_ID)
        (held,) = self.dockerd.client.images(all=True)
        self.assertEqual([loaded.reference], held['RepoTags'])
        self.assertIn(held['RepoDigests'] or [], ([], ['<none>@<none>']))
        config = json.loads(self.engine.image(loaded.reference).config)
        self.assertFalse(config.get('Volumes'))

    def test_layers_that_are_here_do_not_spare_the_question(self) -> None:
        self.publish(BASE_ID, rootfs.layer())
        self.publish(WEB_ID, rootfs.layer())
        self.ensure(BASE_ID)
        self.content = b'what Glance gives to nobody'
        self.assertRaises(exception.ImageRejected, self.ensure, WEB_ID, 'bob')
        self.assertEqual([WEB_ID], self.streamed)
        self.assertEqual([], self.origin.paths)

    def test_token_is_good_for_one_repository(self) -> None:
        made = self.publish(WEB_ID, rootfs.layer())
        images.push(self.rooms.registry, 'other/secret', made, 'latest')
        amd64 = platform.Platform('linux', rootfs.architecture())
        grant = self.bridge.ask_to_pull('alice', WEB_ID, amd64)
        self.assertTrue(self.bridge.manifest(grant, MIB))
        object.__setattr__(grant, 'repository', 'other/secret')
        self.assertRaises(
            exception.ImageBridgeError, self.bridge.manifest, grant, MIB
        )

    def test_bridge_that_is_away_is_done_without(self) -> None:
        base = rootfs.layer()
        config = archives.config([base], architecture=rootfs.architecture())
        self.content = archives.saved([base], config)
        self.bridge = self.make_bridge('http://127.0.0.1:1')
        self.store = self.make_store()
        loaded = self.ensure(WEB_ID)
        self.assertEqual([WEB_ID], self.streamed)
        self.assertEqual(archives.digest(config), loaded.config_digest)

    def test_layer_that_is_damaged_is_refused(self) -> None:
        made = self.publish(WEB_ID, rootfs.layer(), NOISE)
        digest = json.loads(made.content)['layers'][1]['digest']
        hexes = digest.removeprefix('sha256:')
        (path,) = self.registry.path.glob(f'blobs/**/{hexes}/data')
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content))
        self.assertRaises(exception.ImageRejected, self.ensure, WEB_ID)
        self.assertEqual([], self.dockerd.client.images(all=True))
        self.assertEqual([], self.streamed)

    def test_what_unpacks_to_more_than_the_disk_stays_outside(self) -> None:
        self.publish(WEB_ID, archives.layer(1, 2 * MAX_BYTES))
        self.assertRaises(exception.ImageRejected, self.ensure, WEB_ID)
        self.assertLess(self.origin.received_bytes, MIB)
        self.assertEqual([], self.dockerd.client.images(all=True))


class SnapshotTest(BridgeTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.glance = fake_glance.FakeGlance(
            **{SNAPSHOT_ID: fake_glance.awaited()}
        )
        self.uploader = upload.Uploader(
            self.glance,
            architecture='x86_64',
            bridge=self.bridge,
            folder=self.folder,
        )
        self.have_image(SNAPSHOT_ID, 'queued')

    def snapshot(self, loaded: model.LoadedImage, command: str) -> int:
        """Let a container change something, and upload what it is then."""
        container = self.create(loaded.reference, 'sh', '-c', command)
        self.output_of(container)
        reference = f'nova-snapshot/{WEB_ID}:{SNAPSHOT_ID}'
        self.engine.commit(container, reference)
        self.origin.forget()
        return self.uploader.upload(
            'alice',
            SNAPSHOT_ID,
            upload.Source(
                snapshot=self.engine.image(reference),
                parent=self.engine.image(loaded.reference),
                parent_id=WEB_ID,
                save=functools.partial(self.engine.save, reference),
            ),
        )

    def test_only_what_has_changed_travels(self) -> None:
        self.publish(WEB_ID, rootfs.layer(), Cmd=['true'])
        loaded = self.ensure(WEB_ID)
        sent_bytes = self.snapshot(
            loaded, 'head -c 1000000 /dev/urandom > /tmp/noise'
        )
        self.assertLess(sent_bytes, 1.1 * 1_000_000)
        self.assertEqual(sent_bytes, self.origin.sent_bytes)
        self.assertEqual({}, self.glance.contents)

    def test_snapshot_boots_from_the_registry(self) -> None:
        self.publish(WEB_ID, rootfs.layer(), Cmd=['true'])
        self.snapshot(self.ensure(WEB_ID), 'echo changed > /tmp/mark')
        # As it is once Glance has used its location.
        self.have_image(SNAPSHOT_ID, 'active')
        self.remove_containers_and_images()
        loaded = self.ensure(SNAPSHOT_ID)
        self.assertEqual([], self.streamed)
        output = self.run_image(loaded.reference, 'cat', '/tmp/mark')
        self.assertEqual(b'changed\n', output)
        config = json.loads(self.engine.image(loaded.reference).config)
        self.assertEqual(['true'], config['Cmd'])
        self.assertFalse(config['Hostname'])

    def remove_containers_and_images(self) -> None:
        for each in self.dockerd.client.containers(all=True):
            self.dockerd.client.remove_container(each['Id'], force=True)
        self.remove_images()

    def test_snapshot_goes_to_glance_where_the_parent_is_not(self) -> None:
        base = rootfs.layer()
        config = archives.config([base], architecture=rootfs.architecture())
        self.content = archives.saved([base], config)
        self.snapshot(self.ensure(WEB_ID), 'echo changed > /tmp/mark')
        self.assertIn(SNAPSHOT_ID, self.glance.contents)
        self.assertEqual(0, self.origin.sent_bytes)
