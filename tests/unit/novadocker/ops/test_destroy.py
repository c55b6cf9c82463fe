"""A delete: all of it, however little is left, and nobody else's."""

import dataclasses
import uuid

from nova import exception as nova_exception

from novadocker import constants
from novadocker import exception
from novadocker import model
from novadocker.ops import destroy
from tests.unit.novadocker.ops import stories


class DestroyStory(stories.StoryTestCase):
    def _destroy(self, **more):
        destroy.destroy(self.tools, self.instance, self.ports, **more)

    def _changed(self, **changes):
        container = dataclasses.replace(self.boot(), **changes)
        self.engine._containers[container.id] = container
        return container


class DestroyTestCase(DestroyStory):
    def test_nothing_is_left(self):
        self.boot()
        self._destroy()
        self.assert_nothing_left()

    def test_twice(self):
        self.boot()
        self._destroy()
        self._destroy()
        self.assertEqual([], self.engine.containers())

    def test_data_that_is_kept_is_a_stopped_container_without_network(self):
        container = self.boot()
        self._destroy(keep_data=True)
        kept = self.engine.inspect(container.id)
        self.assertIs(model.ContainerState.EXITED, kept.state)
        self.assertEqual(set(), self.plumber.netns)
        self.assertEqual({}, self.plumber.mapped)

    def test_data_of_a_stopped_server_is_kept(self):
        container = self.boot(power_on=False)
        self._destroy(keep_data=True)
        kept = self.engine.inspect(container.id)
        self.assertIs(model.ContainerState.CREATED, kept.state)

    def test_container_that_somebody_else_has_removed(self):
        self.engine.remove(self.boot().id, force=True)
        self._destroy()
        self.assert_nothing_left()

    def test_container_that_goes_meanwhile(self):
        self.boot()
        self.engine.failures['remove'] = exception.ContainerNotFound(name='n')
        self._destroy()
        self.assertEqual(set(), self.plumber.netns)
        self.assertEqual({}, self.plumber.mapped)

    def test_command_that_ends_meanwhile(self):
        self.boot()
        self.engine.failures['kill'] = exception.ContainerConflict(
            action='kill', reason='it is not running'
        )
        self._destroy(keep_data=True)
        self.assertEqual(set(), self.plumber.netns)

    def test_container_of_someone_else_with_our_name(self):
        stranger = self._changed(labels={})
        self._destroy()
        self.assertEqual(stranger, self.engine.inspect(stranger.id))
        self.assertEqual(set(), self.plumber.netns)

    def test_container_with_the_label_of_another_instance(self):
        labels = {constants.LABEL_UUID: str(uuid.uuid4())}
        stranger = self._changed(labels=labels)
        self._destroy()
        self.assertEqual(stranger, self.engine.inspect(stranger.id))


class EngineAwayTestCase(DestroyStory):
    def _go(self):
        container = self.boot()
        self.engine.is_available = False
        return container

    def _return(self):
        self.engine.is_available = True

    def test_delete_waits_for_an_engine_that_comes_back(self):
        self._go()
        self.while_asleep = self._return
        self._destroy()
        self.assert_nothing_left()

    def test_data_that_is_kept_is_stopped_when_it_comes_back(self):
        container = self._go()
        self.while_asleep = self._return
        self._destroy(keep_data=True)
        kept = self.engine.inspect(container.id)
        self.assertIs(model.ContainerState.EXITED, kept.state)

    def test_engine_that_goes_after_it_has_removed(self):
        self.boot()
        real = self.engine.remove

        def go(container_id, force):
            real(container_id, force)
            self.engine.is_available = False
            raise exception.EngineUnavailable(host='h', reason='r')

        self.patch(self.engine, 'remove', go)
        self.while_asleep = self._return
        self._destroy()
        self.assert_nothing_left()

    def test_server_keeps_all_it_has_where_the_engine_stays_away(self):
        container = self._go()
        error = self.assertRaises(
            nova_exception.InstancePowerOffFailure, self._destroy
        )
        self.assertIn('does not answer', str(error))
        self.assertEqual({self.uuid}, self.plumber.netns)
        self.assertEqual({container.id: self.uuid}, self.plumber.mapped)
        self._return()
        self._destroy()
        self.assert_nothing_left()


class ChangedOptionTestCase(DestroyStory):
    """A server that was made under other options is not half destroyed."""

    def _assert_refused(self, container, option):
        error = self.assertRaises(exception.OptionChanged, self._destroy)
        self.assertIn(option, str(error))
        self.assertEqual(container, self.engine.inspect(container.id))
        self.assertEqual({self.uuid}, self.plumber.netns)
        ports = [port['id'] for port in self.ports]
        self.assertEqual({self.uuid: ports}, self.plumber.plugged)
        self.assertEqual({container.id: self.uuid}, self.plumber.mapped)

    def test_host(self):
        labels = {
            constants.LABEL_UUID: self.uuid,
            constants.LABEL_HOST: 'old-name',
        }
        container = self._changed(labels=labels)
        self._assert_refused(container, '[DEFAULT] host=old-name')

    def test_runtime(self):
        container = self._changed(runtime='nova-old')
        self._assert_refused(container, '[docker] runtime=nova-old')
