"""Rescue on a real engine: the root of a stopped server, in other hands."""

import contextlib
import os
import pathlib

import fixtures
from nova import exception as nova_exception
from nova import objects
from nova.compute import power_state
from nova.compute import vm_states

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.ops import locks
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.fixtures import rootfs
from tests.functional import survival

TOOLS = '22222222-2222-4333-8444-555555555555'
BROKEN = '33333333-2222-4333-8444-555555555555'
# What the server leaves, the rescue changes, and the server then finds.
_COMMAND = (
    'bash',
    '-c',
    'trap exit TERM; cat /proc/net/dev; echo first >> /story; cat /story; '
    'sleep 600 & wait',
)
_RESCUE = (
    'bash',
    '-c',
    'trap exit TERM; cat /rescue/story; echo mended >> /rescue/story; '
    'cat /proc/net/dev; sleep 600 & wait',
)
_BROKEN = ('sh', '-c', 'echo no tools; exit 3')


class RescueTestCase(survival.SurvivalTestCase):
    command = _COMMAND

    def setUp(self):
        super().setUp()
        self.instance.info_cache = objects.InstanceInfoCache(
            network_info=self.ports
        )
        self.useFixture(
            fixtures.MonkeyPatch('nova.image.glance.API.get', self._image)
        )
        self.original = self.boot()
        # Nobody waits for its command when a server boots.
        netns.wait_until(lambda: self.story() == ['first'], 'its first words')

    def _image(self, api, context, image_id, **kwargs):
        return {'id': image_id, 'properties': {}}

    def _download(self, context, image_id, path, trusted_certs=None):
        command = {TOOLS: _RESCUE, BROKEN: _BROKEN}.get(image_id, _COMMAND)
        programs = (*rootfs.PROGRAMS, 'bash')
        pathlib.Path(path).write_bytes(
            rootfs.archive('a:b', command, programs=programs)
        )

    # -- as Nova's manager does it

    def rescue(self, image_id=TOOLS, *, is_off=False):
        if not is_off:
            self.driver.power_off(self.instance)
        meta = objects.ImageMeta(id=image_id, container_format='docker')
        try:
            self.driver.rescue(
                *(None, self.instance, self.ports, meta, 'secret', {}, None)
            )
        except Exception:
            self.instance.vm_state = vm_states.ERROR
            raise
        self.instance.vm_state = vm_states.RESCUED

    def unrescue(self):
        self.driver.unrescue(None, self.instance)
        self.instance.vm_state = vm_states.ACTIVE

    # -- what there is to see

    def container_of(self, role):
        name = identity.container_name(self.namespace.uuid, role)
        return self.engine.inspect(name)

    def story(self):
        """Tell what the server's root has been through, by its own log."""
        log = self.engine.logs(self.original.id, 65536).decode()
        return log.rpartition('eth0:')[2].splitlines()[1:]

    def assert_rescued(self):
        container = self.container_of(model.Role.RESCUE)
        self.assertEqual(power_state.RUNNING, self.state())
        inside = os.stat(f'/proc/{container.pid}/ns/net').st_ino
        made = os.stat(identity.netns_path(self.namespace.uuid)).st_ino
        self.assertEqual(made, inside)
        self.assertEqual([self.port['devname']], self.switch.ports())
        self.assertFalse(self.container().state.is_live)
        root = pathlib.Path(f'/proc/{container.pid}/root/rescue')
        netns.wait_until(
            lambda: 'mended' in (root / 'story').read_text(), 'the mending'
        )
        return container

    def assert_no_rescue(self):
        self.assertRaises(
            exception.ContainerNotFound,
            self.container_of,
            model.Role.RESCUE,
        )
        mounts = pathlib.Path('/proc/self/mounts').read_text()
        self.assertNotIn('/rescue ', mounts)
        self.assertFalse(self.dockerd.client.volumes()['Volumes'])


@dockerd.needs_dockerd
@ovs.needs_ovs
class RescueTest(RescueTestCase):
    def test_changes_of_the_rescue_are_the_servers_afterwards(self):
        self.rescue()
        self.assert_rescued()
        self.unrescue()
        self.assert_no_rescue()
        after = self.assert_running()
        self.assertEqual(self.original.id, after.id)
        netns.wait_until(
            lambda: self.story() == ['first', 'mended', 'first'], 'the story'
        )

    def test_twice(self):
        for _ in range(2):
            self.rescue()
            self.assert_rescued()
            self.unrescue()
        self.assert_running()

    def test_console_log_is_that_of_the_rescue(self):
        self.rescue()
        self.assert_rescued()
        netns.wait_until(lambda: 'eth0:' in self._console(), 'the last words')
        self.assertTrue(self._console().startswith('first\n'))

    def _console(self):
        return self.driver.get_console_output(None, self.instance)

    def test_it_has_the_walls_of_the_server(self):
        self.rescue()
        inspect = self.dockerd.client.inspect_container
        found, server = (
            inspect(each)['HostConfig']
            for each in (
                self.container_of(model.Role.RESCUE).id,
                self.original.id,
            )
        )
        self.assertEqual(server, found)
        self.assertEqual(64 * 1024**2, found['Memory'])
        self.assertEqual(['no-new-privileges'], found['SecurityOpt'])

    def test_reboots_leave_it_rescued(self):
        self.rescue()
        before = self.assert_rescued()
        for kind in ('SOFT', 'HARD'):
            self.driver.reboot(None, self.instance, self.ports, kind)
            after = self.assert_rescued()
            self.assertEqual(before.id, after.id)
            self.assertNotEqual(before.pid, after.pid)

    def test_stop_and_start_leave_it_rescued(self):
        self.rescue()
        self.driver.power_off(self.instance)
        self.assertEqual(power_state.SHUTDOWN, self.state())
        self.power_on()
        self.assert_rescued()

    def test_start_of_what_nova_calls_stopped_ends_it(self):
        # Nova sets SHUTOFF whatever it was before.
        self.rescue()
        self.instance.vm_state = vm_states.STOPPED
        self.driver.power_off(self.instance)
        self.power_on()
        self.assert_running()
        self.assert_no_rescue()

    def test_nova_lists_the_server_once(self):
        self.rescue()
        uuids = self.driver.list_instance_uuids()
        self.assertEqual([self.instance.uuid], uuids)
        self.assertEqual(1, self.driver.get_num_instances())

    def test_delete_leaves_nothing(self):
        self.rescue()
        self.destroy()
        self.assert_nothing_left()
        self.assert_no_rescue()


