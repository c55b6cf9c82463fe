"""A boot: in the right order, or nothing is left of it."""

import contextlib

from nova import exception as nova_exception

from novadocker import exception
from novadocker import model
from novadocker.ops import destroy
from tests.fixtures import fake_engine
from tests.unit.novadocker.ops import stories


class CreateTestCase(stories.StoryTestCase):
    def test_server_runs_with_its_ports_and_its_entry(self):
        container = self.boot()
        self.assertIs(model.ContainerState.RUNNING, container.state)
        ports = [port['id'] for port in self.ports]
        self.assertEqual(ports, self.plumber.plugged[self.uuid])
        self.assertEqual({container.id: self.uuid}, self.plumber.mapped)

    def test_ports_are_announced_when_neutron_has_wired_them(self):
        announced = []

        @contextlib.contextmanager
        def wait(instance, network_info):
            yield
            announced.extend(self.plumber.announced)

        self.wait = wait
        self.boot()
        self.assertEqual([], announced)
        ports = [port['id'] for port in self.ports]
        self.assertEqual(ports, self.plumber.announced)

    def test_little_is_asked_of_the_engine(self):
        self.boot()
        # The last one is the test's own.
        self.assertEqual(
            ['inspect', 'create', 'start', 'wait_exit', 'inspect'],
            self.engine.calls,
        )

    def test_server_that_shall_not_run(self):
        container = self.boot(power_on=False)
        self.assertIs(model.ContainerState.CREATED, container.state)

    def test_start_is_not_looked_at_where_the_check_is_off(self):
        settings = self.tools.settings
        object.__setattr__(settings, 'start_check_ms', 0)
        self.engine.outcome = fake_engine.Outcome(exit_code=1)
        self.assertIs(model.ContainerState.EXITED, self.boot().state)

    def test_image_without_a_command(self):
        self.images.has_command = False
        self.assertRaises(exception.ImageWithoutCommand, self.boot)
        self.assert_nothing_left()

    def test_image_without_a_command_and_one_in_the_metadata(self):
        self.images.has_command = False
        metadata = {'docker:command': 'sleep 9'}
        object.__setattr__(self.view, 'metadata', metadata)
        self.assertIs(model.ContainerState.RUNNING, self.boot().state)

    def test_disk_of_the_flavor_limits_images_but_that_of_an_unshelve(self):
        for is_unshelved, expected in ((False, 1024**3), (True, None)):
            self.boot(is_unshelved=is_unshelved)
            self.assertEqual(expected, self.images.max_bytes)
            destroy.destroy(self.tools, self.instance, self.ports)

    def test_second_boot_leaves_the_first_alone(self):
        first = self.boot()
        self.assertRaises(exception.ContainerConflict, self.boot)
        self.assertEqual(first, self.found())
        self.assertEqual({self.uuid}, self.plumber.netns)
        ports = [port['id'] for port in self.ports]
        self.assertEqual({self.uuid: ports}, self.plumber.plugged)

    def test_empty_entrypoint_takes_the_images_command_away(self):
        metadata = {'docker:entrypoint': ''}
        object.__setattr__(self.view, 'metadata', metadata)
        self.assertRaises(exception.ImageWithoutCommand, self.boot)
        self.assert_nothing_left()


