"""The end of a resize: one container, on one host, and nothing else."""

import os

from nova.compute import task_states

from novadocker import exception
from novadocker.ops import create
from novadocker.ops import decision
from novadocker.ops import destroy
from novadocker.ops import kept
from novadocker.ops import power
from novadocker.ops import tools as ops_tools
from tests.unit.novadocker.ops import moving
from tests.unit.novadocker.ops import stories


class DecisionTestCase(moving.MoveTestCase):
    def moved(self, *, stays, **changes):
        self.moved_to = self.source if stays else self.target
        return self.arrive(self.depart(stays=stays), self.moved_to, **changes)

    def confirm(self, *, stays):
        decision.confirm(self.source, self.instance, stays=stays)

    def destroy_moved(self):
        """Do what Nova does first where a resize is reverted."""
        self.instance.task_state = task_states.RESIZE_REVERTING
        destroy.destroy(self.moved_to, self.instance, self.ports)

    def revert(self, *, power_on=True):
        decision.revert(
            self.source,
            self.instance,
            self.view,
            self.ports,
            power_on=power_on,
        )


class ConfirmTest(DecisionTestCase):
    def test_nothing_is_left_on_the_host_that_it_came_from(self):
        found = self.moved(stays=False)
        self.confirm(stays=False)
        self.assert_host_is_empty(self.source)
        self.assertEqual([found], self.target.engine.containers())

    def test_on_one_host_the_new_one_stays_untouched(self):
        found = self.moved(stays=True)
        self.confirm(stays=True)
        self.assertEqual([found], self.engine.containers())
        self.assertEqual({found.id: self.uuid}, self.plumber.mapped)
        self.assertEqual(1, len(self.brought(self.source)))
        self.assertIn(self.uuid, os.listdir(self.instances))

    def test_layers_go_with_the_last_container_of_them(self):
        self.moved(stays=True)
        self.confirm(stays=True)
        luggage = self.depart(id='again')
        self.arrive(luggage)
        self.assertEqual(1, len(self.brought(self.source)))
        self.confirm(stays=False)
        self.assert_host_is_empty(self.source)

    def test_twice(self):
        self.moved(stays=False)
        self.confirm(stays=False)
        self.confirm(stays=False)

    def test_engine_that_does_not_remove(self):
        self.moved(stays=False)
        self.patch(
            self.engine,
            'remove',
            lambda *args, **more: self._fail('remove'),
        )
        self.assertRaises(exception.EngineError, self.confirm, stays=False)
        self.assertTrue(self.kept())

    def _fail(self, action):
        raise exception.EngineError(action=action, reason='a test')

    def test_layers_that_cannot_be_removed_are_told(self):
        self.moved(stays=False)
        self.patch(
            self.engine, 'find_images', lambda of: self._fail('list images')
        )
        self.confirm(stays=False)
        self.assertIn('are left', self.log.output)


