"""One sweep, with both sides made up."""

import logging

import fixtures
import testtools

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.reconcile import mend
from glance_bridge.reconcile import model as reconcile_model
from glance_bridge.reconcile import sweep
from tests.unit.glance_bridge.reconcile import world as worlds
from tests.unit.glance_bridge.reconcile.world import RETIRED

Kind = reconcile_model.Kind


class _Mender(mend.Mender):
    """One that only writes down what it would do."""

    def __init__(self) -> None:
        super().__init__(None)
        self.mended: list[str] = []
        self.rows: list[model.Publication] = []
        self.errors: dict[Kind, Exception] = {}
        self.after = lambda: None

    def mend(self, finding: reconcile_model.Finding) -> None:
        if finding.kind in self.errors:
            raise self.errors[finding.kind]
        self.mended.append(finding.kind.value)
        self.after()

    def record(self, publication: model.Publication) -> None:
        self.rows.append(publication)


class _Sides:
    """What is seen, who remembers orphans, and where bindings go."""

    def __init__(self) -> None:
        self.world = worlds.world({})
        self.error: Exception | None = None
        self.orphans: list[reconcile_model.Finding] = []
        self.young: list[reconcile_model.Finding] = []
        self.bindings: list[model.Binding] = []
        self.asked: list[str] = []
        self.answer: bool | Exception = True

    def look(self) -> reconcile_model.World:
        if self.error:
            raise self.error
        return self.world

    def find(
        self, world: reconcile_model.World
    ) -> list[reconcile_model.Finding]:
        return self.orphans

    def add_binding(self, binding: model.Binding) -> model.Binding:
        self.bindings.append(binding)
        return binding

    def is_image(self, repository: model.Repository, digest: str) -> bool:
        self.asked.append(digest)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class _SweeperTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.INFO))
        self.sides = _Sides()
        self.mender = _Mender()
        self.sweeper = sweep.Sweeper(
            *(self.sides, self.sides, self.mender, self.sides),
            sweep.Questions(self.sides.is_image, worlds.recognize),
            worlds.RULES,
            threads=2,
        )

    def _sweep(self, **values: bool) -> list[str]:
        outcome = self.sweeper.sweep(**values)
        return [each.kind.value for each in outcome.failed]


