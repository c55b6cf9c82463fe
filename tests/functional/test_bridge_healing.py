"""Both sides agree again, whatever was lost: with a real engine."""

import datetime

import testtools

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge.reconcile import model as reconcile_model
from tests.fixtures import archives
from tests.fixtures import healing
from tests.fixtures import images
from tests.fixtures import netns
from tests.fixtures import registry as registry_fixtures

FIRST, SECOND = (images.image(archives.layer(number)) for number in (1, 2))
NAME = 'web/api:latest'
REPOSITORY = model.Repository(healing.NAMESPACE, 'web/api')
# When the registry says that it told of a push.
LONG_AGO, NOT_YET = (datetime.datetime(year, 1, 1) for year in (2001, 9001))


def _numbered(number: int) -> images.Made:
    """Make an image unlike any other here."""
    return images.image(archives.layer(100 + number))


class Crash(BaseException):
    """Nobody in the bridge hears of it, as of a kill."""


@registry_fixtures.needs_registry
class _HealingTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.bridge = self.useFixture(healing.Bridge())

    def _push(self, made: images.Made, tag: str = 'latest') -> None:
        self.bridge.push('web/api', tag, made)

    def _wait_for(self, made: images.Made | None) -> None:
        """Wait until this is the one image, or there is none."""
        expected = {NAME: made.digest} if made else {}
        netns.wait_until(lambda: self.bridge.shown() == expected, 'the image')

    def _wait_for_accord(self) -> None:
        """Wait until a look finds nothing: rows follow what is shown."""
        netns.wait_until(lambda: self.bridge.differences() == [], 'accord')

    def _check(self, **expected: str) -> None:
        """Both sides agree, and a second look finds nothing."""
        self.assertEqual(expected, dict(self.bridge.shown()))
        self.assertEqual([], self.bridge.differences())


class EventTestCase(_HealingTestCase):
    def test_a_push_past_the_front_is_published_and_withdrawn(self):
        self._push(FIRST)
        self._wait_for(FIRST)
        self._push(SECOND)
        self._wait_for(SECOND)
        self.bridge.registry.untag(str(REPOSITORY), 'latest')
        self._wait_for(None)
        self._wait_for_accord()

    def test_a_deleted_image_comes_back_for_a_push(self):
        self._push(FIRST)
        self._wait_for(FIRST)
        # It is shown a moment before its row is written.
        self._wait_for_accord()
        first_id = self.bridge.image_id(NAME)
        self.bridge.catalogue.delete_as_user(first_id)
        self.bridge.sweeper.sweep()
        self._push(FIRST)
        self._wait_for(FIRST)
        self.assertNotEqual(first_id, self.bridge.image_id(NAME))
        self._wait_for_accord()


