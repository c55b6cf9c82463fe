"""Snapshots by a real engine, which boot and are nothing but the server."""

import io
import json
import pathlib
import tarfile
import threading
import tracemalloc
from unittest import mock
import uuid

from novadocker import exception
from novadocker import model
from novadocker.image import upload
from novadocker.ops import create
from novadocker.ops import power
from novadocker.ops import snapshot
from tests.fixtures import dockerd
from tests.fixtures import fake_glance
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.fixtures import rootfs
from tests.functional import test_boot

MIB = 1024 * 1024
# What the image runs where nobody says otherwise.
COMMAND = ('sh', '-c', 'cat /tmp/mark /etc/hostname; exec sleep 600')
MARK = "sh -c 'echo here > /tmp/mark; exec sleep 600'"
DEADLINE_S = 60


class SnapshotTestCase(test_boot.BootTestCase):
    def setUp(self):
        super().setUp()
        # The engine keeps what an earlier test has booted.
        self.image_id, self.other_id = str(uuid.uuid4()), str(uuid.uuid4())
        self.glance = fake_glance.FakeGlance(
            **{
                each: fake_glance.awaited()
                for each in (self.image_id, self.other_id)
            }
        )
        self.uploader = upload.Uploader(self.glance, architecture='x86_64')
        self.addCleanup(self._destroy)

    def _download(self, context, image_id, path, trusted_certs):
        content = self.glance.contents.get(image_id)
        if content is None:
            content = rootfs.archive(
                'base:tag', COMMAND, config={'Env': ['A=b'], 'User': '0'}
            )
        pathlib.Path(path).write_bytes(content)

    def _boot_from(self, image_id, **changes):
        boot = create.Boot(
            instance=self.instance,
            view=self._view(**changes),
            image_id=image_id,
            network_info=self.ports,
        )
        self.creator.create(None, boot)

    def _boot_marked(self, command=MARK, **metadata):
        """Boot a server and wait for what it writes."""
        metadata['docker:command'] = command
        self._boot(metadata=metadata)
        container = f'nova-{self.namespace.uuid}'
        netns.wait_until(
            lambda: any(
                change['Path'] == '/tmp/mark'
                for change in self.dockerd.client.diff(container) or []
            ),
            'the mark',
            within_s=DEADLINE_S,
        )

    def _snapshot(self, image_id=None):
        snapshot.snapshot(
            self.tools,
            self.uploader,
            None,
            self.instance,
            image_id or self.image_id,
            mock.Mock(),
        )

    def _state(self):
        name = f'nova-{self.namespace.uuid}'
        return self.engine.inspect(name).state

    def _wait_for(self, text):
        """Wait until the server has written something."""
        found = self.engine.inspect(f'nova-{self.namespace.uuid}')
        netns.wait_until(lambda: text in self._log(found), text)

    def _members(self, image_id=None):
        """Read the config and the names in the last layer of a snapshot."""
        content = io.BytesIO(self.glance.contents[image_id or self.image_id])
        with tarfile.open(fileobj=content) as tar:
            (entry,) = json.load(tar.extractfile('manifest.json'))
            config = json.load(tar.extractfile(entry['Config']))
            with tarfile.open(
                fileobj=tar.extractfile(entry['Layers'][-1])
            ) as layer:
                return config, layer.getnames()

    def _assert_engine_is_clean(self):
        tags = [
            tag
            for image in self.dockerd.client.images(all=True)
            for tag in image['RepoTags'] or ['<none>']
        ]
        self.assertTrue(
            all(tag.startswith('nova-image/') for tag in tags), tags
        )


