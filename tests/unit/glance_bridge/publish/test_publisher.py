"""What Glance shows after the tags of the registry changed."""

import testtools

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from tests.unit.glance_bridge.publish import world as worlds

State = model.State
ONE, TWO = worlds.manifest(1), worlds.manifest(2)
DIGEST_ONE, DIGEST_TWO = map(worlds.digest_of, (ONE, TWO))
REPOSITORY = worlds.REPOSITORY


class PublisherTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.world = worlds.World()
        self.catalogue = self.world.catalogue
        self.publisher = self.world.publisher

    def steps(self):
        """Say what was changed in Glance since this was asked last."""
        found = [step for step, _ in self.catalogue.steps]
        self.catalogue.steps.clear()
        return found

    def image(self, publication):
        return self.catalogue.get(publication.image_id)


class PushTestCase(PublisherTestCase):
    def test_a_push_is_one_active_image(self):
        found = self.world.push(ONE)
        (image,) = self.world.visible()
        self.assertEqual(found.image_id, image.id)
        self.assertTrue(image.is_active)
        self.assertEqual(worlds.OWNER, image.owner)
        self.assertEqual(['create', 'add_location', 'show'], self.steps())
        self.assertEqual(
            (REPOSITORY, 'latest', DIGEST_ONE, 0, State.ACTIVE),
            (
                *(found.repository, found.tag, found.digest),
                *(found.generation, found.state),
            ),
        )
        self.assertEqual(found, self.world.row(found))

    def test_the_image_says_where_it_came_from_and_where_it_runs(self):
        properties = self.image(self.world.push(ONE)).properties
        for name, value in (
            ('img_hv_type', 'docker'),
            ('trait:CUSTOM_NOVA_DOCKER', 'required'),
            ('docker_repository', 'demo/web/api'),
            ('docker_tag', 'latest'),
            ('docker_manifest_digest', DIGEST_ONE),
            ('docker_config_digest', 'sha256:' + 'c' * 64),
            ('hw_architecture', 'x86_64'),
        ):
            self.assertEqual(value, properties[name], name)

    def test_its_location_names_the_manifest_and_the_image(self):
        found = self.world.push(ONE)
        self.assertEqual(
            [location.location_of('demo/web/api', DIGEST_ONE, found.image_id)],
            self.catalogue.locations(found.image_id),
        )

    def test_it_is_pinned_before_it_has_a_location(self):
        child = worlds.manifest(3)
        self.world.registry.put_manifest(
            str(REPOSITORY), 'x', child, worlds.MEDIA_TYPE
        )
        index = worlds.manifest(4, children=[worlds.digest_of(child)])
        pinned = []

        def watch(step, image_id):
            if step == 'add_location':
                tags = self.world.registry.tags(str(REPOSITORY))
                pinned.extend(filter(location.is_pin, tags))

        self.catalogue.watch = watch
        found = self.world.push(index)
        self.assertEqual(
            {
                location.pin_of(found.image_id),
                location.child_pin_of(found.image_id, 0),
            },
            set(pinned),
        )
        self.assertEqual(
            {worlds.digest_of(index), worlds.digest_of(child)},
            self.world.pinned(found),
        )

    def test_the_same_push_again_changes_nothing(self):
        first = self.world.push(ONE)
        self.steps()
        count = self.world.judge.count
        self.assertEqual(first, self.world.push(ONE))
        self.assertEqual(first, self.world.sweep())
        self.assertEqual([], self.steps())
        self.assertEqual(count, self.world.judge.count)

    def test_a_moved_tag_is_another_image(self):
        first = self.world.push(ONE)
        self.steps()
        second = self.world.push(TWO)
        self.assertEqual(
            ['create', 'add_location', 'hide', 'show'], self.steps()
        )
        (image,) = self.world.visible()
        self.assertEqual(second.image_id, image.id)
        old = self.image(first)
        self.assertTrue(old.is_hidden)
        self.assertTrue(old.is_active)
        self.assertEqual(f'web/api@{DIGEST_ONE}', old.name)
        self.assertEqual({DIGEST_ONE}, self.world.pinned(first))
        self.assertIs(State.RETIRED, self.world.row(first).state)

    def test_a_rollback_shows_the_image_that_was(self):
        first = self.world.push(ONE)
        self.world.push(TWO)
        self.steps()
        self.assertEqual(first, self.world.push(ONE))
        self.assertEqual(['hide', 'show'], self.steps())
        self.assertEqual({worlds.NAME: [DIGEST_ONE]}, self.world.shown())

    def test_a_second_tag_is_a_second_image(self):
        first = self.world.push(ONE)
        second = self.world.push(ONE, 'stable')
        self.assertNotEqual(first.image_id, second.image_id)
        self.assertEqual(
            {worlds.NAME: [DIGEST_ONE], 'web/api:stable': [DIGEST_ONE]},
            self.world.shown(),
        )

    def test_what_the_front_knows_is_not_judged_again(self):
        self.world.tag(ONE)
        self.publisher.publish(
            REPOSITORY, 'latest', verdict=worlds.verdict_of(ONE)
        )
        self.assertEqual(0, self.world.judge.count)

    def test_a_verdict_on_another_manifest_is_not_used(self):
        self.world.tag(TWO)
        found = self.publisher.publish(
            REPOSITORY, 'latest', verdict=worlds.verdict_of(ONE)
        )
        self.assertEqual(DIGEST_TWO, found.digest)
        self.assertEqual(1, self.world.judge.count)

    def test_never_two_visible_images_and_never_a_row_without_a_name(self):
        counts = []

        def watch(step, image_id):
            counts.append(len(self.world.visible()))
            for image in self.catalogue.images():
                self.assertTrue(image.name)

        self.world.push(ONE)
        self.catalogue.watch = watch
        self.world.push(TWO)
        self.world.push(ONE)
        self.assertEqual({0, 1}, set(counts))

    def test_all_is_done_under_the_lock_of_the_tag(self):
        names = []
        self.catalogue.watch = lambda step, image_id: names.append(
            list(self.world.locks.names)
        )
        self.world.push(ONE)
        self.assertEqual([['demo/web/api:latest']] * 3, names)