class SweeperTestCase(_SweeperTestCase):
    def test_what_differs_is_mended(self):
        self.sides.world = worlds.world({'1': 'a', '2': None})
        self.assertEqual([], self._sweep())
        self.assertEqual(['broken', 'unpublished'], sorted(self.mender.mended))

    def test_looking_changes_nothing(self):
        self.sides.world = worlds.world({'1': 'a', '2': None})
        kinds = [each.kind.value for each in self.sweeper.look()]
        self.assertEqual(['broken', 'unpublished'], kinds)
        self.assertEqual([], self.mender.mended)

    def test_orphans_are_mended_too(self):
        self.sides.orphans = [
            reconcile_model.Finding(Kind.ORPHANED, worlds.REPOSITORY, 'g')
        ]
        self._sweep()
        self.assertEqual(['orphaned'], self.mender.mended)

    def test_a_person_is_told_of_pins_that_have_time_left(self):
        old, young = (
            reconcile_model.Finding(Kind.ORPHANED, worlds.REPOSITORY, tag)
            for tag in ('g-1', 'g-2')
        )
        self.sides.orphans, self.sides.young = [old], [young]
        self.assertEqual([old, young], self.sweeper.look())
        self.assertEqual([], self._sweep())
        outcome = self.sweeper.sweep(is_asked_for=True)
        self.assertEqual((old, young), outcome.findings)
        self.assertEqual((young,), outcome.failed)

    def test_a_pin_of_a_deleted_image_has_no_time_left(self):
        row = worlds.publication(state=model.State.DELETED)
        self.sides.world = worlds.world({}, row, pins=[row.image_id])
        (found,) = self.sweeper.look()
        self.sides.young = [found]
        self.assertEqual([found], self.sweeper.look())
        self.assertEqual([], self._sweep(is_asked_for=True))
        self.sides.orphans, self.sides.young = [found], []
        self._sweep()
        self.assertEqual(['orphaned'] * 2, self.mender.mended)

    def test_one_that_fails_leaves_the_others(self):
        self.sides.world = worlds.world({'1': 'a', '2': None})
        for error, said in (
            (exception.ServiceUnavailable('away'), 'away'),
            (KeyError('odd'), 'odd'),
        ):
            self.mender.errors = {Kind.UNPUBLISHED: error}
            self.assertEqual(['unpublished'], self._sweep())
            self.assertIn(said, self.log.output)
        self.assertIn('unpublished demo/web/api:1 is left', self.log.output)
        self.assertEqual(['broken', 'broken'], self.mender.mended)

    def test_what_needs_a_person_is_left(self):
        self.sides.world = worlds.world({'1': 'a'}, namespaces=())
        self.assertEqual(['unbound'], self._sweep())
        self.assertEqual([], self.mender.mended)

    def test_artifacts_are_not_missed_and_asked_about_once(self):
        self.sides.answer = False
        self.sides.world = worlds.world({'1': 'a'})
        for _ in range(2):
            self.assertEqual([], self._sweep())
        self.assertEqual([worlds.digest('a')], self.sides.asked)
        self.assertEqual([], self.mender.mended)

    def test_a_tag_that_went_meanwhile_is_no_difference(self):
        self.sides.answer = exception.RegistryNotFound('it')
        self.sides.world = worlds.world({'1': 'a'})
        self._sweep()
        self.assertEqual([], self.mender.mended)

    def test_a_tag_that_cannot_be_judged_is_tried(self):
        self.sides.answer = exception.RegistryRefused('odd')
        self.sides.world = worlds.world({'1': 'a'})
        self._sweep()
        self.assertEqual(['unpublished'], self.mender.mended)

    def test_a_side_that_is_away_ends_it(self):
        self.sides.error = exception.RegistryUnavailable('away')
        self.assertRaises(exception.RegistryUnavailable, self.sweeper.sweep)

    def test_a_stop_leaves_the_rest(self):
        self.sides.world = worlds.world({str(i): None for i in range(50)})
        self.mender.after = self.sweeper.stopping.set
        self.assertGreater(len(self._sweep()), 40)


class LostDatabaseTestCase(_SweeperTestCase):
    def setUp(self):
        super().setUp()
        self.rows = [
            worlds.publication(),
            worlds.publication(letter='b', state=RETIRED),
        ]
        images = [worlds.image(each) for each in self.rows]
        self.sides.world = worlds.world(
            {'1': 'a'}, images=images, namespaces=()
        )

    def test_rows_and_bindings_come_back(self):
        outcome = self.sweeper.sweep()
        self.assertEqual(self.rows, self.mender.rows)
        self.assertEqual(
            [model.Binding('demo', 'p1', '')], self.sides.bindings
        )
        self.assertEqual(
            ['unrecorded'] * 2, [each.kind for each in outcome.findings]
        )
        self.assertEqual((), outcome.failed)
        self.assertEqual([], self.mender.mended)

    def test_looking_writes_none(self):
        self.assertEqual(2, len(self.sweeper.look()))
        self.assertEqual([], self.mender.rows + self.sides.bindings)


class DisasterTestCase(_SweeperTestCase):
    def _lose(self, lost: int, left: int) -> None:
        rows = [
            worlds.publication(tag=str(number), state=RETIRED)
            for number in range(lost + left)
        ]
        images = [worlds.image(each) for each in rows[lost:]]
        self.sides.world = worlds.world({}, *rows, images=images)

    def test_a_few_deleted_images_are_believed(self):
        self._lose(10, 0)
        self.assertEqual([], self._sweep())
        self.assertEqual(['deleted'] * 10, self.mender.mended)

    def test_most_are_not(self):
        self._lose(11, 10)
        self.assertEqual(['deleted'] * 11, self._sweep())
        self.assertEqual([], self.mender.mended)
        self.assertIn('11 of 21', self.log.output)

    def test_unless_a_person_says_so(self):
        self._lose(11, 10)
        self.assertEqual([], self._sweep(is_asked_for=True))
        self.assertEqual(['deleted'] * 11, self.mender.mended)
