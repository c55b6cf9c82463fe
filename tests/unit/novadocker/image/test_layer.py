"""Layers come from where the engine keeps them, or out of the whole image."""

import dataclasses
import os
import socket
import tempfile

import fixtures
from oslo_privsep import daemon as privsep_daemon
import testtools

from novadocker import model
from novadocker.image import layer
import novadocker.privsep
from novadocker.privsep import layer as privsep_layer
from ocikit import exception as oci_exception
from ocikit import limit
from tests.fixtures import archives
from tests.fixtures import engine_folder
from tests.fixtures import fake_engine
from tests.fixtures import netns

LAYERS = (
    archives.files({'base': b'0' * 3000}),
    archives.files({'change': b'1' * 3_000_000}),
    archives.files({'small': b'2'}),
)
DIFF_IDS = tuple(map(archives.digest, LAYERS))
LIMITS = limit.Limits(unpacked_bytes=1024**3)
REFERENCE = 'nova-snapshot/x:y'


class Engine:
    """Saves one image, which may not be needed."""

    saves = 0

    def save(self, reference):
        self.saves += 1
        yield archives.saved(LAYERS)


class LayerTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(netns.InProcess(novadocker.privsep.read))
        self.log = self.useFixture(fixtures.FakeLogger())
        self.folder = self.useFixture(engine_folder.EngineFolder())
        self.chain_ids = self.folder.add(*LAYERS)
        self.engine = Engine()
        self.info = dataclasses.replace(
            fake_engine.INFO, root_dir=self.folder.path
        )
        self.image = model.EngineImage(
            id=archives.digest(archives.config(LAYERS)),
            tags=(REFERENCE,),
            size_bytes=sum(map(len, LAYERS)),
            architecture='amd64',
            os='linux',
            diff_ids=DIFF_IDS,
        )

    def pick(self, *numbers, file=None):
        layers = layer.Layers(self.engine, self.info)
        wanted = {DIFF_IDS[each] for each in numbers}
        with file or tempfile.TemporaryFile() as target:
            found = layers.pick(REFERENCE, self.image, wanted, target, LIMITS)
            self.assertEqual(
                sum(len(LAYERS[each]) for each in numbers),
                os.fstat(target.fileno()).st_size,
            )
            return {
                diff_id: b''.join(part.chunks())
                for diff_id, part in found.items()
            }

    def assert_picked(self, *numbers):
        expected = {DIFF_IDS[each]: LAYERS[each] for each in numbers}
        self.assertEqual(expected, self.pick(*numbers))


class ReadTest(LayerTestCase):
    def test_layers_are_read_and_nothing_is_saved(self):
        for numbers in ((1,), (2,), (0, 2), (0, 1, 2)):
            self.assert_picked(*numbers)
        self.assertEqual(0, self.engine.saves)
        self.assertNotIn('whole image', self.log.output)

    def test_strangers_are_sent_away(self):
        users = [4242, 4242]
        real = layer._user

        def user(connection):
            return users.pop() if users else real(connection)

        self.patch(layer, '_user', user)
        send = privsep_layer.send

        def beside_others(engine_dir, chain_id, name):
            for _ in range(2):
                with socket.socket(socket.AF_UNIX) as stranger:
                    stranger.connect(f'\0{name}')
            send(engine_dir, chain_id, name)

        self.patch(privsep_layer, 'send', beside_others)
        self.assert_picked(1)
        self.assertEqual(([], 0), (users, self.engine.saves))

    def test_it_knows_who_has_connected(self):
        one, other = socket.socketpair(socket.AF_UNIX)
        with one, other:
            self.assertEqual(os.getuid(), layer._user(one))

    def test_disk_that_is_full_ends_it(self):
        class Full(tempfile.SpooledTemporaryFile):
            def write(self, content):
                raise OSError(28, 'No space left on device')

        error = self.assertRaises(OSError, self.pick, 1, file=Full())
        self.assertEqual(28, error.errno)
        self.assertEqual(0, self.engine.saves)


class FallBackTest(LayerTestCase):
    def _assert_saved(self, reason):
        self.assert_picked(1, 2)
        self.assertEqual(1, self.engine.saves)
        self.assertIn(reason, self.log.output)
        self.assertIn('has to save the whole image', self.log.output)

    def test_layer_that_is_kept_otherwise(self):
        notes = self.folder.notes(self.chain_ids[2]) / 'cache-id'
        notes.unlink()
        self._assert_saved('No such file')

    def test_layer_that_was_changed(self):
        file = self.folder.file(self.chain_ids[1], 'change')
        file.write_bytes(b'x' * 3_000_000)
        self._assert_saved('its files are not what they were')

    def test_daemon_that_may_not_be_started(self):
        def send(*args):
            raise privsep_daemon.FailedToDropPrivileges('sudo says no')

        self.patch(privsep_layer, 'send', send)
        self._assert_saved('sudo says no')

    def test_daemon_that_ends_midway(self):
        def send(engine_dir, chain_id, name):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(f'\0{name}')
                connection.sendall(LAYERS[1][:1000])
            raise OSError('Premature eof')

        self.patch(privsep_layer, 'send', send)
        self._assert_saved('Premature eof')

    def test_engines_of_other_kinds_are_not_looked_into(self):
        self.patch(privsep_layer, 'send', None)
        readable = self.info
        for changes in (
            {'storage_driver': 'vfs'},
            {'containerd_image_store': True},
        ):
            self.info = dataclasses.replace(readable, **changes)
            self.assert_picked(1)
            self.assertNotIn('whole image', self.log.output)

    def test_engine_that_saves_something_else(self):
        self.info = fake_engine.CLOSED
        self.image = dataclasses.replace(self.image, id='sha256:' + 'f' * 64)
        self.assertRaises(oci_exception.ArchiveError, self.pick, 1)
