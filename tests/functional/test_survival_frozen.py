"""dockerd takes what it is asked, and answers too late."""

import os
import signal

from novadocker import exception
from novadocker.engine import engine as docker_engine
from tests.fixtures import dockerd
from tests.fixtures import ovs
from tests.functional import survival


@dockerd.needs_dockerd
@ovs.needs_ovs
class FrozenTest(survival.SurvivalTestCase):
    def setUp(self):
        super().setUp()
        self._usual = docker_engine._DEED_TIMEOUT_S
        self._usual_look = self.driver._engine._timeout_s
        self.addCleanup(self._thaw)

    def _wait_for(self, deed_s, look_s):
        docker_engine._DEED_TIMEOUT_S = deed_s
        self.driver._engine._timeout_s = look_s

    def _freeze(self):
        # No longer than it has to be: nothing comes now. What comes later on
        # a busy machine takes its time.
        self._wait_for(3, 3)
        os.kill(self.dockerd.pid_of('dockerd'), signal.SIGSTOP)

    def _thaw(self):
        os.kill(self.dockerd.pid_of('dockerd'), signal.SIGCONT)
        self._wait_for(self._usual, self._usual_look)

    def _freeze_until_the_next_look(self):
        self._freeze()
        self.at('inspect', self._thaw, before=True)

    def test_state_is_not_known(self):
        self.boot()
        self._freeze()
        self.assertRaises(exception.EngineTimeout, self.state)
        self._thaw()
        self.assert_running()

    def test_container_that_is_created_late_is_removed(self):
        self.at('create', self._freeze_until_the_next_look, before=True)
        self.assertRaises(exception.EngineTimeout, self.spawn)
        self.assert_nothing_left()

    def test_container_that_is_started_late_is_removed(self):
        self.at('start', self._freeze, before=True)
        self.at('remove', self._thaw, before=True)
        self.assertRaises(exception.EngineTimeout, self.spawn)
        self.assert_nothing_left()

    def test_silence_is_no_sign_of_life(self):
        self.at('wait_exit', self._freeze, before=True)
        self.at('remove', self._thaw, before=True)
        self.assertRaises(exception.EngineTimeout, self.spawn)
        self.assert_nothing_left()
