"""Rescue: one container more, and nothing of it where it fails."""

import dataclasses
from unittest import mock

from nova import exception as nova_exception
from nova.compute import vm_states

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.ops import create
from novadocker.ops import destroy
from novadocker.ops import power
from novadocker.ops import rescue
from novadocker.spec import builder
from tests.fixtures import fake_engine
from tests.unit.novadocker.ops import stories

RUNNING = model.ContainerState.RUNNING


class RescueTestCase(stories.StoryTestCase):
    def setUp(self):
        super().setUp()
        patcher = mock.patch(
            'novadocker.ops.orphan.end', autospec=True, return_value=False
        )
        patcher.start()
        self.addCleanup(patcher.stop)
        self.original = self.boot()
        self.off()

    def off(self):
        power.power_off(self.tools, self.instance, timeout_s=0)

    def rescue(self, *, reaches_roots=True, **more):
        boot = create.Boot(
            instance=self.instance,
            view=self.view,
            image_id='rescue-image',
            network_info=self.ports,
            **more,
        )
        rescuer = rescue.Rescuer(
            self.tools, self.images, reaches_roots=reaches_roots
        )
        try:
            rescuer.rescue(None, boot)
        except Exception:
            self.instance.vm_state = vm_states.ERROR
            raise
        self.instance.vm_state = vm_states.RESCUED
        return self.rescuing()

    def unrescue(self):
        rescue.unrescue(self.tools, self.instance, self.view, self.ports)
        self.instance.vm_state = vm_states.ACTIVE

    def rescuing(self):
        name = identity.container_name(self.uuid, model.Role.RESCUE)
        return self.engine.inspect(name)

    def on(self):
        power.power_on(self.tools, self.instance, self.view, self.ports)

    def reboot(self):
        power.reboot(
            self.tools, self.instance, self.view, self.ports, is_hard=True
        )

    def assert_no_rescue(self):
        self.assertRaises(exception.ContainerNotFound, self.rescuing)
        self.assertEqual({self.original.id: self.uuid}, self.plumber.mapped)


class StoryTest(RescueTestCase):
    def test_rescue_runs_and_sees_the_root_of_the_server(self):
        found = self.rescue()
        self.assertIs(RUNNING, found.state)
        self.assertIs(model.ContainerState.EXITED, self.found().state)
        self.assertEqual(self.original.id, self.plumber.rescued[found.id])
        self.assertEqual(self.uuid, self.plumber.mapped[found.id])

    def test_its_walls_are_the_servers(self):
        found, server = (
            self.engine.specs[each]
            for each in (self.rescue().id, self.original.id)
        )
        for part in ('resources', 'security', 'mounts', 'runtime'):
            self.assertEqual(getattr(server, part), getattr(found, part))

    def test_key_pair_and_config_drive_are_the_servers(self):
        with mock.patch(
            'novadocker.ops.guest.let_in', autospec=True
        ) as let_in:
            found = self.rescue(public_key='k', config_drive=lambda: ())
        let_in.assert_called_once_with(
            self.tools, found.id, 'k', self.instance
        )
        targets = [
            mount.target for mount in self.engine.specs[found.id].mounts
        ]
        self.assertIn(builder.CONFIG_DRIVE_TARGET, targets)

    def test_unrescue_brings_the_server_back(self):
        self.rescue()
        self.unrescue()
        self.assertIs(RUNNING, self.found().state)
        self.assert_no_rescue()

    def test_unrescue_of_what_has_lost_its_rescue(self):
        self.engine.remove(self.rescue().id, force=True)
        self.unrescue()
        self.assertIs(RUNNING, self.found().state)

    def test_power_is_that_of_the_rescue(self):
        before = self.rescue()
        self.off()
        self.assertFalse(self.rescuing().state.is_live)
        self.on()
        self.assertIs(RUNNING, self.rescuing().state)
        self.assertEqual(self.original.id, self.plumber.rescued[before.id])
        self.reboot()
        self.assertEqual(before.id, self.rescuing().id)
        self.assertFalse(self.found().state.is_live)

    def test_rescue_that_has_lost_its_server_does_not_start(self):
        self.rescue()
        self.off()
        self.engine.remove(self.original.id)
        self.assertRaises(exception.ContainerNotFound, self.on)

    def test_what_nova_does_not_call_rescued_is_the_server(self):
        for deed in (self.on, self.reboot, self.off):
            with self.subTest(deed.__name__):
                self.off()
                self.rescue()
                self.instance.vm_state = vm_states.ERROR
                deed()
                self.assert_no_rescue()
                live = self.found().state.is_live
                self.assertEqual(deed != self.off, live)

    def test_delete_removes_both(self):
        self.rescue()
        destroy.destroy(self.tools, self.instance, self.ports)
        self.assert_nothing_left()

    def test_delete_waits_for_the_engine(self):
        self.rescue()
        self.engine.is_available = False
        self.while_asleep = lambda: setattr(self.engine, 'is_available', True)
        destroy.destroy(self.tools, self.instance, self.ports)
        self.assert_nothing_left()

    def test_delete_that_cannot_remove_it_says_so(self):
        self.rescue()
        self.engine.is_available = False
        self.assertRaises(
            nova_exception.InstancePowerOffFailure,
            *(destroy.destroy, self.tools, self.instance, self.ports),
        )