class LostEventTestCase(_HealingTestCase):
    def setUp(self):
        super().setUp()
        self.bridge.is_deaf = True

    def test_a_sweep_finds_what_no_event_told(self):
        self._push(FIRST)
        self._push(SECOND, 'other')
        self.assertEqual(['unpublished'] * 2, self.bridge.differences())
        outcome = self.bridge.sweeper.sweep()
        self.assertEqual((), outcome.failed)
        self._check(**{NAME: FIRST.digest, 'web/api:other': SECOND.digest})

    def test_a_deleted_image_comes_back_for_no_push_of_the_past(self):
        self._push(FIRST)
        self.bridge.sweeper.sweep()
        first_id = self.bridge.image_id(NAME)
        self.bridge.catalogue.delete_as_user(first_id)
        self.bridge.sweeper.sweep()
        self._check()
        self.assertIsNone(
            self.bridge.registry.digest_of(str(REPOSITORY), 'latest')
        )
        self._push(FIRST)
        for told_at in (datetime.datetime.min, LONG_AGO):
            self.bridge.settler.tag(REPOSITORY, 'latest', told_at)
            self.bridge.sweeper.sweep()
            self._check()
        self.bridge.settler.tag(REPOSITORY, 'latest', NOT_YET)
        self._check(**{NAME: FIRST.digest})
        self.assertNotEqual(first_id, self.bridge.image_id(NAME))

    def test_events_that_die_with_the_engine(self):
        self._push(FIRST)
        self.bridge.sweeper.sweep()
        self._push(SECOND)
        self.bridge.registry.untag(str(REPOSITORY), 'latest')
        self._push(SECOND, 'other')
        self.bridge.engine.kill()
        self.assertRaises(
            exception.RegistryUnavailable, self.bridge.sweeper.sweep
        )
        self.bridge.engine.start()
        self.bridge.sweeper.sweep()
        self._check(**{'web/api:other': SECOND.digest})

    def test_a_rollback_shows_the_image_that_was_there(self):
        self._push(FIRST)
        self.bridge.sweeper.sweep()
        first_id = self.bridge.image_id(NAME)
        self._push(SECOND)
        self.bridge.sweeper.sweep()
        self._push(FIRST)
        self.bridge.sweeper.sweep()
        self._check(**{NAME: FIRST.digest})
        self.assertEqual(first_id, self.bridge.image_id(NAME))

    def test_artifacts_are_no_difference(self):
        self._push(images.chart())
        self._push(images.signature(), 'signature')
        self.assertEqual([], self.bridge.differences())
        self.bridge.sweeper.sweep()
        self._check()

    def test_an_hour_without_glance(self):
        self._push(FIRST)
        self.bridge.catalogue.error = exception.CatalogueUnavailable('away')
        self.assertRaises(
            exception.ServiceUnavailable, self.bridge.sweeper.sweep
        )
        self.bridge.catalogue.error = None
        self.bridge.sweeper.sweep()
        self._check(**{NAME: FIRST.digest})

    def test_a_process_that_dies_at_any_step(self):
        """Of a new image that takes the place of another one."""
        self._push(FIRST)
        self.bridge.sweeper.sweep()
        number = 0
        while self._is_cut_off(made := _numbered(number), number):
            self.bridge.sweeper.sweep()
            self._check(**{NAME: made.digest})
            number += 1
        # It is created, gets its data, is shown, and the old one hidden.
        self.assertEqual(4, number)

    def test_a_process_that_dies_while_it_rolls_back(self):
        self._push(FIRST)
        self.bridge.sweeper.sweep()
        number = 0
        self._push(SECOND)
        self.bridge.sweeper.sweep()
        while self._is_cut_off(FIRST, number):
            self.bridge.sweeper.sweep()
            self._check(**{NAME: FIRST.digest})
            self._push(SECOND)
            self.bridge.sweeper.sweep()
            number += 1
        self.assertEqual(2, number)

    def _is_cut_off(self, made: images.Made, number: int) -> bool:
        """Publish, and die before a step; False where there are fewer."""
        left = [number]

        def watch(step: str, image_id: str) -> None:
            if not left[0]:
                raise Crash
            left[0] -= 1

        self._push(made)
        self.bridge.catalogue.watch = watch
        try:
            self.bridge.publisher.publish(REPOSITORY, 'latest')
        except Crash:
            return True
        finally:
            self.bridge.catalogue.watch = lambda step, image_id: None
        return False


class LostRowsTestCase(_HealingTestCase):
    def test_they_come_back_from_glance(self):
        self.bridge.is_deaf = True
        self._push(FIRST)
        self.bridge.sweeper.sweep()
        self._push(SECOND)
        self._push(SECOND, 'other')
        self.bridge.sweeper.sweep()
        before = self.bridge.database.publications()
        self.assertEqual(3, len(before))
        self.bridge.lose_rows()
        self.assertEqual(['unrecorded'] * 3, self.bridge.differences())
        self.bridge.sweeper.sweep()
        self.assertEqual(set(before), set(self.bridge.database.publications()))
        (binding,) = self.bridge.database.bindings()
        self.assertEqual(healing.PROJECT, binding.project_id)
        self._check(**{NAME: SECOND.digest, 'web/api:other': SECOND.digest})


