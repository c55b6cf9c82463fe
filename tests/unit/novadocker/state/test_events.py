"""Events: translated, held back, and read again after a loss."""

import threading

from nova.virt import event as virtevent
import testtools

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.state import events

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

    def _listener(self, stream=None, delay=15):
        return events.Listener(
            stream,
            self.emitted.append,
            host='host1',
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
        self.assertTrue(done.wait(30))
        self.assertEqual([0, 42, 42], asked)
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
        self.assertTrue(over.wait(30))
        self.assertEqual([], self.emitted)
