"""What counts as a difference between both sides."""

import datetime

import testtools

from glance_bridge import location
from glance_bridge.publish import naming
from glance_bridge.reconcile import model
from glance_bridge.reconcile import plan
from tests.unit.glance_bridge.reconcile import world as worlds
from tests.unit.glance_bridge.reconcile.world import ACTIVE
from tests.unit.glance_bridge.reconcile.world import DELETED
from tests.unit.glance_bridge.reconcile.world import RETIRED

HOUR = datetime.timedelta(hours=1)


def _kinds(world: model.World, rules: model.Rules = worlds.RULES) -> list[str]:
    return [each.kind.value for each in plan.compare(world, rules, worlds.NOW)]


class TagTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.row = worlds.publication()

    def test_nothing_differs(self):
        old = worlds.publication(letter='b', state=RETIRED)
        self.assertEqual([], _kinds(worlds.world({'1': 'a'}, self.row, old)))
        self.assertEqual([], _kinds(worlds.world({})))

    def test_a_tag_without_a_row(self):
        self.assertEqual(['unpublished'], _kinds(worlds.world({'1': 'a'})))

    def test_a_tag_whose_image_is_not_finished(self):
        begun = naming.hidden_name_of('web/api', self.row.digest)
        for image in (
            worlds.image(self.row, is_hidden=True, name=begun),
            worlds.image(self.row, status='queued'),
        ):
            world = worlds.world({'1': 'a'}, self.row, images=[image])
            self.assertEqual(['unpublished'], _kinds(world))

    def test_an_owner_may_hide_and_rename_an_image(self):
        image = worlds.image(self.row, is_hidden=True, name='mine')
        world = worlds.world({'1': 'a'}, self.row, images=[image])
        self.assertEqual([], _kinds(world))

    def test_a_tag_that_came_back_to_an_older_digest(self):
        old = worlds.publication(letter='b', state=RETIRED)
        world = worlds.world({'1': 'b'}, self.row, old)
        self.assertEqual(['unpublished', 'superseded'], _kinds(world))

    def test_a_tag_that_is_gone(self):
        self.assertEqual(['untagged'], _kinds(worlds.world({}, self.row)))

    def test_a_tag_with_nothing_behind_it(self):
        self.assertEqual(['broken'], _kinds(worlds.world({'1': None})))

    def test_a_tag_of_nobody(self):
        world = worlds.world({'1': 'a'}, namespaces=())
        self.assertEqual(['unbound'], _kinds(world))

    def test_a_finding_says_where(self):
        (found,) = plan.compare(
            worlds.world({}, self.row), worlds.RULES, worlds.NOW
        )
        self.assertEqual(
            (worlds.REPOSITORY, '1', self.row.digest, self.row.image_id),
            (found.repository, found.tag, found.digest, found.image_id),
        )


class DeletedTestCase(testtools.TestCase):
    def test_an_image_that_is_gone(self):
        for state in (ACTIVE, RETIRED):
            row = worlds.publication(state=state)
            world = worlds.world({}, row, images=[])
            self.assertEqual(['deleted'], _kinds(world))

    def test_a_tombstone_keeps_its_tag_unpublished(self):
        row = worlds.publication(state=DELETED)
        self.assertEqual([], _kinds(worlds.world({'1': 'a'}, row)))

    def test_a_tombstone_is_over_with_the_next_generation(self):
        dead = worlds.publication(state=DELETED)
        row = worlds.publication(generation=2)
        world = worlds.world({'1': 'a'}, dead, row, images=[])
        self.assertEqual(['unpublished', 'deleted'], _kinds(world))

    def test_a_tombstone_of_another_digest_means_nothing(self):
        dead = worlds.publication(letter='b', state=DELETED)
        world = worlds.world({'1': 'a'}, dead)
        self.assertEqual(['unpublished'], _kinds(world))


class PinTestCase(testtools.TestCase):
    def test_an_image_without_its_pin(self):
        row = worlds.publication()
        world = worlds.world({'1': 'a'}, row, pins=[])
        self.assertEqual(['unpinned'], _kinds(world))

    def test_an_image_without_data_needs_none(self):
        row = worlds.publication(state=RETIRED)
        image = worlds.image(row, status='queued')
        world = worlds.world({}, row, images=[image], pins=[])
        self.assertEqual([], _kinds(world))

    def test_a_pin_of_a_deleted_image(self):
        dead = worlds.publication(state=DELETED)
        world = worlds.world({}, dead, pins=[dead.image_id])
        (found,) = plan.compare(world, worlds.RULES, worlds.NOW)
        self.assertEqual(
            ('orphaned', location.pin_of(dead.image_id)),
            (found.kind.value, found.tag),
        )

    def test_a_pin_of_an_upload_is_nobodys_business(self):
        self.assertEqual([], _kinds(worlds.world({}, pins=['upload'])))


class StuckTestCase(testtools.TestCase):
    def _kinds(self, age_s: int, tags: dict[str, str]) -> list[str]:
        row = worlds.publication(state=RETIRED)
        image = worlds.image(row, 'queued', age_s, is_busy=True)
        return _kinds(worlds.world(tags, row, images=[image]))

    def test_it_may_wait_for_a_while(self):
        self.assertEqual([], self._kinds(599, {}))
        self.assertEqual(['stuck'], self._kinds(601, {}))

    def test_one_that_its_tag_means_is_tried_again_first(self):
        self.assertEqual(['unpublished'], self._kinds(601, {'1': 'a'}))
        self.assertEqual(
            ['unpublished', 'stuck'], self._kinds(1201, {'1': 'a'})
        )

    def test_one_whose_age_is_not_known_is_young(self):
        row = worlds.publication(state=RETIRED)
        image = worlds.image(row, 'queued', properties={})
        self.assertEqual([], _kinds(worlds.world({}, row, images=[image])))


class ExpiredTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.rows = [
            worlds.publication(
                letter=letter,
                state=RETIRED,
                changed_at=worlds.NOW - age * HOUR,
            )
            for age, letter in enumerate('abc')
        ]

    def _expired(self, rules: model.Rules, **values: object) -> list[str]:
        images = [worlds.image(each, **values) for each in self.rows]
        world = worlds.world({}, *self.rows, images=images)
        return [
            each.digest[-1]
            for each in plan.compare(world, rules, worlds.NOW)
            if each.kind is model.Kind.EXPIRED
        ]

    def _rules(
        self, count: int | None, age: datetime.timedelta | None
    ) -> model.Rules:
        return model.Rules(count, age, worlds.RULES.stuck_after)

    def test_all_are_kept_unless_told_otherwise(self):
        self.assertEqual([], self._expired(worlds.RULES))

    def test_the_newest_of_a_tag_are_kept(self):
        self.assertEqual(['b', 'c'], self._expired(self._rules(1, None)))
        self.assertEqual([], self._expired(self._rules(3, None)))

    def test_young_ones_are_kept(self):
        self.assertEqual(['c'], self._expired(self._rules(None, HOUR)))

    def test_each_tag_is_counted_for_itself(self):
        self.rows.append(worlds.publication(tag='2', state=RETIRED))
        self.assertEqual(['b', 'c'], self._expired(self._rules(1, None)))

    def test_protected_ones_are_kept(self):
        rules = self._rules(0, None)
        self.assertEqual(3, len(self._expired(rules)))
        self.assertEqual([], self._expired(rules, is_protected=True))