class PinTestCase(_HealingTestCase):
    def setUp(self):
        super().setUp()
        self.bridge.is_deaf = True

    def _tags(self) -> list[str]:
        return self.bridge.registry.tags(str(REPOSITORY))

    def test_a_lost_pin_is_set_again(self):
        self._push(FIRST)
        self.bridge.sweeper.sweep()
        pin = location.pin_of(self.bridge.image_id(NAME))
        self.bridge.registry.untag(str(REPOSITORY), pin)
        self.assertEqual(['unpinned'], self.bridge.differences())
        self.bridge.sweeper.sweep()
        self.assertIn(pin, self._tags())
        self._check(**{NAME: FIRST.digest})

    def test_a_pin_of_an_import_that_failed_is_dropped(self):
        image_id = '0d8a4f6e-1a37-4bd2-9a51-6f0d4f3e2b10'
        repository = f'{healing.PROJECT}/uploads/{image_id}'
        pin = location.pin_of(image_id)
        # Glance's store has it, and Glance was killed before it wrote so.
        self.bridge.catalogue.squat(image_id, healing.PROJECT)
        images.push(self.bridge.registry, repository, FIRST, pin)
        self.assertEqual(['orphaned'], self.bridge.differences())
        self.bridge.sweeper.sweep()
        self.assertEqual([], self.bridge.registry.tags(repository))
        self._check()
        # Its user imports it again.
        images.push(self.bridge.registry, repository, FIRST, pin)
        url = location.location_of(repository, FIRST.digest, image_id)
        self.bridge.catalogue.squat(image_id, healing.PROJECT, url)
        self.assertEqual([], self.bridge.differences())
        self.assertEqual([pin], self.bridge.registry.tags(repository))

    def test_a_pin_of_no_image_is_dropped(self):
        pin = location.pin_of('0d8a4f6e-1a37-4bd2-9a51-6f0d4f3e2b10')
        self._push(FIRST, pin)
        self.assertEqual(['orphaned'], self.bridge.differences())
        self.bridge.sweeper.sweep()
        self.assertEqual([], self._tags())


class CollectionTestCase(_HealingTestCase):
    """The procedure of doc/source/admin/registry-healing.rst."""

    def setUp(self):
        super().setUp()
        self.bridge.is_deaf = True
        platforms = [
            images.image(archives.layer(10 + number), architecture=name)
            for number, name in enumerate(('amd64', 'arm64'))
        ]
        self.index = images.index(*platforms)
        self._push(self.index)
        self.bridge.sweeper.sweep()
        self._push(FIRST, 'short')
        self.bridge.sweeper.sweep()

    def _is_there(self, made: images.Made) -> bool:
        registry, name = self.bridge.registry, str(REPOSITORY)
        return (
            registry.digest_of(name, made.digest) is not None
            and all(registry.blob_size(name, each) for each in made.blobs)
            and all(self._is_there(each) for each in made.children)
        )

    def _collect(self, *flags: str) -> None:
        self.bridge.engine.stop()
        self.bridge.engine.collect_garbage(*flags)
        self.bridge.engine.start()

    def test_what_glance_needs_is_kept(self):
        """Also for images whose tag is gone, with all their platforms."""
        for tag in ('latest', 'short'):
            self.bridge.registry.untag(str(REPOSITORY), tag)
        self.bridge.sweeper.sweep()
        for flags in ((), ('--delete-untagged',)):
            self._collect(*flags)
            self.assertTrue(self._is_there(self.index), flags)
            self.assertTrue(self._is_there(FIRST), flags)
        self._check()

    def test_what_nobody_needs_goes(self):
        for tag in ('latest', 'short'):
            self.bridge.catalogue.delete_as_user(
                self.bridge.image_id(f'web/api:{tag}')
            )
        self.bridge.sweeper.sweep()
        self.assertEqual([], self.bridge.registry.tags(str(REPOSITORY)))
        self._collect('--delete-untagged')
        self.assertFalse(self._is_there(self.index))
        self.assertFalse(self._is_there(FIRST))
        self._check()


@registry_fixtures.needs_registry
class RetentionTestCase(testtools.TestCase):
    def test_the_newest_of_a_tag_are_kept(self):
        rules = reconcile_model.Rules(1, None, healing.RULES.stuck_after)
        both = self.useFixture(healing.Bridge(rules))
        both.is_deaf = True
        for number in range(4):
            made = _numbered(number)
            both.push('web/api', 'latest', made)
            both.sweeper.sweep()
        both.sweeper.sweep()
        self.assertEqual(2, len(list(both.catalogue.images())))
        self.assertEqual({NAME: made.digest}, dict(both.shown()))
        pins = [
            each
            for each in both.registry.tags(str(REPOSITORY))
            if location.is_pin(each)
        ]
        self.assertEqual(2, len(pins))
        self.assertEqual([], both.differences())
