"""Whoever comes after a kill finishes what was begun.

Every story is killed before each of its steps in turn, with and without the
rows, and told again by another process.
"""

import contextlib

import testtools

from glance_bridge import exception
from glance_bridge import model
from tests.unit.glance_bridge.publish import world as worlds

ONE, TWO = worlds.manifest(1), worlds.manifest(2)
CHILD = worlds.manifest(3)
INDEX = worlds.manifest(4, children=[worlds.digest_of(CHILD)])
_MOST_STEPS = 40


class Killer:
    """Kills at one step, counted over all that changes anything."""

    def __init__(self, world, at, kind=worlds.Crash):
        self.at = at
        self.count = 0
        self.kind = kind
        world.catalogue.watch = lambda step, image_id: self.step()
        world.rows.watch = self.step
        self._wrap(world.registry)

    def _wrap(self, registry):
        for name in ('put_manifest', 'untag'):
            method = getattr(registry, name)
            setattr(registry, name, self._watched(method))

    def _watched(self, method):
        def watched(*args):
            self.step()
            return method(*args)

        return watched

    def step(self):
        self.count += 1
        if self.count == self.at:
            raise self.kind('killed')

    @property
    def has_struck(self):
        return self.count >= self.at


class CrashTestCase(testtools.TestCase):
    def _kill_everywhere(self, prepare, story, check, kind=worlds.Crash):
        """Kill a story before each step; check after it was told again."""
        for with_rows in (True, False):
            for at in range(1, _MOST_STEPS):
                world = worlds.World()
                prepared = prepare(world)
                killer = Killer(world, at, kind)
                with contextlib.suppress(kind):
                    story(world)
                if not killer.has_struck:
                    self.assertGreater(at, 3)
                    break
                if not with_rows:
                    world.rows.rows.clear()
                world.restart()
                story(world)
                check(world, prepared)
            else:
                self.fail('the story has too many steps')

    def _check(self, content):
        def check(world, prepared):
            digest = worlds.digest_of(content)
            self.assertEqual({worlds.NAME: [digest]}, world.shown())
            (image,) = world.visible()
            row = world.rows.rows[image.id]
            self.assertIs(model.State.ACTIVE, row.state)
            self.assertIn(digest, world.pinned(row))
            actives = [
                each
                for each in world.rows.rows.values()
                if each.state is model.State.ACTIVE
            ]
            self.assertEqual([row], actives)
            # Nothing else was left lying about.
            for each in world.catalogue.images():
                self.assertTrue(each.is_active, each)
            steps = len(world.catalogue.steps)
            world.sweep()
            self.assertEqual(steps, len(world.catalogue.steps))

        return check

    def test_a_first_push(self):
        self._kill_everywhere(
            lambda world: world.tag(ONE),
            lambda world: world.sweep(),
            self._check(ONE),
        )

    def test_a_first_push_of_an_index(self):
        def prepare(world):
            world.tag(CHILD, 'x')
            world.tag(INDEX)

        self._kill_everywhere(
            prepare, lambda world: world.sweep(), self._check(INDEX)
        )

    def test_a_moved_tag(self):
        def prepare(world):
            world.push(ONE)
            world.tag(TWO)

        self._kill_everywhere(
            prepare, lambda world: world.sweep(), self._check(TWO)
        )

    def test_a_moved_tag_with_errors_instead_of_kills(self):
        def prepare(world):
            world.push(ONE)
            world.tag(TWO)

        self._kill_everywhere(
            prepare,
            lambda world: world.sweep(),
            self._check(TWO),
            exception.CatalogueUnavailable,
        )

    def test_a_rollback(self):
        def prepare(world):
            world.push(ONE)
            world.push(TWO)
            world.tag(ONE)

        self._kill_everywhere(
            prepare, lambda world: world.sweep(), self._check(ONE)
        )

    def test_a_push_after_the_image_was_deleted(self):
        def prepare(world):
            found = world.push(ONE)
            world.catalogue.delete_as_user(found.image_id)

        self._kill_everywhere(
            prepare, lambda world: world.push(ONE), self._check(ONE)
        )

    def test_a_withdrawal(self):
        def prepare(world):
            world.push(ONE)
            world.registry.untag(str(worlds.REPOSITORY), 'latest')

        def check(world, prepared):
            self.assertEqual({}, world.shown())

        for at in (1, 2):
            world = worlds.World()
            prepare(world)
            Killer(world, at)
            with contextlib.suppress(worlds.Crash):
                world.publisher.withdraw(worlds.REPOSITORY, 'latest')
            world.restart()
            world.publisher.withdraw(worlds.REPOSITORY, 'latest')
            self.assertEqual({}, world.shown())
            for row in world.rows.rows.values():
                self.assertIs(model.State.RETIRED, row.state)

    def test_a_release(self):
        for at in (1, 2, 3):
            world = worlds.World()
            found = world.push(ONE)
            world.catalogue.delete_as_user(found.image_id)
            Killer(world, at)
            with contextlib.suppress(worlds.Crash):
                world.publisher.release(worlds.REPOSITORY, found.image_id)
            world.restart()
            world.publisher.release(worlds.REPOSITORY, found.image_id)
            self.assertEqual([], world.registry.tags('demo/web/api'))
            self.assertIs(model.State.DELETED, world.row(found).state)
