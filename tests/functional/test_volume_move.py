"""Volumes that move with their server between two real engines.

Both hosts are one kernel, which would refuse a second mount of a device: so
each move shows that the first host has let go of it.
"""

import contextlib
import dataclasses
import itertools
import pathlib
from unittest import mock
import uuid

from nova import exception as nova_exception

from novadocker import exception
from novadocker import model
from novadocker.ops import create
from novadocker.ops import decision
from novadocker.ops import destroy
from novadocker.ops import power
import novadocker.privsep
from novadocker.privsep import disk
from novadocker.volume import connector
from novadocker.volume import request
from novadocker.volume import volumes
from tests.fixtures import dockerd
from tests.fixtures import loop
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.fixtures import rootfs
from tests.functional import test_boot
from tests.functional import test_migration

# A line more with each start; it ends when dockerd asks it to.
_WRITER = (
    'trap exit TERM; echo start >>/volumes/vdb/story; cat /volumes/vdb/story; '
    'echo ready; sleep 600 & wait'
)


class Connector(connector.Connector):
    """One host's, which knows what it has connected."""

    def __init__(self):
        super().__init__('sudo')
        self.connected = set()
        self.is_broken = False

    def connect(self, volume):
        if self.is_broken:
            raise exception.VolumeRefused(
                volume_id=volume.id, reason='a test wants it so'
            )
        self.connected.add(volume.id)
        return super().connect(volume)

    def disconnect(self, volume):
        super().disconnect(volume)
        self.connected.discard(volume.id)


@dockerd.needs_dockerd
@ovs.needs_ovs
@loop.needs_loops
class VolumeMoveTestCase(test_migration.MigrationTestCase):
    """A server with a volume, and two hosts."""

    def setUp(self):
        super().setUp()
        self.useFixture(netns.InProcess(novadocker.privsep.mount))
        self.source = self.tools = self._with_volumes(self.source)
        self.target = self._with_volumes(self.target)
        self.creator = create.Creator(self.tools, self.images, self._wait)
        self.loop = self.useFixture(loop.Loop())
        self.volumes = (
            request.Volume(
                str(uuid.uuid4()),
                'local',
                {'device_path': self.loop.path},
                '/volumes/vdb',
            ),
        )
        self.addCleanup(self._clear)

    def _clear(self):
        """Clear both hosts before their device goes."""
        self.volumes = ()
        self._destroy_on(self.source)
        self._destroy_on(self.target)

    def _download(self, context, image_id, path, trusted_certs):
        pathlib.Path(path).write_bytes(
            rootfs.archive(
                'base:tag',
                ('bash', '-c', _WRITER),
                content=rootfs.with_files(test_migration.PROGRAMS, {}),
            )
        )

    def _with_volumes(self, tools):
        engines = {'host1': self.dockerd, 'host2': self.other_dockerd}
        return dataclasses.replace(
            tools,
            volumes=volumes.Volumes(
                engines[tools.host.name].map_dir,
                Connector(),
                volumes.Settings(is_enabled=True, filesystem='ext4'),
            ),
        )

    def has_it(self, tools):
        return bool(tools.volumes._connector.connected)

    def assert_runs(self, tools, container, *, starts):
        """See that a server has its volume, which knows of so many starts."""

        def has_started():
            log = tools.engine.logs(container.id, test_migration.MIB)
            return log.endswith(b'start\n' * starts + b'ready\n')

        netns.wait_until(has_started, f'{starts} starts', within_s=60)
        self.assertTrue(disk.is_used(self.loop.path))
        self.assertTrue(self.has_it(tools))

    def assert_free(self):
        self.assertFalse(disk.is_used(self.loop.path))
        self.assertFalse(self.has_it(self.source))
        self.assertFalse(self.has_it(self.target))