class NoImageTestCase(PublisherTestCase):
    def test_a_tag_that_is_gone_has_no_image(self):
        first = self.world.push(ONE)
        self.world.registry.untag(str(REPOSITORY), 'latest')
        self.publisher.withdraw(REPOSITORY, 'latest')
        self.assertEqual([], self.world.visible())
        self.assertTrue(self.image(first).is_active)
        self.assertIs(State.RETIRED, self.world.row(first).state)
        self.assertEqual({DIGEST_ONE}, self.world.pinned(first))

    def test_withdrawing_a_tag_that_is_there_publishes_it(self):
        self.world.tag(ONE)
        self.publisher.withdraw(REPOSITORY, 'latest')
        self.assertEqual(1, len(self.world.visible()))

    def test_what_is_no_image_replaces_one(self):
        for kind in ('artifact', 'refused'):
            self.world.push(ONE)
            self.assertIsNone(self.world.push(worlds.manifest(5, kind)))
            self.assertEqual([], self.world.visible())

    def test_a_name_that_glance_cannot_keep_is_not_published(self):
        repository = model.Repository('demo', 'x' * 200)
        self.assertIsNone(self.world.push(ONE, repository=repository))
        self.assertEqual([], self.steps())

    def test_a_namespace_of_nobody_is_not_published(self):
        first = self.world.push(ONE)
        del self.world.bindings['demo']
        self.assertIsNone(self.world.sweep())
        self.assertIs(State.RETIRED, self.world.row(first).state)

    def test_pins_are_not_published(self):
        first = self.world.push(ONE)
        self.steps()
        pin = location.pin_of(first.image_id)
        self.assertIsNone(self.world.push(ONE, pin))
        self.publisher.withdraw(REPOSITORY, pin)
        self.assertEqual([], self.steps())

    def test_a_registry_that_is_away_leaves_all_as_it_is(self):
        self.world.push(ONE)
        self.world.registry.failure = exception.RegistryUnavailable('gone')
        self.assertRaises(exception.RegistryUnavailable, self.world.sweep)
        self.assertEqual(1, len(self.world.visible()))

    def test_a_glance_that_is_away_is_told(self):
        self.catalogue.error = exception.CatalogueUnavailable('gone')
        self.assertRaises(exception.CatalogueUnavailable, self.world.push, ONE)
        self.catalogue.error = None
        self.assertEqual(DIGEST_ONE, self.world.sweep().digest)