class FailureTest(RescueTestCase):
    def _fail(self, kind, **options):
        error = self.assertRaises(kind, self.rescue, **options)
        self.assert_no_rescue()
        return error

    def test_engine_that_gives_no_access(self):
        error = self._fail(exception.RescueRefused, reaches_roots=False)
        self.assertIn('overlay2', str(error))

    def test_server_that_runs(self):
        self.on()
        self._fail(exception.RescueRefused)

    def test_server_that_is_not_there(self):
        self.engine.remove(self.original.id)
        self.assertRaises(exception.ContainerNotFound, self.rescue)

    def test_image_that_is_at_fault(self):
        self.images.failure = exception.ImageRejected(image_id='i', reason='r')
        self._fail(exception.ImageRejected)

    def test_image_without_a_command(self):
        self.images.has_command = False
        self._fail(exception.ImageWithoutCommand)

    def test_option_that_cannot_be_read(self):
        self.view = dataclasses.replace(
            self.view, image_properties={'docker_tty': 'perhaps'}
        )
        self._fail(exception.InvalidContainerOption)

    def test_port_that_cannot_be_plugged(self):
        self.plumber.broken.add(self.ports[0]['id'])
        self._fail(nova_exception.VirtualInterfacePlugException)

    def test_command_that_ends_at_once(self):
        self.engine.outcome = fake_engine.Outcome(exit_code=1)
        self._fail(exception.ContainerExited)

    def test_engine_that_refuses(self):
        failure = exception.EngineError(action='do it', reason='r')
        for method in ('create', 'start'):
            self.engine.failures[method] = failure
            self._fail(exception.EngineError)

    def test_map_that_refuses(self):
        def refuse(*args):
            raise exception.MapEntryInvalid(entry='e', reason='r')

        self.patch(self.plumber, 'map', refuse)
        self._fail(exception.MapEntryInvalid)

    def test_container_that_the_engine_made_too_late(self):
        real = self.engine.create

        def create_late(spec):
            real(spec)
            raise exception.EngineTimeout(host='h', action='create')

        self.patch(self.engine, 'create', create_late)
        self._fail(exception.EngineTimeout)

    def test_what_an_earlier_one_has_left_goes_first(self):
        left = self.rescue()
        self.instance.vm_state = vm_states.ERROR
        self.assertNotEqual(left.id, self.rescue().id)

    def test_server_that_ends_at_once_is_not_rescued_any_more(self):
        self.rescue()
        self.engine.outcome = fake_engine.Outcome(exit_code=1)
        self.assertRaises(exception.ContainerExited, self.unrescue)
        self.assert_no_rescue()
