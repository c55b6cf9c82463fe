"""A rebuild on a real engine, on ports that nobody takes away."""

import dataclasses
import pathlib
import socket

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.ops import create
from novadocker.ops import rebuild
from tests.fixtures import dockerd
from tests.fixtures import ovs
from tests.functional import test_boot

OTHER_ID = '22222222-2222-4333-8444-555555555555'


@dockerd.needs_dockerd
@ovs.needs_ovs
class RebuildTest(test_boot.BootTestCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self._destroy)

    def _rebuild(self, image_id=OTHER_ID, creator=None, **changes):
        boot = create.Boot(
            instance=self.instance,
            view=self._view(**changes),
            image_id=image_id,
            network_info=self.ports,
        )
        rebuild.rebuild(
            self.tools,
            creator or self.creator,
            None,
            boot,
            rebuild.Calls(tuple, lambda: None, lambda: None),
            timeout_s=0,
        )
        return self.engine.inspect(f'nova-{self.namespace.uuid}')

    def _network(self):
        """Tell namespace and host end of the port from any made anew."""
        netns = pathlib.Path(identity.netns_path(self.namespace.uuid))
        index = socket.if_nametoindex(self.ports[0]['devname'])
        return netns.stat().st_ino, index, self.switch.ports()

    def test_container_is_new_and_its_network_the_old_one(self):
        for image_id in (OTHER_ID, test_boot.IMAGE_ID):
            first = self._boot()
            before = self._network()
            found = self._rebuild(image_id)
            self.assertNotEqual(first.id, found.id)
            self.assertEqual(before, self._network())
            log = self._log_of_looks(found)
            self.assertRegex(log, rf'eth0\s+00000000\s+{test_boot.GATEWAY}')
            self.assertRegex(log, r'10\.10\.10\.9\s+web')
            self._destroy()
            self.assert_nothing_left()

    def _fail(self):
        # On a busy machine a command takes its time to end.
        settings = dataclasses.replace(
            self.tools.settings, start_check_ms=60_000
        )
        patient = dataclasses.replace(self.tools, settings=settings)
        self.assertRaises(
            exception.ContainerExited,
            self._rebuild,
            creator=create.Creator(patient, self.images, self._wait),
            metadata={'docker:command': 'false'},
        )

    def test_failed_rebuild_can_be_repeated_and_deleted(self):
        self._boot()
        before = self._network()
        for _ in range(2):
            self._fail()
            self.assertEqual([], self.engine.containers())
            self.assertEqual(before, self._network())
        found = self._rebuild()
        self.assertIs(model.ContainerState.RUNNING, found.state)
        self._destroy()
        self.assert_nothing_left()

    def test_failed_rebuild_can_be_deleted(self):
        self._boot()
        self._fail()
        self._destroy()
        self.assert_nothing_left()
