"""A delete: all of it, however little is left, and nobody else's."""

import dataclasses

from novadocker import exception
from novadocker import model
from novadocker.ops import destroy
from tests.unit.novadocker.ops import stories


class DestroyTestCase(stories.StoryTestCase):
    def _destroy(self, **more):
        destroy.destroy(self.tools, self.instance, self.ports, **more)

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
        container = self.boot()
        # The same name and labels, but it was not us who started it.
        stranger = dataclasses.replace(container, runtime='runc')
        self.engine._containers[container.id] = stranger
        self._destroy()
        self.assertEqual(stranger, self.engine.inspect(container.id))
