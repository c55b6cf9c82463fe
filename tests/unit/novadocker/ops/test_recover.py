"""A start of nova-compute: an engine that cannot be used is refused."""

import contextlib
import dataclasses

import fixtures
import testtools

from novadocker import constants
from novadocker import exception
from novadocker import model
from novadocker.ops import power
from novadocker.ops import recover
from tests.fixtures import fake_engine
from tests.unit.novadocker.ops import stories

REFUSED = {
    'too old': ({'api_version': (1, 40)}, 'Docker 20.10'),
    'no runtime': (
        {'runtimes': {'runc': 'runc'}},
        '"--nova-map-dir=/run/map"',
    ),
    'no memory limit': ({'missing_limits': ('memory', 'swap')}, 'controllers'),
    'rootless': ({'security_options': ('name=rootless',)}, 'rootless'),
}


class CheckEngineTestCase(testtools.TestCase):
    def _check(self, **changes):
        info = dataclasses.replace(fake_engine.INFO, **changes)
        recover.check_engine(
            info, host='unix:///x', runtime='nova', map_dir='/run/map'
        )

    def test_engine_that_can_be_used(self):
        log = self.useFixture(fixtures.FakeLogger())
        self._check()
        self.assertEqual('', log.output)

    def test_engines_that_cannot(self):
        for name, (changes, cure) in REFUSED.items():
            with self.subTest(name):
                error = self.assertRaises(
                    exception.EngineUnsupported, self._check, **changes
                )
                self.assertIn(cure, str(error))
                self.assertIn('unix:///x', str(error))

    def test_engine_that_cannot_limit_swap_is_told_of(self):
        log = self.useFixture(fixtures.FakeLogger())
        self._check(missing_limits=('swap',))
        self.assertIn('cannot limit swap', log.output)

    def test_engine_without_a_seccomp_filter_is_told_of(self):
        for options in ((), ('name=seccomp,profile=unconfined',)):
            with self.subTest(options):
                log = self.useFixture(fixtures.FakeLogger())
                self._check(security_options=options)
                self.assertIn('filters no system calls', log.output)

    def test_engine_without_live_restore_is_told_of(self):
        log = self.useFixture(fixtures.FakeLogger())
        self._check(live_restore=False)
        self.assertIn('live-restore', log.output)


class ReconcileTestCase(stories.StoryTestCase):
    """What does not fit is told, and nothing is taken away."""

    def _told(self):
        before = (
            self.engine.containers(),
            set(self.plumber.netns),
            dict(self.plumber.mapped),
        )
        self.log.reset_output()
        recover.reconcile(self.tools)
        after = (
            self.engine.containers(),
            self.plumber.netns,
            self.plumber.mapped,
        )
        self.assertEqual(before, after)
        return self.log.output

    def test_host_that_is_as_it_was_left(self):
        self.boot()
        self.assertEqual('', self._told())

    def test_server_of_another_host_or_runtime(self):
        container = self.boot(power_on=False)
        for changed in elsewhere(container):
            self.engine._containers[container.id] = changed
            told = self._told()
            self.assertIn('[docker] runtime', told)
            self.assertIn(container.name, told)
            self.assertEqual(1, told.count('\n'), told)

    def test_stranger_with_our_label_is_nobodys_business(self):
        container = self.boot()
        stranger = dataclasses.replace(
            container, id='e' * 64, name='web', state=model.ContainerState.DEAD
        )
        self.engine._containers[stranger.id] = stranger
        self.assertEqual('', self._told())

    def test_server_that_runs_without_its_namespace(self):
        self.boot()
        self.plumber.netns.clear()
        told = self._told()
        self.assertIn('reboot them hard', told)
        self.assertIn(self.uuid, told)

    def test_stopped_server_needs_no_namespace(self):
        # So it is after a reboot of the host.
        container = self.boot(power_on=False)
        self.plumber.netns.clear()
        self.plumber.unmap(container.id)
        self.assertEqual('', self._told())

    def test_namespace_without_a_container(self):
        self.plumber.netns.add(self.uuid)
        self.assertIn(self.uuid, self._told())

    def test_map_entry_without_a_container(self):
        self.plumber.map('f' * 64, self.uuid)
        self.assertIn('f' * 64, self._told())

    def test_many_are_told_in_one_line(self):
        uuids = [f'{number:04}' for number in range(50)]
        self.plumber.netns.update(uuids)
        told = self._told()
        self.assertIn('(50): 0000, ', told)
        self.assertNotIn(uuids[-1], told)


class EndLostTestCase(stories.StoryTestCase):
    """What runs, and the engine does not know of it, is ended."""

    def setUp(self):
        super().setUp()
        self.ended = []
        self.useFixture(
            fixtures.MonkeyPatch(
                'novadocker.ops.orphan.end', self.ended.append
            )
        )

    def _keep(self, *container_ids):
        """Have shims of containers."""
        self.useFixture(
            fixtures.MonkeyPatch(
                'novadocker.privsep.shim.container_ids',
                lambda: frozenset(container_ids),
            )
        )

    def _ended(self):
        self.ended.clear()
        recover.end_lost(self.tools)
        return self.ended

    def test_server_that_runs_is_left_alone(self):
        container = self.boot()
        self._keep(container.id)
        self.assertEqual([], self._ended())

    def test_server_that_is_stopped_is_ended(self):
        container = self.boot()
        self._keep(container.id, 'f' * 64)
        power.power_off(self.tools, self.instance, timeout_s=0)
        self.assertEqual([container.id], self._ended())

    def test_server_without_a_process_needs_no_end(self):
        self.boot(power_on=False)
        self._keep('f' * 64)
        self.assertEqual([], self._ended())

    def test_server_of_another_host_or_runtime_is_not_ours_to_end(self):
        container = self.boot(power_on=False)
        self._keep(container.id)
        for changed in elsewhere(container):
            self.engine._containers[container.id] = changed
            self.assertEqual([], self._ended())

    def test_server_that_a_story_has_started_meanwhile(self):
        container = self.boot(power_on=False)
        self._keep(container.id)
        with self._before_its_lock(lambda: self.engine.start(container.id)):
            self.assertEqual([], self._ended())

    def test_server_that_a_story_has_deleted_meanwhile(self):
        container = self.boot(power_on=False)
        self._keep(container.id)
        with self._before_its_lock(lambda: self.engine.remove(container.id)):
            self.assertEqual([], self._ended())

    @contextlib.contextmanager
    def _before_its_lock(self, deed):
        """Do something while somebody else has the lock of the server."""
        asked = []

        @contextlib.contextmanager
        def lock(instance_uuid):
            asked.append(instance_uuid)
            deed()
            yield

        with fixtures.MonkeyPatch('novadocker.ops.locks.instance_lock', lock):
            yield
        self.assertEqual([self.uuid], asked)


def elsewhere(container):
    """Give a container as another service would have made it."""
    labels = {**container.labels, constants.LABEL_HOST: 'old'}
    yield dataclasses.replace(container, runtime='old')
    yield dataclasses.replace(container, labels=labels)
