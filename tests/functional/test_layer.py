"""A layer read where the engine keeps it is the one that the engine saves."""

import contextlib
import dataclasses
import os
import pathlib
import socket
import stat
import tempfile

import fixtures
import testtools

from novadocker import exception
from novadocker.engine import engine as docker_engine
from novadocker.image import layer
import novadocker.privsep
from ocikit import digest
from ocikit import limit
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.functional import test_privsep

REFERENCE = 'nova-snapshot/test:layer'
LIMITS = limit.Limits(unpacked_bytes=1024**3)
# cap_net_raw=ep as the kernel writes it (linux/capability.h, version 2)
CAPABILITY = bytes.fromhex('0100000200200000000000000000000000000000')


def torture(root: pathlib.Path) -> None:
    """Make what a tenant can, in the folder with a container's changes."""
    # Gone from the image, as overlayfs notes it, and a folder made anew.
    os.mknod(root / 'gone', stat.S_IFCHR | 0o600, os.makedev(0, 0))
    anew = root / 'anew'
    anew.mkdir()
    os.setxattr(anew, 'trusted.overlay.opaque', b'y')
    (anew / 'new').write_bytes(b'new')
    hard = root / 'hard'
    hard.write_bytes(b'one' * 1000)
    os.link(hard, root / 'harder')
    os.symlink('/etc/shadow', root / 'link')
    os.symlink('../../../../../..', root / 'up')
    os.mkfifo(root / 'fifo')
    os.mknod(root / 'device', stat.S_IFCHR | 0o666, os.makedev(1, 3))
    with socket.socket(socket.AF_UNIX) as left:
        folder = os.open(root, os.O_RDONLY)
        left.bind(f'/proc/self/fd/{folder}/socket')
        os.close(folder)
    able = root / 'able'
    able.write_bytes(b'able')
    os.setxattr(able, 'security.capability', CAPABILITY)
    for name in (
        *(b'name\nends', b'name \xff\xfe', 'caf\u00e9'.encode(), b'-rf'),
        *(b'n' * 255, b'back\\slash', b'"quoted"'),
    ):
        (root / os.fsdecode(name)).write_bytes(name)
    deep = root.joinpath(*['d' * 100] * 5)
    deep.mkdir(parents=True)
    (deep / 'file').write_bytes(b'deep')
    (root / 'empty').touch()
    with (root / 'sparse').open('wb') as file:
        file.truncate(5_000_000)
        file.seek(3_000_000)
        file.write(b'island')
    owned = root / 'owned'
    owned.write_bytes(os.urandom(3 * 1024**2 + 17))
    os.chown(owned, 1234, 5678)
    owned.chmod(0o4600)
    os.utime(owned, ns=(1, 1_234_567_890_123_456_789))
    secret = root / 'secret'
    secret.mkdir()
    (secret / 'inside').write_bytes(b'inside')
    os.chown(secret, 1234, 1234)
    secret.chmod(0)
    # The folder that all of it is in is the tenant's, too.
    os.chown(root, 1234, 1234)
    root.chmod(0o700)


@dockerd.needs_dockerd
class LayerTestCase(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dockerd = dockerd.for_class(cls)
        cls.dockerd.load_image()

    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.useFixture(self.reader())
        self.client = self.dockerd.client
        self.engine = Engine(self.dockerd.host)
        self.layers = layer.Layers(self.engine, self.engine.info())

    def reader(self):
        """Give what reads, with no more power than it has."""
        return test_privsep.Daemon(novadocker.privsep.read)

    def commit(self, image=dockerd.IMAGE, change=lambda root: None):
        """Make an image of a container with some changes."""
        found = self.client.create_container(image, ['/bin/true'])
        shown = self.client.inspect_container(found['Id'])
        change(pathlib.Path(shown['GraphDriver']['Data']['UpperDir']))
        self.engine.commit(found['Id'], REFERENCE)
        self.client.remove_container(found['Id'])
        self.addCleanup(self._remove, REFERENCE)
        return self.engine.image(REFERENCE)

    def _remove(self, reference):
        with contextlib.suppress(exception.EngineImageNotFound):
            self.engine.remove_image(reference)

    def pick(self, image, wanted, layers=None):
        with tempfile.TemporaryFile() as file:
            found = (layers or self.layers).pick(
                REFERENCE, image, wanted, file, LIMITS
            )
            return {
                diff_id: b''.join(part.chunks())
                for diff_id, part in found.items()
            }

    def saved(self, image, wanted):
        """Take them out of what the engine saves."""
        info = self.engine.info()
        without = dataclasses.replace(info, storage_driver='')
        return self.pick(image, wanted, layer.Layers(self.engine, without))

    def place(self, image):
        """Give the folder with the engine's notes of the highest layer."""
        *_, chain_id = digest.chain_ids(image.diff_ids)
        root = pathlib.Path(self.engine.info().root_dir)
        notes = root / 'image/overlay2/layerdb/sha256'
        return notes / digest.encoded(chain_id)


class Engine(docker_engine.Engine):
    """Counts the images that it has to save."""

    saves = 0

    def save(self, reference):
        self.saves += 1
        return super().save(reference)


class ReadTest(LayerTestCase):
    def test_layer_is_the_one_that_the_engine_saves(self):
        image = self.commit(change=torture)
        wanted = image.diff_ids[-1:]
        found = self.pick(image, wanted)
        self.assertEqual(0, self.engine.saves)
        self.assertEqual(self.saved(image, wanted), found)
        self.assertEqual(wanted, (digest.from_bytes(found[wanted[0]]),))

    def test_all_layers_of_an_image(self):
        first = self.commit(change=torture)
        image = self.commit(first.id, lambda root: (root / 'x').touch())
        found = self.pick(image, image.diff_ids)
        self.assertEqual({*image.diff_ids}, found.keys())
        self.assertEqual(0, self.engine.saves)
        self.assertEqual(self.saved(image, image.diff_ids), found)


class FallBackTest(LayerTestCase):
    def reader(self):
        return netns.InProcess(novadocker.privsep.read)

    def _assert_saved(self, image, reason):
        wanted = image.diff_ids[-1:]
        found = self.pick(image, wanted)
        self.assertEqual(1, self.engine.saves)
        self.assertEqual(wanted, (digest.from_bytes(found[wanted[0]]),))
        self.assertIn(reason, self.log.output)
        self.assertIn('has to save the whole image', self.log.output)

    def test_engine_that_keeps_layers_elsewhere(self):
        image = self.commit(change=torture)
        info = dataclasses.replace(self.engine.info(), root_dir='/none')
        self.layers = layer.Layers(self.engine, info)
        self._assert_saved(image, 'No such file')

    def test_folder_that_others_could_write_to(self):
        image = self.commit(change=torture)
        root = pathlib.Path(self.engine.info().root_dir)
        before = stat.S_IMODE(root.stat().st_mode)
        self.addCleanup(root.chmod, before)
        root.chmod(0o777)
        self._assert_saved(image, "is not root's alone")