@dockerd.needs_dockerd
@ovs.needs_ovs
class SurvivalTest(RescueTestCase):
    def test_nova_compute(self):
        self.rescue()
        before = self.assert_rescued()
        self.driver.cleanup_host(survival.HOST)
        self.driver = self.started_driver()
        self.driver.plug_vifs(self.instance, self.ports)
        self.assertEqual(before.pid, self.assert_rescued().pid)
        self.unrescue()
        self.assert_running()

    def test_dockerd(self):
        self.rescue()
        before = self.assert_rescued()
        self.restart()
        self.assertEqual(before.pid, self.assert_rescued().pid)
        self.driver.reboot(None, self.instance, self.ports, 'HARD')
        self.assert_rescued()
        self.unrescue()
        self.assert_no_rescue()
        self.assert_running()

    def test_host(self):
        self.rescue()
        before = self.assert_rescued()
        self.reboot_the_host()
        self.assertEqual(power_state.SHUTDOWN, self.state())
        self.driver.resume_state_on_host_boot(None, self.instance, self.ports)
        self.assertEqual(before.id, self.assert_rescued().id)
        self.unrescue()
        self.assert_running()

    def test_host_and_no_resume(self):
        self.rescue()
        self.reboot_the_host()
        self.unrescue()
        self.assert_no_rescue()
        self.assert_running()

    def test_delete_after_the_host(self):
        self.rescue()
        self.reboot_the_host()
        self.destroy()
        self.assert_nothing_left()


@dockerd.needs_dockerd
@ovs.needs_ovs
class FailureTest(RescueTestCase):
    def _fail(self):
        # On a busy machine a command takes its time to end.
        self.check_starts_for(ms=60_000)
        error = self.assertRaises(
            exception.ContainerExited, self.rescue, BROKEN
        )
        self.check_starts_for(ms=100)
        self.assert_no_rescue()
        entries = os.listdir(self.dockerd.map_dir)
        self.assertEqual([self.original.id], entries)
        return error

    def test_command_that_ends_at_once_leaves_nothing(self):
        self.assertIn('no tools', str(self._fail()))

    def test_hard_reboot_brings_the_server_back(self):
        self._fail()
        self.driver.reboot(None, self.instance, self.ports, 'HARD')
        self.assertEqual(self.original.id, self.assert_running().id)

    def test_server_can_be_deleted(self):
        self._fail()
        self.destroy()
        self.assert_nothing_left()

    def test_server_can_be_unrescued_even_so(self):
        self._fail()
        self.unrescue()
        self.assert_running()

    def test_another_rescue_may_work(self):
        self._fail()
        self.rescue()
        self.assert_rescued()

    def test_engine_that_goes_meanwhile(self):
        for method in ('create', 'start'):
            with self.subTest(method):
                self.at(method, self.kill_for_a_while)
                with contextlib.suppress(exception.EngineUnavailable):
                    self.rescue()
                self.wait_for_engine()
                # What Nova lets its user do then.
                self.instance.vm_state = vm_states.ERROR
                self.driver.reboot(None, self.instance, self.ports, 'HARD')
                self.assert_running()
                self.assert_no_rescue()
                self.instance.vm_state = vm_states.ACTIVE

    def test_running_server_is_not_rescued(self):
        error = self.assertRaises(
            exception.RescueRefused, self.rescue, is_off=True
        )
        self.assertIn('still running', str(error))
        self.assert_running()

    def test_root_that_is_in_use_is_not_mounted_twice(self):
        # Somebody copies a file out of it, or the engine starts it.
        client = self.dockerd.client
        self.driver.power_off(self.instance)
        self.rescue()
        self.driver.power_off(self.instance)
        client.start(self.original.id)
        error = self.assertRaises(exception.EngineError, self.power_on)
        self.assertIn('still in use', str(error))
        self.assertTrue(self.container().state.is_live)

    def test_container_that_is_gone(self):
        self.driver.power_off(self.instance)
        self.engine.remove(self.original.id)
        self.assertRaises(
            nova_exception.InstanceNotFound, self.rescue, is_off=True
        )
        with locks.instance_lock(self.instance.uuid):
            pass  # It was given back.


@dockerd.needs_dockerd
@ovs.needs_ovs
class OtherStoreTest(RescueTestCase):
    config = {'storage-driver': 'vfs'}

    def test_engine_without_a_root_to_reach(self):
        error = self.assertRaises(exception.RescueRefused, self.rescue)
        self.assertIn('takes an engine with overlay2', str(error))
        fault = nova_exception.InstanceNotRescuable(
            instance_id=self.instance.uuid, reason=f'Driver Error: {error}'
        )
        self.assertLess(len(str(fault)), 255)
        self.assert_no_rescue()
        self.driver.reboot(None, self.instance, self.ports, 'HARD')
        self.assert_running()