class StoryTest(VolumeMoveTestCase):
    def test_it_comes_along_and_is_confirmed(self):
        self.boot()
        for starts, stays in ((2, True), (3, False)):
            luggage = self.depart(stays=stays)
            self.assert_free()
            found = self.arrive(luggage)
            self.assert_runs(self.moved_to, found, starts=starts)
            decision.confirm(self.source, self.instance, stays=stays)
            self.assert_runs(self.moved_to, found, starts=starts)
        self.assertFalse(self.has_it(self.source))
        self.assert_host_is_empty(self.source, self.dockerd)
        self._destroy_on(self.target)
        self.assert_host_is_empty(self.target, self.other_dockerd)
        self.assert_free()

    def test_it_comes_back(self):
        first = self.boot()
        # One more there, and one more here.
        for starts, stays in ((3, True), (5, False)):
            self.arrive(self.depart(stays=stays))
            self.revert()
            (found,) = self.engine.containers()
            self.assertEqual(first.id, found.id)
            self.assert_runs(self.source, found, starts=starts)
            self.assertFalse(self.has_it(self.target))
        self.assert_host_is_empty(self.target, self.other_dockerd)

    def test_that_of_a_stopped_server_is_mounted_when_it_starts(self):
        self.boot()
        power.power_off(self.source, self.instance, timeout_s=10)
        self.arrive(self.depart(stays=False), power_on=False)
        self.assertTrue(self.has_it(self.target))
        self.revert(power_on=False)
        self.assertFalse(self.has_it(self.target))
        self.assertTrue(self.has_it(self.source))
        self.assertFalse(disk.is_used(self.loop.path))
        self._start(self.source)
        (found,) = self.engine.containers()
        self.assert_runs(self.source, found, starts=2)

    def _start(self, tools):
        power.power_on(
            *(tools, self.instance, self._view(), self.ports, self.volumes)
        )

    def test_evacuated_server_has_its_data(self):
        first = self.boot()
        # The host has died, as its fence sees to; the device says so.
        self.engine.kill(first.id)
        request = self._request()
        self._creator_there().create(None, request)
        (found,) = self.target.engine.containers()
        self.assert_runs(self.target, found, starts=2)
        # And has come back.
        destroy.destroy(
            *(self.source, self.instance, self.ports),
            attached=self.volumes,
            is_elsewhere=True,
        )
        self.assertEqual([], self.engine.containers())
        self.assert_runs(self.target, found, starts=2)

    def _request(self):
        return create.Boot(
            instance=self.instance,
            view=self._view(),
            image_id=test_boot.IMAGE_ID,
            network_info=self.ports,
            volumes=self.volumes,
        )

    def _creator_there(self):
        self.moved_to = self.target
        return create.Creator(
            self.target, self.arriving().images, lambda *of: self._no_wait()
        )

    @contextlib.contextmanager
    def _no_wait(self):
        yield


class FailureTest(VolumeMoveTestCase):
    def _assert_stayed(self, first, *, starts):
        (found,) = self.engine.containers()
        self.assertEqual(first.id, found.id)
        self.assertIs(model.ContainerState.RUNNING, found.state)
        self.assert_runs(self.source, found, starts=starts)
        self.assertFalse(self.has_it(self.target))

    def test_volume_that_something_has_keeps_the_server(self):
        first = self.boot()
        self.source.volumes._clock = itertools.count(step=6).__next__

        def is_used(path):
            return path == self.loop.path

        with mock.patch(
            'novadocker.privsep.disk.is_used', autospec=True
        ) as found:
            found.side_effect = is_used
            self.assertRaises(exception.VolumeBusy, self.depart, stays=False)
        self._assert_stayed(first, starts=2)

    def test_upload_that_fails_keeps_it_mounted_again(self):
        first = self.boot()
        self.glance.failure = nova_exception.ImageQuotaExceeded(image_id='x')
        self.assertRaises(
            nova_exception.ImageQuotaExceeded, self.depart, stays=False
        )
        self._assert_stayed(first, starts=2)

    def test_revert_that_something_stops_leaves_the_server_there(self):
        self.boot()
        moved = self.arrive(self.depart(stays=False))
        self.target.volumes._clock = itertools.count(step=61).__next__
        with mock.patch(
            'novadocker.privsep.disk.is_used', autospec=True, return_value=True
        ):
            self.assertRaises(exception.VolumeBusy, self.revert)
        self.instance.task_state = None
        power.reboot(
            *(self.target, self.instance, self._view(), self.ports),
            is_hard=True,
            attached=self.volumes,
        )
        (found,) = self.target.engine.containers()
        self.assertEqual(moved.id, found.id)
        self.assert_runs(self.target, found, starts=3)

    def test_host_that_cannot_have_it_tries_again(self):
        self.boot()
        luggage = self.depart(stays=False)
        there = self.target.volumes._connector
        there.is_broken = True
        self.assertRaises(exception.VolumeRefused, self.arrive, luggage)
        self.assert_free()
        self.assertEqual([], self.target.engine.containers())
        there.is_broken = False
        found = self.arrive(luggage)
        self.assert_runs(self.target, found, starts=2)
