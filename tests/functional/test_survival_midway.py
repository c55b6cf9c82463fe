"""dockerd is killed in the middle of what Nova has asked for.

It ends in success or in a clean error; nothing is left of a boot that failed,
and nothing is lost of a server that lives.
"""

import pathlib

from nova import exception as nova_exception
from nova.compute import power_state

from novadocker import exception
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.functional import survival

# Put in the place of nova-runtime: it kills dockerd, or containerd, before or
# after one of the commands that containerd gives it, the first time.
_TRAP = """#!/bin/sh
is_hit=
for word in "$@"; do
    if [ "$word" = {command} ] && [ ! -e {hit} ]; then is_hit=1; fi
done
if [ -z "$is_hit" ]; then exec {runtime} "$@"; fi
touch {hit}
if [ {moment} = before ]; then kill -9 {pid}; exec {runtime} "$@"; fi
{runtime} "$@"
status=$?
kill -9 {pid}
exit $status
"""


class MidwayTestCase(survival.SurvivalTestCase):
    def setUp(self):
        super().setUp()
        self._folder = pathlib.Path(self.dockerd.path)

    def trap(self, command, moment, program='dockerd'):
        """Have a daemon killed by the runtime, and started again."""
        path = pathlib.Path(self.dockerd.runtime_path)
        real = self._folder / 'nova-runtime.real'
        hit = self._folder / 'hit'
        path.rename(real)
        path.write_text(
            _TRAP.format(
                command=command,
                moment=moment,
                pid=self.dockerd.pid_of(program),
                runtime=real,
                hit=hit,
            )
        )
        path.chmod(0o755)

        def put_back():
            real.rename(path)
            hit.unlink(missing_ok=True)

        self.addCleanup(put_back)
        self.revive(program)

    def assert_boot_fails_and_leaves_nothing(self):
        self.assertRaises(exception.EngineUnavailable, self.spawn)
        self.assert_nothing_left()
        # And nothing stands in the way of another one.
        self.boot()
        self.assert_running()


@dockerd.needs_dockerd
@ovs.needs_ovs
class SpawnTest(MidwayTestCase):
    def test_before_the_container_is_created(self):
        self.at('create', self.kill_for_a_while, before=True)
        self.assert_boot_fails_and_leaves_nothing()

    def test_after_the_container_was_created(self):
        self.at('create', self.kill_for_a_while)
        self.assert_boot_fails_and_leaves_nothing()

    def test_while_neutron_wires_the_ports(self):
        # It is back before it is asked again.
        self.virtapi.while_waiting = self.restart
        self.boot()
        self.assert_running()

    def test_before_the_start(self):
        self.at('start', self.kill_for_a_while, before=True)
        self.assert_boot_fails_and_leaves_nothing()

    def test_before_the_runtime_has_made_the_container(self):
        self.trap('create', 'before')
        self.assert_boot_fails_and_leaves_nothing()

    def test_after_the_runtime_has_made_the_container(self):
        self.trap('create', 'after')
        self.assert_boot_fails_and_leaves_nothing()

    def test_before_the_runtime_starts_the_command(self):
        self.trap('start', 'before')
        self.assert_boot_fails_and_leaves_nothing()

    def test_after_the_runtime_has_started_the_command(self):
        self.trap('start', 'after')
        self.assert_boot_fails_and_leaves_nothing()

    def test_between_start_and_check(self):
        self.at('start', self.kill_for_a_while)
        self.assert_boot_fails_and_leaves_nothing()

    def test_while_the_start_is_checked(self):
        self.at('wait_exit', self.kill_for_a_while, before=True)
        self.assert_boot_fails_and_leaves_nothing()


@dockerd.needs_dockerd
@ovs.needs_ovs
class SpawnWithoutLiveRestoreTest(SpawnTest):
    config = {'live-restore': False}


@dockerd.needs_dockerd
@ovs.needs_ovs
class ContainerdTest(MidwayTestCase):
    """It is containerd that is killed, and dockerd that notices."""

    def _assert_boot_is_whole_or_leaves_nothing(self, command, moment):
        self.trap(command, moment, 'containerd')
        try:
            self.spawn()
        except nova_exception.NovaException:
            self.assert_nothing_left()
        else:
            self.wait_for_engine()
            self.assert_running()
            self.destroy()
            self.assert_nothing_left()
        # And nothing stands in the way of another one.
        self.wait_for_engine()
        self.boot()
        self.assert_running()

    def test_before_the_runtime_has_made_the_container(self):
        self._assert_boot_is_whole_or_leaves_nothing('create', 'before')

    def test_after_the_runtime_has_made_the_container(self):
        self._assert_boot_is_whole_or_leaves_nothing('create', 'after')

    def test_before_the_runtime_starts_the_command(self):
        self._assert_boot_is_whole_or_leaves_nothing('start', 'before')

    def test_after_the_runtime_has_started_the_command(self):
        self._assert_boot_is_whole_or_leaves_nothing('start', 'after')

    def _assert_delete_is_finished(self, command, moment):
        self.spawn()
        self.trap(command, moment, 'containerd')
        self.destroy()
        self.wait_for_engine()
        self.assert_not_found()
        self.assert_nothing_left()

    def test_before_the_command_is_killed(self):
        self._assert_delete_is_finished('kill', 'before')

    def test_after_the_command_was_killed(self):
        self._assert_delete_is_finished('kill', 'after')

    def test_while_the_container_is_taken_down(self):
        self._assert_delete_is_finished('delete', 'before')