class TombstoneTestCase(PublisherTestCase):
    def test_a_deleted_image_stays_deleted(self):
        first = self.world.push(ONE)
        self.catalogue.delete_as_user(first.image_id)
        for _ in range(2):
            self.assertIsNone(self.world.sweep())
            self.assertEqual([], self.world.visible())
        self.assertIs(State.DELETED, self.world.row(first).state)

    def test_a_new_push_makes_the_next_generation(self):
        first = self.world.push(ONE)
        self.catalogue.delete_as_user(first.image_id)
        for generation in (1, 2):
            found = self.world.push(ONE)
            self.assertEqual(generation, found.generation)
            self.assertEqual(1, len(self.world.visible()))
            self.assertEqual(found, self.world.sweep())
            self.catalogue.delete_as_user(found.image_id)
            self.assertIsNone(self.world.sweep())

    def test_it_stays_deleted_without_rows(self):
        first = self.world.push(ONE)
        self.catalogue.delete_as_user(first.image_id)
        self.world.rows.rows.clear()
        self.assertIsNone(self.world.sweep())
        self.assertIs(State.DELETED, self.world.row(first).state)
        self.assertEqual(1, self.world.push(ONE).generation)

    def test_a_tombstone_hides_what_the_tag_was_before(self):
        self.world.push(ONE)
        second = self.world.push(TWO)
        self.catalogue.delete_as_user(second.image_id)
        self.world.tag(ONE)
        self.world.sweep()
        self.world.tag(TWO)
        self.assertIsNone(self.world.sweep())
        self.assertEqual([], self.world.visible())

    def test_a_retired_image_that_was_deleted_is_noted(self):
        first = self.world.push(ONE)
        self.catalogue.delete_as_user(first.image_id)
        self.world.push(TWO)
        self.assertIs(State.DELETED, self.world.row(first).state)

    def test_release_takes_the_pin_and_the_tag(self):
        first = self.world.push(ONE)
        self.world.push(ONE, 'stable')
        self.catalogue.delete_as_user(first.image_id)
        self.publisher.release(REPOSITORY, first.image_id)
        self.assertIs(State.DELETED, self.world.row(first).state)
        self.assertEqual(set(), self.world.pinned(first))
        tags = self.world.registry.tags(str(REPOSITORY))
        self.assertNotIn('latest', tags)
        self.assertIn('stable', tags)

    def test_release_leaves_a_tag_that_was_pushed_again(self):
        first = self.world.push(ONE)
        self.catalogue.delete_as_user(first.image_id)
        second = self.world.push(ONE)
        self.publisher.release(REPOSITORY, first.image_id)
        self.assertEqual(set(), self.world.pinned(first))
        self.assertEqual({DIGEST_ONE}, self.world.pinned(second))
        self.assertEqual(second, self.world.sweep())

    def test_release_leaves_a_tag_that_moved(self):
        first = self.world.push(ONE)
        self.catalogue.delete_as_user(first.image_id)
        self.world.tag(TWO)
        self.publisher.release(REPOSITORY, first.image_id)
        self.assertEqual(DIGEST_TWO, self.world.sweep().digest)

    def test_release_of_an_image_that_is_there_pins_it_again(self):
        first = self.world.push(ONE)
        self.world.registry.untag(
            str(REPOSITORY), location.pin_of(first.image_id)
        )
        self.publisher.release(REPOSITORY, first.image_id)
        self.assertEqual({DIGEST_ONE}, self.world.pinned(first))

    def test_release_believes_the_location_and_not_its_caller(self):
        first = self.world.push(ONE)
        other = model.Repository('demo', 'other')
        self.publisher.release(other, first.image_id)
        self.assertEqual({DIGEST_ONE}, self.world.pinned(first))
        self.assertNotIn('demo/other', self.world.registry.repositories())

    def test_release_of_an_image_without_data_does_nothing(self):
        self.catalogue.squat('image', worlds.OWNER)
        self.publisher.release(REPOSITORY, 'image')
        self.assertEqual([], self.steps())

    def test_release_of_an_upload_drops_its_pin_alone(self):
        repository = model.Repository('project', 'uploads/1')
        image = '6c1f9a0e-3b52-4d62-9f04-5d1f5b7a9c11'
        pin = location.pin_of(image)
        self.world.tag(ONE, pin, repository)
        self.publisher.release(repository, image)
        self.assertEqual([], self.world.registry.tags(str(repository)))

    def test_release_of_what_the_registry_never_had_is_fine(self):
        def tags(repository):
            raise exception.RegistryNotFound(repository)

        self.world.registry.tags = tags
        self.publisher.release(REPOSITORY, 'image')
        self.assertEqual([], self.steps())


