"""Events: translated, held back, and read again after a loss."""

import logging
import threading

import fixtures
from nova.virt import event as virtevent
import testtools

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.state import events
from tests.fixtures import netns

UUID = '0f3e8d2a-5d6c-4d5b-9a1e-7b7f1c2d3e4f'


def event(action, time_ns=10**9, **attributes):
    labels = identity.labels(
        uuid=UUID,
        name='i',
        project_id='p',
        role=model.Role.WORKLOAD,
        host='host1',
    )
    name = {'name': f'nova-{UUID}'}
    return model.EngineEvent(
        action=action,
        container_id='c' * 64,
        attributes={**labels, **name, **attributes},
        time_ns=time_ns,
    )


class ManualTimer:
    """A timer that fires when the test says so."""

    made: list['ManualTimer'] = []

    def __init__(self, seconds, deed, arguments):
        self.seconds = seconds
        self._deed = deed
        self._arguments = arguments
        self.is_cancelled = False
        ManualTimer.made.append(self)

    def start(self):
        pass

    def cancel(self):
        self.is_cancelled = True

    def fire(self):
        if not self.is_cancelled:
            self._deed(*self._arguments)


class LifecycleEventTestCase(testtools.TestCase):
    def test_actions(self):
        expected = {
            'start': virtevent.EVENT_LIFECYCLE_STARTED,
            'die': virtevent.EVENT_LIFECYCLE_STOPPED,
            'pause': virtevent.EVENT_LIFECYCLE_PAUSED,
            'unpause': virtevent.EVENT_LIFECYCLE_RESUMED,
        }
        for action, transition in expected.items():
            with self.subTest(action):
                found = events.lifecycle_event(event(action), 'host1')
                self.assertEqual(transition, found.get_transition())
                self.assertEqual(UUID, found.get_instance_uuid())
                self.assertEqual(1.0, found.get_timestamp())

    def test_other_actions_are_not_told(self):
        self.assertIsNone(events.lifecycle_event(event('exec'), 'host1'))

    def test_strangers_are_not_told(self):
        strangers = [
            {'name': 'web'},
            {'name': f'nova-{UUID}-rescue'},
            {'org.openstack.nova.uuid': 'x'},
            {'org.openstack.nova.host': 'host2'},
        ]
        for attributes in strangers:
            with self.subTest(attributes):
                found = event('die', **attributes)
                self.assertIsNone(events.lifecycle_event(found, 'host1'))


class ListenerTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        ManualTimer.made = []
        self.emitted = []

        self.servers = []

    def _listener(self, stream=None, delay=15):
        return events.Listener(
            stream,
            lambda: self.servers,
            self.emitted.append,
            host='host1',
            since_ns=40,
            stop_delay_s=delay,
            timer=ManualTimer,
        )

    def _transitions(self):
        return [found.get_transition() for found in self.emitted]

    def test_stop_is_told_after_the_delay(self):
        self._listener().handle(event('die'))
        self.assertEqual([], self.emitted)
        self.assertEqual(15, ManualTimer.made[0].seconds)
        ManualTimer.made[0].fire()
        self.assertEqual(
            [virtevent.EVENT_LIFECYCLE_STOPPED], self._transitions()
        )

    def test_start_cancels_the_stop_that_was_held_back(self):
        listener = self._listener()
        listener.handle(event('die'))
        listener.handle(event('start'))
        ManualTimer.made[0].fire()
        self.assertEqual(
            [virtevent.EVENT_LIFECYCLE_STARTED], self._transitions()
        )

    def test_without_a_delay_a_stop_is_told_at_once(self):
        self._listener(delay=0).handle(event('die'))
        self.assertEqual(
            [virtevent.EVENT_LIFECYCLE_STOPPED], self._transitions()
        )

    def test_stopping_forgets_what_was_held_back(self):
        listener = self._listener()
        listener.handle(event('die'))
        listener.stop()
        ManualTimer.made[0].fire()
        self.assertEqual([], self.emitted)

    def test_stranger_changes_nothing(self):
        self._listener().handle(event('die', name='web'))
        self.assertEqual([], ManualTimer.made)

    def test_lost_stream_is_read_again_from_where_it_broke(self):
        asked = []
        done = threading.Event()
        self.patch(events, '_RECONNECT_S', 0)

        def stream(since_ns):
            asked.append(since_ns)
            if len(asked) == 1:
                yield event('start', time_ns=41)
                raise exception.EngineUnavailable(host='h', reason='r')
            if len(asked) == 2:
                raise ValueError('a surprise')
            listener.stop()
            done.set()

        listener = self._listener(stream)
        listener.start()
        self.assertTrue(done.wait(60))
        self.assertEqual([40, 42, 42], asked)
        self.assertEqual(
            [virtevent.EVENT_LIFECYCLE_STARTED], self._transitions()
        )

    def test_each_absence_of_the_engine_is_told_of_once(self):
        log = self.useFixture(fixtures.FakeLogger(level=logging.WARNING))
        self.patch(events, '_RECONNECT_S', 0)
        tries = []
        done = threading.Event()

        def stream(since_ns):
            tries.append(since_ns)
            if len(tries) > 3:
                listener.stop()
                done.set()
            raise exception.EngineUnavailable(host='h', reason='gone')

        def look():
            if len(tries) in (1, 2):
                tries.append('look')
                raise exception.EngineUnavailable(host='h', reason='gone')
            return []

        listener = self._listener(stream)
        listener._look = look
        listener.start()
        self.assertTrue(done.wait(60))
        self.assertEqual([40, 'look', 'look', 40], tries)
        # The last one is told of when it is over.
        netns.wait_until(lambda: log.output.count('gone') == 2, 'two lines')

    def _caught_up(self, *handled, state):
        """Say what is told of a server that was seen in another state."""
        listener = self._listener(delay=0)
        self.servers = [self._server(model.ContainerState.RUNNING)]
        listener.catch_up()
        for action in handled:
            listener.handle(event(action))
        self.emitted.clear()
        self.servers = [self._server(state)]
        listener.catch_up()
        return self._transitions()

    def _server(self, state):
        return model.Container(
            id='c' * 64,
            name=f'nova-{UUID}',
            state=state,
            labels=event('start').attributes,
            runtime='nova',
            image_id='i',
        )

    def test_first_look_tells_nothing(self):
        self.servers = [self._server(model.ContainerState.EXITED)]
        self._listener(delay=0).catch_up()
        self.assertEqual([], self.emitted)

    def test_end_that_nobody_saw_is_told(self):
        for state in (model.ContainerState.EXITED, model.ContainerState.DEAD):
            with self.subTest(state):
                self.assertEqual(
                    [virtevent.EVENT_LIFECYCLE_STOPPED],
                    self._caught_up(state=state),
                )

    def test_what_is_as_it_was_is_not_told_again(self):
        self.assertEqual(
            [], self._caught_up(state=model.ContainerState.RUNNING)
        )
        self.assertEqual(
            [], self._caught_up('die', state=model.ContainerState.EXITED)
        )
        self.assertEqual(
            [],
            self._caught_up(
                'pause', 'unpause', state=model.ContainerState.RUNNING
            ),
        )

    def test_event_that_a_look_has_told_already_is_not_told_again(self):
        listener = self._listener(delay=0)
        self.servers = [self._server(model.ContainerState.RUNNING)]
        listener.catch_up()
        self.servers = [self._server(model.ContainerState.PAUSED)]
        listener.catch_up()
        listener.handle(event('pause'))
        listener.handle(event('unpause'))
        self.assertEqual(
            [
                virtevent.EVENT_LIFECYCLE_PAUSED,
                virtevent.EVENT_LIFECYCLE_RESUMED,
            ],
            self._transitions(),
        )

    def test_pause_and_start_that_nobody_saw_are_told(self):
        self.assertEqual(
            [virtevent.EVENT_LIFECYCLE_PAUSED],
            self._caught_up(state=model.ContainerState.PAUSED),
        )
        self.assertEqual(
            [virtevent.EVENT_LIFECYCLE_STARTED],
            self._caught_up('die', state=model.ContainerState.RUNNING),
        )

    def test_server_that_is_being_made_or_removed_is_not_told_of(self):
        for state in (
            model.ContainerState.CREATED,
            model.ContainerState.REMOVING,
        ):
            self.assertEqual([], self._caught_up(state=state))

    def test_server_that_was_removed_is_forgotten(self):
        found = self._caught_up('destroy', state=model.ContainerState.EXITED)
        self.assertEqual([], found)

    def test_end_that_nobody_saw_is_held_back_like_any_other(self):
        listener = self._listener()
        self.servers = [self._server(model.ContainerState.RUNNING)]
        listener.catch_up()
        self.servers = [self._server(model.ContainerState.EXITED)]
        listener.catch_up()
        self.assertEqual([], self.emitted)
        listener.handle(event('start'))
        ManualTimer.made[0].fire()
        self.assertEqual(
            [virtevent.EVENT_LIFECYCLE_STARTED], self._transitions()
        )

    def test_event_after_the_stop_is_not_told(self):
        over = threading.Event()

        def stream(since_ns):
            try:
                listener.stop()
                yield event('start')
            finally:
                over.set()

        listener = self._listener(stream)
        listener.start()
        self.assertTrue(over.wait(60))
        self.assertEqual([], self.emitted)