class FailedCreateTestCase(stories.StoryTestCase):
    """Whatever step fails: the reason is told and nothing is left."""

    def _fail(self, kind):
        error = self.assertRaises(kind, self.boot)
        self.assert_nothing_left()
        return error

    def test_image(self):
        self.images.failure = exception.ImageRejected(
            image_id='image', reason='bomb'
        )
        self._fail(exception.ImageRejected)

    def test_port(self):
        self.plumber.broken.add(self.ports[0]['id'])
        self._fail(nova_exception.VirtualInterfacePlugException)

    def test_engine_calls(self):
        unavailable = exception.EngineUnavailable(host='h', reason='r')
        for method in ('create', 'start', 'wait_exit'):
            with self.subTest(method):
                self.engine.failures[method] = unavailable
                self._fail(exception.EngineUnavailable)

    def test_map_entry(self):
        failure = exception.MapEntryInvalid(entry='e', reason='r')

        def refuse(*args):
            raise failure

        self.patch(self.plumber, 'map', refuse)
        self._fail(exception.MapEntryInvalid)

    def test_neutron(self):
        self.wait_failure = exception.PortsNotReady(ports='p', seconds=1)
        self._fail(exception.PortsNotReady)

    def test_command_that_ends_at_once(self):
        self.engine.outcome = fake_engine.Outcome(3, b'no\nconfig\n')
        error = self._fail(exception.ContainerExited)
        self.assertIn('exit code 3', str(error))
        self.assertIn('Last output: no config', str(error))

    def test_long_output_does_not_push_the_reason_out_of_the_fault(self):
        self.engine.outcome = fake_engine.Outcome(127, b'x' * 9999)
        error = self._fail(exception.ContainerExited)
        self.assertIn('exit code 127', str(error))
        self.assertIn('It was not found.', str(error))
        # Nova cuts a fault there.
        self.assertLessEqual(len(str(error)), 255)

    def test_output_that_cannot_be_read_does_not_hide_the_exit_code(self):
        self.engine.outcome = fake_engine.Outcome(3, b'no config')
        self.engine.failures['logs'] = exception.EngineUnavailable(
            host='h', reason='r'
        )
        error = self._fail(exception.ContainerExited)
        self.assertIn('exit code 3', str(error))

    def test_reason_survives_an_undoing_that_fails(self):
        def refuse(container_id, force):
            raise exception.EngineError(action='remove', reason='busy')

        self.patch(self.engine, 'remove', refuse)
        self.engine.outcome = fake_engine.Outcome(exit_code=3)
        self.assertRaises(exception.ContainerExited, self.boot)
        self.assertIn('Could not undo', self.log.output)
        # What could be undone was.
        self.assertEqual(set(), self.plumber.netns)
        self.assertEqual({}, self.plumber.mapped)


class EngineAwayTestCase(stories.StoryTestCase):
    """The engine goes in the middle of a boot, and comes back or not."""

    def setUp(self):
        super().setUp()
        self.while_asleep = self._return

    def _return(self):
        if self.now > 10:
            self.engine.is_available = True

    def _go_at(self, method, *, is_done, error=exception.EngineUnavailable):
        real = getattr(self.engine, method)

        def go(*args, **kwargs):
            if is_done:
                real(*args, **kwargs)
            self.engine.is_available = False
            raise error(host='h', reason='it was killed', action=method)

        self.patch(self.engine, method, go)

    def _fail(self):
        error = self.assertRaises(exception.EngineUnavailable, self.boot)
        self.assertGreater(self.now, 10)
        self.assert_nothing_left()
        return error

    def test_while_it_creates(self):
        self._go_at('create', is_done=False)
        self._fail()

    def test_after_it_has_created(self):
        self._go_at('create', is_done=True)
        self._fail()

    def test_while_it_starts(self):
        self._go_at('start', is_done=False)
        self._fail()

    def test_after_it_has_started(self):
        self._go_at('start', is_done=True)
        self._fail()

    def test_before_the_check(self):
        self._go_at('wait_exit', is_done=False)
        self._fail()

    def test_create_that_takes_too_long_and_comes_late(self):
        real = self.engine.create
        late = []

        def create(spec):
            late.append(lambda: real(spec))
            raise exception.EngineTimeout(host='h', action='create')

        def come():
            if late and self.now > 10:
                late.pop()()

        self.patch(self.engine, 'create', create)
        self.while_asleep = come
        self._fail()

    def test_create_that_takes_too_long_and_never_comes(self):
        self._go_at('create', is_done=False, error=exception.EngineTimeout)
        self._fail()
        self.assertGreaterEqual(self.now, 60)

    def test_engine_that_stays_away_keeps_no_port_plugged(self):
        self._go_at('start', is_done=True)
        self.while_asleep = None
        self.assertRaises(exception.EngineUnavailable, self.boot)
        self.assertIn('Could not undo: remove', self.log.output)
        self.assertEqual(set(), self.plumber.netns)
        self.assertEqual({}, self.plumber.plugged)
        self.assertEqual({}, self.plumber.mapped)
