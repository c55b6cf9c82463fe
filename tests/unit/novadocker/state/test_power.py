"""Power states: each of Docker's has one of Nova's."""

import dataclasses

from nova.compute import power_state
import testtools

from novadocker import model
from novadocker.state import power

CONTAINER = model.Container(
    id='c',
    name='n',
    state=model.ContainerState.RUNNING,
    labels={},
    runtime='nova',
    image_id='i',
)
STATES = {
    'created': power_state.SHUTDOWN,
    'running': power_state.RUNNING,
    'paused': power_state.PAUSED,
    'restarting': power_state.RUNNING,
    'removing': power_state.NOSTATE,
    'exited': power_state.SHUTDOWN,
    'dead': power_state.CRASHED,
}


def state_of(word, **changes):
    container = dataclasses.replace(
        CONTAINER, state=model.ContainerState(word), **changes
    )
    return power.power_state_of(container)


class PowerStateTestCase(testtools.TestCase):
    def test_every_state(self):
        self.assertEqual(set(STATES), {str(s) for s in model.ContainerState})
        for word, expected in STATES.items():
            with self.subTest(word):
                self.assertEqual(expected, state_of(word))

    def test_frozen_server_is_suspended_where_nova_meant_it(self):
        expected = STATES | {'paused': power_state.SUSPENDED}
        for word, state in expected.items():
            container = dataclasses.replace(
                CONTAINER, state=model.ContainerState(word)
            )
            found = power.power_state_of(container, is_suspended=True)
            self.assertEqual(state, found)

    def test_out_of_memory_is_a_crash(self):
        found = state_of('exited', oom_killed=True, exit_code=137)
        self.assertEqual(power_state.CRASHED, found)

    def test_out_of_memory_once_but_running_again(self):
        found = state_of('running', oom_killed=True)
        self.assertEqual(power_state.RUNNING, found)