class ForeignTestCase(PublisherTestCase):
    def _ids(self, count=2):
        """Learn ids that a squatter could only guess."""
        other = worlds.World()
        found = []
        for _ in range(count):
            publication = other.push(ONE)
            found.append(publication.image_id)
            other.catalogue.delete_as_user(publication.image_id)
        return found

    def test_an_id_that_a_member_took_is_left_to_him(self):
        for owner, url in (
            ('other', None),
            ('other', 'docker-registry://registry/demo/x@sha256:0/1'),
            (worlds.OWNER, 'docker-registry://registry/demo/x@sha256:0/1'),
        ):
            self.world = worlds.World()
            first, second = self._ids()
            self.world.catalogue.squat(first, owner, url)
            squat = self.world.catalogue.get(first)
            found = self.world.push(ONE)
            self.assertEqual(second, found.image_id)
            self.assertEqual(1, found.generation)
            self.assertEqual(squat, self.world.catalogue.get(first))
            self.world.rows.rows.clear()
            self.assertEqual(found, self.world.sweep())

    def test_taking_every_id_is_told(self):
        for image_id in self._ids(16):
            self.catalogue.squat(image_id, 'other')
        self.assertRaises(exception.CatalogueRefused, self.world.push, ONE)

    def test_another_owner_gets_another_image(self):
        first = self.world.push(ONE)
        self.world.bindings['demo'] = model.Binding('demo', 'new', 'default')
        found = self.world.push(ONE)
        self.assertEqual(1, found.generation)
        self.assertEqual('new', self.image(found).owner)
        self.assertTrue(self.image(first).is_hidden)

    def test_an_image_that_a_member_gave_the_name_is_left_alone(self):
        self.catalogue.squat('theirs', worlds.OWNER)
        self.catalogue.change('theirs', worlds.NAME, is_hidden=False)
        first = self.world.push(ONE)
        self.assertEqual(
            {'theirs', first.image_id},
            {each.id for each in self.world.visible()},
        )

    def test_the_same_name_in_another_namespace_of_the_owner_is_left(self):
        by_id = model.Repository(32 * 'a', worlds.REPOSITORY.path)
        self.world.bindings[by_id.namespace] = model.Binding(
            by_id.namespace, worlds.OWNER, 'default'
        )
        first = self.world.push(ONE)
        second = self.world.push(TWO, repository=by_id)
        both = {first.image_id, second.image_id}
        for repository in (worlds.REPOSITORY, by_id, worlds.REPOSITORY):
            self.world.sweep(repository=repository)
            self.assertEqual(both, {each.id for each in self.world.visible()})
        # Each still moves on its own.
        third = self.world.push(TWO)
        self.assertEqual(
            {third.image_id, second.image_id},
            {each.id for each in self.world.visible()},
        )

    def test_what_a_user_renamed_gets_its_name_back(self):
        first = self.world.push(ONE)
        self.catalogue.change(first.image_id, 'mine', is_hidden=False)
        self.assertEqual(first, self.world.sweep())
        self.assertEqual(worlds.NAME, self.image(first).name)

    def test_rows_are_found_again(self):
        first = self.world.push(ONE)
        second = self.world.push(TWO)
        for publication, state in (
            (first, State.RETIRED),
            (second, State.ACTIVE),
        ):
            found = self.publisher.recognize(self.image(publication))
            self.assertEqual(publication.image_id, found.image_id)
            self.assertEqual(publication.digest, found.digest)
            self.assertEqual(state, found.state)
        self.world.rows.rows.clear()
        third = self.world.push(worlds.manifest(3))
        self.assertEqual({worlds.NAME: [third.digest]}, self.world.shown())
        self.assertIs(State.RETIRED, self.world.row(second).state)

    def test_what_only_says_that_it_was_published_is_not_recognized(self):
        draft = self.image(self.world.push(ONE))
        for image_id, hints in (
            ('other', draft.properties),
            (draft.id, {**draft.properties, 'docker_tag': 'stable'}),
            (draft.id, {**draft.properties, 'docker_repository': 'x'}),
            (draft.id, {}),
        ):
            image = type(draft)(
                image_id, 'n', worlds.OWNER, 'active', properties=hints
            )
            self.assertIsNone(self.publisher.recognize(image))