class RevertTest(DecisionTestCase):
    def test_it_is_where_and_what_it_was(self):
        for stays in (False, True):
            with self.subTest(stays=stays):
                self.anew()
                self.moved(stays=stays)
                self.destroy_moved()
                if not stays:
                    self.assert_host_is_empty(self.target)
                self.revert()
                self.assert_as_it_was()

    def test_on_one_host_its_ports_and_files_stay(self):
        self.moved(stays=True)
        self.patch(self.plumber, 'unplug', self._must_not)
        before = sorted(os.listdir(os.path.join(self.instances, self.uuid)))
        self.destroy_moved()
        after = sorted(os.listdir(os.path.join(self.instances, self.uuid)))
        self.assertEqual(before, after)

    def _must_not(self, *args):
        raise AssertionError('it is not needed')

    def test_what_an_older_move_left_there_is_no_server_to_go_back_to(self):
        older = self.leave_older(self.target)
        self.moved(stays=False)
        found = [each.id for each in self.target.engine.containers()]
        self.assertNotIn(older, found)
        self.destroy_moved()
        self.assert_host_is_empty(self.target)
        self.revert()
        self.assert_as_it_was()

    def leave_older(self, tools):
        """Have a host keep a container of an older move."""
        creator = create.Creator(
            tools, stories.FakeImages(tools.engine), self.wait
        )
        creator.create(None, self.arriving())
        found = ops_tools.find(tools, self.uuid)
        tools.engine.kill(found.id)
        kept.put_away(tools, found, self.uuid)
        tools.plumber.unplug(self.instance, self.ports)
        tools.plumber.remove_netns(self.uuid)
        tools.plumber.unmap(found.id)
        return found.id

    def test_server_that_was_stopped_stays_stopped(self):
        power.power_off(self.tools, self.instance, timeout_s=0)
        self.moved(stays=False, power_on=False)
        self.destroy_moved()
        self.revert(power_on=False)
        self.assertFalse(self.found().state.is_live)
        ports = {port['id'] for port in self.ports}
        self.assertEqual(ports, self.plumber.silent)

    def test_crash_before_the_server_left(self):
        self.revert()
        self.assert_as_it_was()

    def test_crash_after_the_server_left(self):
        self.depart(stays=True)
        self.revert()
        self.assert_as_it_was()

    def test_host_without_the_server(self):
        self.engine.remove(self.first.id, force=True)
        self.assertRaises(exception.ContainerNotFound, self.revert)

    def test_server_that_has_two_containers_keeps_both(self):
        self.moved(stays=True)
        before = {each.id for each in self.engine.containers()}
        self.assertRaises(exception.ContainerConflict, self.revert)
        after = {each.id for each in self.engine.containers()}
        self.assertEqual(before, after)


class StayTest(DecisionTestCase):
    """Nova had it leave, and then gave up the move."""

    def stay(self, *, is_here=True):
        decision.stay(self.source, self.instance, lambda: is_here)

    def test_it_is_what_and_where_it_was(self):
        for stays in (False, True):
            with self.subTest(stays=stays):
                self.anew()
                luggage = self.depart(stays=stays)
                self.stay()
                power.reboot(
                    self.source,
                    self.instance,
                    self.view,
                    self.ports,
                    is_hard=True,
                )
                if luggage.parcel_id:
                    self.depot.discard(None, luggage.parcel_id)
                self.assert_as_it_was()

    def test_server_that_went_on_is_left_to_the_other_host(self):
        self.depart()
        self.stay(is_here=False)
        self.assertEqual(self.first.id, self.kept().id)

    def test_server_that_is_here_keeps_what_is_kept_of_it(self):
        self.moved(stays=True)
        before = self.engine.containers()
        self.stay()
        self.assertEqual(before, self.engine.containers())

    def test_server_of_which_nothing_is_here(self):
        self.engine.remove(self.first.id, force=True)
        self.stay()
        self.assertEqual([], self.engine.containers())


class DeleteTest(DecisionTestCase):
    def test_delete_takes_what_is_kept(self):
        self.moved(stays=True)
        destroy.destroy(self.source, self.instance, self.ports)
        self.assert_host_is_empty(self.source)

    def test_what_is_kept_elsewhere_goes_with_its_files(self):
        self.moved(stays=False)
        destroy.remove_files(self.source, self.instance)
        self.assert_host_is_empty(self.source)
        destroy.remove_files(self.source, self.instance)

    def test_engine_that_is_away_leaves_what_is_kept(self):
        self.moved(stays=True)
        self.engine.is_available = False
        self.assertRaises(
            exception.ContainerNotRemoved,
            destroy.destroy,
            self.source,
            self.instance,
            self.ports,
        )
        self.engine.is_available = True
        self.assertEqual(2, len(self.engine.containers()))

    def test_delete_that_keeps_data_keeps_both(self):
        self.moved(stays=True)
        destroy.destroy(self.source, self.instance, self.ports, keep_data=True)
        self.assertEqual(2, len(self.engine.containers()))
