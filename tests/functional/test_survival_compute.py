"""nova-compute is killed in the middle of what Nova has asked for.

Nobody undoes anything then; a delete has to find all that is left.
"""

import fixtures
from nova.compute import power_state

from tests.fixtures import dockerd
from tests.fixtures import ovs
from tests.functional import survival


class Killed(BaseException):
    """What is left of nova-compute once it is killed: nothing is undone."""


@dockerd.needs_dockerd
@ovs.needs_ovs
class NovaComputeTest(survival.SurvivalTestCase):
    def _kill_at(self, method, deed, *, before):
        def die():
            raise Killed

        self.at(method, die, before=before)
        with fixtures.MonkeyPatch(
            'novadocker.ops.undoing.Undo.add', lambda *args, **kwargs: None
        ):
            self.assertRaises(Killed, deed)
        self.driver.cleanup_host(survival.HOST)
        self.log.reset_output()
        self.driver = self.started_driver()

    def _assert_delete_leaves_nothing(self):
        self.destroy()
        self.assert_not_found()
        self.assert_nothing_left()

    def test_boot_before_its_container_is_created(self):
        self._kill_at('create', self.spawn, before=True)
        self.assertIn(self.instance.uuid, self.log.output)
        self._assert_delete_leaves_nothing()

    def test_boot_after_its_container_was_created(self):
        self._kill_at('create', self.spawn, before=False)
        self.assertEqual(power_state.SHUTDOWN, self.state())
        self._assert_delete_leaves_nothing()

    def test_boot_before_its_start(self):
        self._kill_at('start', self.spawn, before=True)
        self.assertEqual(power_state.SHUTDOWN, self.state())
        self._assert_delete_leaves_nothing()

    def test_boot_after_its_start(self):
        self._kill_at('start', self.spawn, before=False)
        self.assert_running()
        self._assert_delete_leaves_nothing()

    def test_delete_before_the_removal(self):
        self.spawn()
        self._kill_at('remove', self.destroy, before=True)
        self._assert_delete_leaves_nothing()

    def test_delete_after_the_removal(self):
        self.spawn()
        self._kill_at('remove', self.destroy, before=False)
        self.assertIn(self.instance.uuid, self.log.output)
        self._assert_delete_leaves_nothing()