@dockerd.needs_dockerd
@ovs.needs_ovs
class DeleteTest(MidwayTestCase):
    def test_nobody_else_is_in_the_way(self):
        self.spawn()
        self.destroy()
        self.assert_nothing_left()
        self.assertNotIn('has lost container', self.log.output)

    def _assert_delete_is_finished(self):
        self.destroy()
        # It may have gone only after the last answer.
        self.wait_for_engine()
        self.assert_not_found()
        self.assert_nothing_left()

    def test_before_the_removal(self):
        self.spawn()
        self.at('remove', self.kill_for_a_while, before=True)
        self._assert_delete_is_finished()

    def test_after_the_removal(self):
        self.spawn()
        self.at('remove', self.kill_for_a_while)
        self._assert_delete_is_finished()

    def test_before_the_command_is_killed(self):
        self.spawn()
        self.trap('kill', 'before')
        self._assert_delete_is_finished()

    def test_after_the_command_was_killed(self):
        self.spawn()
        self.trap('kill', 'after')
        self._assert_delete_is_finished()

    def test_while_the_container_is_taken_down(self):
        self.spawn()
        self.trap('delete', 'before')
        self._assert_delete_is_finished()


@dockerd.needs_dockerd
@ovs.needs_ovs
class PowerTest(MidwayTestCase):
    def test_stop(self):
        container = self.boot()
        self.at('kill', self.kill_for_a_while, before=True)
        self.assert_away(self.driver.power_off, self.instance)
        self.wait_for_engine()
        self.assertEqual(container.pid, self.assert_running().pid)

    def _assert_start_is_clean(self, command):
        self.boot()
        self.driver.power_off(self.instance)
        self.trap(command, 'after')
        self.assert_away(self.power_on)
        self.assertEqual(power_state.SHUTDOWN, self.state())
        self.wait_for_no_process()
        self.power_on()
        self.assert_running()

    def test_start_in_which_the_container_was_made(self):
        self._assert_start_is_clean('create')

    def test_start_whose_process_the_engine_never_learns_of(self):
        self._assert_start_is_clean('start')

    def _lost(self):
        """Have a server that runs, as only its shim knows.

        dockerd was killed while it started, and nova-compute, too.
        """
        container = self.boot()
        self.driver.power_off(self.instance)
        self.driver.cleanup_host(survival.HOST)
        self.trap('start', 'after')
        self.assert_away(self.engine.start, container.id)
        self.wait_for_engine()
        self.assertEqual(power_state.SHUTDOWN, self.state())
        # That of the first run may end a moment after its process.
        netns.wait_until(lambda: len(self.shims()) == 1, 'one shim')
        return self.shims()[0]

    def test_lost_server_can_be_started(self):
        lost = self._lost()
        self.power_on()
        self.assert_running()
        self.assertNotIn(lost, self.shims())

    def test_lost_server_can_be_stopped(self):
        self._lost()
        self.driver.power_off(self.instance)
        self.wait_for_no_process()

    def test_lost_server_whose_container_is_removed_can_be_deleted(self):
        self._lost()
        self.engine.remove(self.container().id)
        self.destroy()
        self.assert_nothing_left()

    def test_lost_server_is_ended_when_nova_compute_starts(self):
        self._lost()
        self.driver = self.started_driver()
        self.wait_for_no_process()
        self.power_on()
        self.assert_running()

    def test_lost_server_is_ended_when_the_engine_is_back(self):
        container = self.boot()
        self.driver.power_off(self.instance)
        self.trap('start', 'after')
        self.assert_away(self.engine.start, container.id)
        self.wait_for_engine()
        self.wait_for_no_process()
        self.assertEqual(power_state.SHUTDOWN, self.state())

    def test_lost_server_can_be_deleted(self):
        self._lost()
        self.destroy()
        self.assert_nothing_left()