@dockerd.needs_dockerd
@ovs.needs_ovs
class BootAgainTest(SnapshotTestCase):
    def test_snapshot_boots_like_its_parent_with_the_servers_files(self):
        self._boot_marked(**{'docker:env:SECRET': '1'})
        self._snapshot()
        self.assertIs(model.ContainerState.RUNNING, self._state())
        self._assert_engine_is_clean()
        self._destroy()
        self._boot_from(self.image_id, hostname='other')
        self._wait_for('here\nother\n')

    def test_nothing_but_the_servers_files_is_in_it(self):
        self._boot_marked(**{'docker:env:SECRET': '1'})
        self._snapshot()
        config, names = self._members()
        # The engine needs a file to mount its init upon.
        init = {'sbin', 'sbin/docker-init'}
        self.assertEqual({'tmp', 'tmp/mark'}, set(names) - init)
        self.assertEqual({'A=b'}, set(config['config'].pop('Env')))
        self.assertEqual(
            {'Cmd': [*COMMAND], 'User': '0'}, config.pop('config')
        )
        self.assertNotIn('SECRET', json.dumps(config))
        self.assertEqual(
            {'architecture', 'os', 'created', 'history', 'rootfs'},
            set(config),
        )

    def test_snapshot_of_a_server_from_a_snapshot(self):
        self._boot_marked()
        self._snapshot()
        self._destroy()
        more = "sh -c 'cat /tmp/mark >> /tmp/mark2; exec sleep 600'"
        self._boot_from(self.image_id, metadata={'docker:command': more})
        power.power_off(self.tools, self.instance, timeout_s=0)
        self._snapshot(self.other_id)
        self._destroy()
        again = "sh -c 'cat /tmp/mark /tmp/mark2; exec sleep 600'"
        self._boot_from(self.other_id, metadata={'docker:command': again})
        self._wait_for('here\nhere\n')
        config, _ = self._members(self.other_id)
        self.assertEqual([*COMMAND], config['config']['Cmd'])
        self.assertEqual(3, len(config['rootfs']['diff_ids']))

    def test_snapshot_in_the_engine_is_nobodys_server(self):
        self._boot_marked()
        self._snapshot()
        self._destroy()
        self._boot_from(self.image_id)
        (image,) = self.engine.find_images(f'nova-image/{self.image_id}')
        self.assertEqual({}, image.labels)

    def test_server_that_changed_nothing(self):
        self._boot(metadata={'docker:command': 'sleep 600'})
        self._snapshot()
        self._destroy()
        self._boot_from(
            self.image_id, metadata={'docker:command': 'sleep 600'}
        )
        self.assertIs(model.ContainerState.RUNNING, self._state())


@dockerd.needs_dockerd
@ovs.needs_ovs
class StateTest(SnapshotTestCase):
    def test_paused_server_stays_paused(self):
        self._boot_marked()
        power.pause(self.tools, self.instance)
        self._snapshot()
        self.assertIs(model.ContainerState.PAUSED, self._state())
        self.assertIn('tmp/mark', self._members()[1])

    def test_stopped_server_stays_stopped(self):
        self._boot_marked()
        power.power_off(self.tools, self.instance, timeout_s=0)
        self._snapshot()
        self.assertIs(model.ContainerState.EXITED, self._state())
        self.assertIn('tmp/mark', self._members()[1])

    def test_server_is_deleted_while_it_is_uploaded(self):
        self._boot_marked()

        def delete():
            self.glance.while_uploading = None
            self._destroy()

        self.glance.while_uploading = delete
        self._snapshot()
        self._assert_engine_is_clean()
        self._boot_from(self.image_id)
        self._wait_for('here\n')

    def test_engine_that_is_killed_leaves_no_server_frozen(self):
        size_mb = 300
        self._boot_marked(
            f"sh -c 'dd if=/dev/zero of=/tmp/large bs=1048576 "
            f"count={size_mb}; echo here > /tmp/mark; exec sleep 600'"
        )
        errors = []

        def attempt():
            try:
                self._snapshot()
            except exception.EngineUnavailable as err:
                errors.append(err)

        thread = threading.Thread(target=attempt)
        thread.start()
        self.addCleanup(thread.join, DEADLINE_S)
        netns.wait_until(
            lambda: self._state() is model.ContainerState.PAUSED,
            'the commit',
        )
        self.dockerd.kill()
        self.dockerd.start()
        thread.join(DEADLINE_S)
        self.assertEqual(1, len(errors))
        self.assertIs(model.ContainerState.RUNNING, self._state())
        self.assertNotIn(self.image_id, self.glance.images)
        self._assert_engine_is_clean()


class _Counting(fake_glance.FakeGlance):
    """Throws away what is uploaded."""

    def _receive(self, image_id, data, most):
        count = 0
        while piece := data.read(self.PIECE_BYTES):
            count += len(piece)
        # It has the length, and nothing else, of the content.
        self.contents[image_id] = range(count)


@dockerd.needs_dockerd
@ovs.needs_ovs
class MemoryTest(SnapshotTestCase):
    def test_memory_stays_flat(self):
        size_mb = 64
        self._boot_marked(
            f"sh -c 'dd if=/dev/urandom of=/tmp/large bs=1048576 "
            f"count={size_mb}; echo here > /tmp/mark; exec sleep 600'"
        )
        counting = _Counting(**self.glance.images)
        self.uploader = upload.Uploader(counting, architecture='x86_64')
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self._snapshot()
        _, peak = tracemalloc.get_traced_memory()
        self.assertGreater(counting.images[self.image_id]['size'], 64 * MIB)
        self.assertLess(peak, 4 * MIB)
