"""A parcel has what its receiver lacks, and no more is believed of it."""

import io
import json
import pathlib
import tarfile

import fixtures
import testtools

from novadocker import exception
from novadocker import model
from novadocker.image import layer
from novadocker.image import parcel
from tests.contract import engine_contract
from tests.fixtures import archives
from tests.fixtures import fake_engine

UUID = '0f3e8d2a-5d6c-4d5b-9a1e-7b7f1c2d3e4f'
BASE = 'nova-image/base:tag'
COMMIT = f'nova-snapshot/{UUID}:commit'


class ParcelTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.source = fake_engine.FakeEngine()
        self.parent = self.source.add_image(BASE, command=('serve',))
        container_id = self.source.create(
            engine_contract.spec(BASE, 'nova', env={'SECRET': '1'})
        )
        self.source.commit(container_id, COMMIT)

    def parcels(self, engine):
        return parcel.Parcels(
            engine,
            self.folder,
            architecture='x86_64',
            layers=layer.Layers(engine, fake_engine.CLOSED),
        )

    def content(self, **changes):
        usual = {
            'reference': COMMIT,
            'committed': self.source.image(COMMIT),
            'parent': self.parent,
            'held': self.parent.diff_ids,
        }
        return parcel.Content(**{**usual, **changes})

    def pack(self, **changes):
        with self.parcels(self.source).packed(
            UUID, self.content(**changes)
        ) as found:
            return b''.join(found.stream())

    def receive(self, packed, engine, held):
        path = pathlib.Path(self.folder, 'received')
        path.write_bytes(packed)
        parcels = self.parcels(engine)
        with parcels.opened(UUID, path, held) as found:
            parcels.load(found)
            return parcels.loaded('image', found.reference)

    @staticmethod
    def members(packed):
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            return {each.name: tar.extractfile(each).read() for each in tar}

    def left(self):
        folder = pathlib.Path(self.folder, 'docker-images')
        return [each.name for each in folder.iterdir()]


class PackTest(ParcelTestCase):
    def test_only_the_servers_own_layer_travels(self):
        members = self.members(self.pack())
        (entry,) = json.loads(members['manifest.json'])
        names = [
            diff_id.removeprefix('sha256:') + '.tar'
            for diff_id in self.source.image(COMMIT).diff_ids
        ]
        self.assertEqual(names, entry['Layers'])
        self.assertIn(names[1], members)
        self.assertNotIn(names[0], members)

    def test_it_runs_what_its_parent_runs(self):
        members = self.members(self.pack())
        (entry,) = json.loads(members['manifest.json'])
        config = json.loads(members[entry['Config']])['config']
        self.assertEqual({'Cmd': ['serve']}, config)

    def test_all_of_it_travels_where_the_receiver_has_nothing(self):
        members = self.members(self.pack(held=()))
        layers = [name for name in members if name.endswith('.tar')]
        self.assertEqual(2, len(layers))

    def test_nothing_of_it_is_read_where_the_receiver_has_everything(self):
        held = self.source.image(COMMIT).diff_ids
        self.source.failures['_saved'] = AssertionError('it is not needed')
        members = self.members(self.pack(held=held))
        self.assertFalse([name for name in members if name.endswith('.tar')])

    def test_server_that_no_engine_would_take_is_refused(self):
        device = archives.member('sda', type=tarfile.BLKTYPE)
        layers = (archives.layer(), archives.tar((device, b'')))
        self.source._add_image(archives.config(layers), layers, COMMIT + '2')
        error = self.assertRaises(
            exception.MoveRefused,
            self.pack,
            reference=COMMIT + '2',
            committed=self.source.image(COMMIT + '2'),
            held=(),
        )
        self.assertIn('Its files cannot travel: layer 2', str(error))
        self.assertEqual([], self.left())

    def test_engine_that_fails_leaves_nothing(self):
        self.source.failures['save_chunk'] = exception.EngineUnavailable(
            host='h', reason='r'
        )
        self.assertRaises(exception.EngineUnavailable, self.pack)
        self.assertEqual([], self.left())


class ReceiveTest(ParcelTestCase):
    def setUp(self):
        super().setUp()
        self.target = fake_engine.FakeEngine()
        self.target.add_image(BASE, command=('serve',))

    def test_engine_that_has_the_image_gets_the_rest(self):
        loaded = self.receive(self.pack(), self.target, self.parent.diff_ids)
        found = self.target.image(loaded.reference)
        self.assertEqual(self.source.image(COMMIT).diff_ids, found.diff_ids)
        self.assertEqual(loaded.config_digest, found.id)
        self.assertEqual(
            f'nova-moved/{UUID}:{found.id.removeprefix("sha256:")}',
            loaded.reference,
        )
        self.assertEqual(
            model.LoadedImage(
                'image', loaded.reference, found.id, found.size_bytes, True
            ),
            loaded,
        )

    def test_same_engine_gets_it_without_a_layer(self):
        held = self.source.image(COMMIT).diff_ids
        parcels = self.parcels(self.source)
        with parcels.packed(UUID, self.content(held=held)) as found:
            parcels.load(found)
        image = self.source.image(found.reference)
        self.assertEqual(held, image.diff_ids)
        self.assertEqual({}, image.labels)

    def test_parcel_without_a_layer_that_is_needed_is_refused(self):
        error = self.assertRaises(
            exception.MoveRefused,
            self.receive,
            self.pack(),
            self.target,
            (),
        )
        self.assertIn('lacks its member', str(error))

    def test_something_else_is_refused(self):
        self.assertRaises(
            exception.MoveRefused, self.receive, b'x', self.target, ()
        )