class SlowGlanceTestCase(PublisherTestCase):
    def test_a_hash_does_not_undo_the_names(self):
        self.catalogue.hash_looks = 50
        self.world.push(ONE)
        for content in (TWO, ONE, TWO):
            self.world.push(content)
            for image in list(self.catalogue.images()):
                for _ in range(60):
                    self.catalogue.get(image.id)
            self.assertEqual(
                {worlds.NAME: [worlds.digest_of(content)]},
                self.world.shown(),
            )

    def test_what_was_listed_a_moment_ago_is_not_asked_for_again(self):
        first = self.world.push(ONE)
        asked = []
        get = self.catalogue.get
        self.catalogue.get = lambda image_id: (
            asked.append(image_id) or get(image_id)
        )
        self.world.push(TWO)
        self.assertNotIn(first.image_id, asked)

    def test_what_only_a_row_speaks_of_is_asked_for(self):
        first = self.world.push(ONE)
        self.catalogue.change(first.image_id, 'renamed', is_hidden=False)
        self.catalogue.wedge(first.image_id)
        self.world.push(TWO)
        self.assertTrue(self.image(first).is_hidden)

    def test_a_location_that_fails_is_told_and_tried_again(self):
        self.catalogue.broken.add('demo/web')
        error = self.assertRaises(
            exception.LocationFailed, self.world.push, ONE
        )
        self.assertIn('Internal Error', error.message)
        self.assertEqual([], self.world.visible())
        self.catalogue.broken.clear()
        self.assertEqual(0, self.world.sweep().generation)

    def test_an_image_that_is_slow_is_waited_for_the_next_time(self):
        self.catalogue.looks = 10_000
        self.assertRaises(exception.CatalogueUnavailable, self.world.push, ONE)
        self.catalogue._tasks[self.steps_image()].looks = 0
        self.assertEqual(0, self.world.push(ONE).generation)

    def steps_image(self):
        return self.catalogue.steps[-1][1]

    def test_an_image_that_a_killed_glance_left_is_given_up(self):
        self.catalogue.broken.add('demo/web')
        self.assertRaises(exception.LocationFailed, self.world.push, ONE)
        self.catalogue.broken.clear()
        first = self.steps_image()
        self.catalogue.wedge(first)
        self.catalogue._failures.clear()
        found = self.world.push(ONE)
        self.assertEqual(1, found.generation)
        self.assertTrue(self.catalogue.get(first).is_hidden)
        self.assertEqual(found, self.world.sweep())
