"""CPUs that are set aside: who is kept off them, and who has them."""

import dataclasses

from novadocker import exception
from novadocker import model
from novadocker.ops import confinement
from novadocker.ops import decision
from novadocker.ops import power
from tests.fixtures import fake_engine
from tests.unit.novadocker.ops import moving
from tests.unit.novadocker.ops import stories

WHOLE = model.HostCpus(shared=frozenset(range(4)))
DIVIDED = dataclasses.replace(
    WHOLE, shared=frozenset({0, 1}), dedicated=frozenset({2, 3})
)
OTHERWISE = dataclasses.replace(
    WHOLE, shared=frozenset({1, 2}), dedicated=frozenset({3})
)
CLAIM = model.CpuClaim(
    is_dedicated=True, cpus=frozenset({2}), nodes=frozenset({0})
)


def divided(tools, cpus):
    host = dataclasses.replace(tools.host, cpus=cpus)
    return dataclasses.replace(tools, host=host)


class RequireTestCase(stories.StoryTestCase):
    def _require(self, cpus, **changes):
        info = dataclasses.replace(fake_engine.INFO, **changes)
        confinement.require(info, cpus, host='unix:///x')

    def test_engine_that_cannot_hold_to_cpus(self):
        err = self.assertRaises(
            exception.EngineUnsupported,
            self._require,
            DIVIDED,
            holds_to_cpus=False,
        )
        self.assertIn('controller cpuset', str(err))

    def test_engines_that_need_not_or_can(self):
        self._require(WHOLE, holds_to_cpus=False)
        self._require(DIVIDED)


class ConfinementTestCase(stories.StoryTestCase):
    def divide(self, cpus):
        self.tools = divided(self.tools, cpus)

    def own(self):
        self.view = dataclasses.replace(self.view, cpu_claim=CLAIM)

    def restart(self, cpus):
        """Do what a start of nova-compute does, with other options."""
        self.divide(cpus)
        self.engine.calls.clear()
        confinement.confine_all(self.tools)
        return self.found().cpuset_cpus

    def test_server_that_was_there_before_is_kept_off(self):
        self.assertEqual('', self.boot().cpuset_cpus)
        self.assertEqual('0,1', self.restart(DIVIDED))
        self.assertEqual('1,2', self.restart(OTHERWISE))

    def test_it_gets_them_back(self):
        self.divide(DIVIDED)
        self.boot()
        self.assertEqual('0,1,2,3', self.restart(WHOLE))

    def test_nothing_is_done_where_nothing_changes(self):
        self.boot()
        self.restart(WHOLE)
        self.assertNotIn('hold', self.engine.calls)
        self.restart(DIVIDED)
        self.restart(DIVIDED)
        self.assertNotIn('hold', self.engine.calls)

    def test_server_with_cpus_of_its_own_keeps_them(self):
        self.divide(DIVIDED)
        self.own()
        self.assertEqual('2', self.boot().cpuset_cpus)
        self.assertEqual('2', self.restart(DIVIDED))
        self.assertNotIn('for its own', self.log.output)

    def test_cpus_that_are_no_longer_set_aside_are_told_of(self):
        self.divide(DIVIDED)
        self.own()
        self.boot()
        for cpus in (OTHERWISE, WHOLE):
            self.assertEqual('2', self.restart(cpus))
        self.assertEqual(
            2, self.log.output.count('has the CPUs 2 for its own')
        )

    def test_label_that_an_image_has_brought_is_not_believed(self):
        # Of a container that is older than the label.
        made = self.boot()
        labels = {**made.labels, 'org.openstack.nova.cpus': '2,3'}
        self.engine._change(made.id, labels=labels)
        self.assertEqual('0,1', self.restart(DIVIDED))

    def test_strangers_are_left_alone(self):
        made = self.boot()
        labels = {**made.labels, 'org.openstack.nova.host': 'other'}
        self.engine._change(made.id, labels=labels)
        confinement.confine_all(divided(self.tools, DIVIDED))
        self.assertEqual('', self.engine.inspect(made.id).cpuset_cpus)

    def test_container_that_is_going_is_left_alone(self):
        made = self.boot()
        self.engine._change(made.id, state=model.ContainerState.REMOVING)
        self.assertEqual('', self.restart(DIVIDED))

    def test_container_that_has_gone_meanwhile(self):
        self.boot()
        self.engine.failures['inspect'] = exception.ContainerNotFound(name='x')
        self.assertEqual('', self.restart(DIVIDED))

    def test_what_cannot_be_kept_off_is_told_of_and_goes_on(self):
        made = self.boot()
        self.engine.failures['hold'] = exception.EngineError(
            action='hold', reason='device or resource busy'
        )
        self.assertEqual('', self.restart(DIVIDED))
        self.assertIn(f'{made.name} may run on CPUs', self.log.output)
        self.assertTrue(self.found().state.is_live)

    def test_engine_that_is_away_does_not_pass_for_done(self):
        self.boot()
        self.divide(DIVIDED)
        self.engine.failures['hold'] = exception.EngineUnavailable(
            host='h', reason='r'
        )
        self.assertRaises(
            exception.EngineUnavailable, confinement.confine_all, self.tools
        )

    def test_next_start_keeps_off(self):
        self.boot()
        self.divide(DIVIDED)
        power.reboot(
            self.tools, self.instance, self.view, self.ports, is_hard=True
        )
        self.assertEqual('0,1', self.found().cpuset_cpus)
        self.assertTrue(self.found().state.is_live)

    def test_server_that_cannot_be_kept_off_does_not_start(self):
        self.boot(power_on=False)
        self.divide(DIVIDED)
        self.engine.failures['hold'] = exception.EngineError(
            action='hold', reason='no'
        )
        self.assertRaises(
            exception.EngineError,
            power.power_on,
            self.tools,
            self.instance,
            self.view,
            self.ports,
        )
        self.assertFalse(self.found().state.is_live)

    def test_refused_boot_leaves_nothing(self):
        self.own()
        self.assertRaises(exception.CpusUnavailable, self.boot)
        self.assert_nothing_left()


class MoveTestCase(moving.MoveTestCase):
    """A resize on its host: each container has the CPUs of its claim."""

    def begin(self):
        self.tools = divided(self.tools, DIVIDED)
        self.view = dataclasses.replace(self.view, cpu_claim=CLAIM)
        super().begin()

    def resized(self, claim):
        return dataclasses.replace(
            self.view, flavor=moving.LARGER, cpu_claim=claim
        )

    def test_old_and_new_container_have_their_own(self):
        claim = dataclasses.replace(CLAIM, cpus=frozenset({3}))
        view = self.resized(claim)
        luggage = self.depart(stays=True, view=view)
        self.arrive(luggage, view=view)
        self.assertEqual('3', self.found().cpuset_cpus)
        self.assertEqual('2', self.kept().cpuset_cpus)
        confinement.confine_all(self.tools)
        self.engine.remove(self.found().id, force=True)
        decision.revert(
            self.tools, self.instance, self.view, self.ports, power_on=True
        )
        self.assertEqual('2', self.found().cpuset_cpus)

    def test_move_that_no_host_would_take_is_refused_where_it_runs(self):
        view = self.resized(model.CpuClaim(is_dedicated=True))
        for stays in (True, False):
            with self.subTest(stays=stays):
                self.assertRaises(
                    exception.CpusUnavailable,
                    self.depart,
                    stays=stays,
                    view=view,
                )
                self.assert_as_it_was()
