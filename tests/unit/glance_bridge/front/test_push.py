"""From a manifest to an image, in the order that leaves nothing behind."""

import threading

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.registry import connection
from glance_bridge.verdict import model as verdict_model
from tests.fixtures import archives
from tests.fixtures import images
from tests.unit.glance_bridge.front import fronting


def _row(made, state):
    repository = model.Repository('demo', 'web')
    return model.Publication(
        'image', repository, 'latest', made.digest, 0, state
    )


class PushTest(fronting.FrontTestCase):
    def test_a_push_is_published_before_it_is_answered(self):
        made = images.image()
        found = self.push(made)
        self.assertEqual(201, found.status_int)
        self.assertEqual(made.digest, found.headers['Docker-Content-Digest'])
        ((tag, digest, is_push, verdict),) = self.publisher.published
        self.assertEqual(('latest', made.digest, True), (tag, digest, is_push))
        self.assertEqual(verdict_model.Kind.IMAGE, verdict.kind)

    def test_the_engine_gets_the_media_type_and_the_client_s_token(self):
        made = images.image()
        self.push(made, Host='169.254.169.254')
        *_, headers = self.relay.requests[-1]
        self.assertEqual(made.media_type, headers['Content-Type'])
        self.assertEqual(
            'Bearer pull,push,delete:demo/web', headers['Authorization']
        )
        self.assertNotIn('Host', headers)

    def test_a_media_type_means_the_same_however_it_is_spelt(self):
        made = images.image()
        for spelling in (
            made.media_type.replace('application', 'Application'),
            made.media_type.upper(),
            f'{made.media_type} ; charset=utf-8',
            f' {made.media_type}',
        ):
            self.push(made, Content_Type=spelling)
            *_, headers = self.relay.requests[-1]
            self.assertEqual(made.media_type, headers['Content-Type'])
            *_, verdict = self.publisher.published[-1]
            self.assertEqual(verdict_model.Kind.IMAGE, verdict.kind)
        self.assertEqual(4, len(self.quota.asked))

    def test_what_is_refused_is_refused_however_it_is_spelt(self):
        made = images.image(size=1)
        self.assertRaises(
            exception.ManifestInvalid,
            *(self.push, made),
            Content_Type=made.media_type.upper(),
        )
        self.assertEqual([], self.relay.requests)

    def test_a_push_by_digest_is_stored_and_no_more(self):
        made = images.image()
        self.push(made, made.digest)
        self.assertEqual(made.digest, self.manifest_of(made.digest))
        self.assertEqual([], self.publisher.published)

    def test_an_artifact_is_stored_and_takes_the_image_from_its_tag(self):
        self.push(images.chart())
        ((*_, verdict),) = self.publisher.published
        self.assertEqual(verdict_model.Kind.ARTIFACT, verdict.kind)
        self.assertEqual([], self.quota.asked)

    def test_what_is_refused_is_not_stored(self):
        for made in (
            images.image(size=1),
            images.image(mediaType=images.FOREIGN),
            images.image(stored=[images.ZSTD_START]),
        ):
            err = self.assertRaises(exception.ManifestInvalid, self.push, made)
            self.assertIn('The image is refused: ', err.message)
            self.assertIsNone(self.manifest_of('latest'))
        self.assertEqual([], self.relay.requests)

    def test_a_name_that_glance_could_not_hold_is_not_stored(self):
        name = 'demo/' + 200 * 'a'
        self.assertRaises(
            exception.NameInvalid,
            self.push,
            *(images.image(), 120 * 'b'),
            repository=name,
            token=f'push:{name}',
        )
        self.assertIsNone(self.manifest_of(120 * 'b', name))

    def test_an_error_of_the_engine_is_the_answer(self):
        self.relay.answer = connection.Answer(400, {}, b'{"errors": [1]}')
        found = self.push(images.image())
        self.assertEqual(400, found.status_int)
        self.assertEqual([1], self.errors(found))
        self.assertEqual([], self.publisher.published)

    def test_an_engine_that_is_away_fails_the_push(self):
        made = images.image()
        images.store(self.registry, 'demo/web', made)
        self.registry.failure = exception.RegistryUnavailable('gone')
        empty = images.Made(made.content, made.media_type, {})
        self.assertRaises(exception.RegistryUnavailable, self.push, empty)
        self.assertEqual([], self.publisher.published)


class ConcurrentTest(fronting.FrontTestCase):
    def setUp(self):
        super().setUp()
        self.binding = self.namespaces.binding

    def test_nobody_comes_between_storing_and_publishing(self):
        inside, seen = [], []

        def entered():
            inside.append(threading.get_ident())

        self.publisher.entered = entered
        made = [images.image(archives.layer(number)) for number in range(12)]
        threads = [
            threading.Thread(target=self.push, args=(each,)) for each in made
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seen = [digest for _, digest, *_ in self.publisher.published]
        # Each push published its own digest, the last one is the tag's.
        self.assertEqual({each.digest for each in made}, {*seen})
        self.assertEqual(self.manifest_of('latest'), seen[-1])
        self.assertEqual(len(made), len(inside))

    def test_a_namespace_may_change_hands_while_a_push_waits(self):
        for binding in (None, model.Binding('demo', 32 * 'b', 'default')):

            def entered(binding=binding):
                self.namespaces.binding = binding

            self.namespaces.binding = self.binding
            self.publisher.entered = entered
            err = self.assertRaises(
                exception.Denied, self.push, images.image()
            )
            self.assertIn('was released', err.message)
        self.assertEqual([], self.relay.requests)


class QuotaTest(fronting.FrontTestCase):
    def test_the_quota_is_that_of_the_namespace_s_project(self):
        self.push(images.image())
        ((project_id, size_bytes),) = self.quota.asked
        self.assertEqual(fronting.PROJECT, project_id)
        self.assertGreater(size_bytes, 0)

    def test_a_push_beyond_it_is_denied_and_not_stored(self):
        self.quota.failure = exception.QuotaExceeded('Quota exceeded: 3 of 3.')
        err = self.assertRaises(exception.Denied, self.push, images.image())
        self.assertEqual('DENIED', err.code)
        self.assertIsNone(self.manifest_of('latest'))

    def test_a_quota_that_cannot_be_read_fails_the_push(self):
        self.quota.failure = exception.ServiceUnavailable('Keystone is away.')
        self.assertRaises(
            exception.ServiceUnavailable, self.push, images.image()
        )
        self.assertIsNone(self.manifest_of('latest'))

    def test_an_image_that_is_there_already_counts_no_more(self):
        made = images.image()
        for state in (model.State.ACTIVE, model.State.RETIRED):
            self.rows.rows = [_row(made, state)]
            self.push(made)
            self.assertEqual([], self.quota.asked)

    def test_an_image_that_was_deleted_counts_again(self):
        made = images.image()
        self.rows.rows = [_row(made, model.State.DELETED)]
        self.push(made)
        self.assertEqual(1, len(self.quota.asked))


class UnpublishedTest(fronting.FrontTestCase):
    def test_a_push_without_glance_fails_though_it_is_stored(self):
        made = images.image()
        for failure in (
            exception.ServiceUnavailable('Glance is away.'),
            exception.RegistryRefused('no'),
        ):
            self.publisher.failure = failure
            err = self.assertRaises(
                exception.ServiceUnavailable, self.push, made
            )
            self.assertIn('Push it again', err.message)
            self.assertIn('Retry-After', dict(err.headers))
        self.assertEqual(made.digest, self.manifest_of('latest'))
        self.publisher.failure = None
        self.assertEqual(201, self.push(made).status_int)


class WarningTest(fronting.FrontTestCase):
    warns = True

    def test_a_push_without_glance_succeeds_with_a_warning(self):
        self.publisher.failure = exception.ServiceUnavailable('away')
        found = self.push(images.image())
        self.assertEqual(201, found.status_int)
        self.assertEqual('299 ', found.headers['Warning'][:4])


class ImmutableTest(fronting.FrontTestCase):
    patterns = ('demo/*:v*', f'{fronting.PROJECT}/api')

    def test_an_immutable_tag_does_not_move(self):
        first, second = images.image(), images.image(archives.layer(2))
        self.push(first, 'v1')
        self.assertRaises(exception.Denied, self.push, second, 'v1')
        self.assertEqual(first.digest, self.manifest_of('v1'))

    def test_the_same_image_may_be_pushed_again(self):
        self.push(images.image(), 'v1')
        self.assertEqual(201, self.push(images.image(), 'v1').status_int)

    def test_other_tags_move(self):
        self.push(images.image(), 'latest')
        second = images.image(archives.layer(2))
        self.push(second, 'latest')
        self.assertEqual(second.digest, self.manifest_of('latest'))

    def test_a_project_is_known_by_its_id(self):
        token, name = 'push,delete:demo/api', 'demo/api'
        self.push(images.image(), token=token, repository=name)
        self.assertRaises(
            exception.Denied,
            self.push,
            images.image(archives.layer(2)),
            token=token,
            repository=name,
        )

    def test_an_immutable_tag_is_not_deleted(self):
        made = images.image()
        self.push(made, 'v1')
        for reference in ('v1', made.digest):
            self.assertRaises(
                exception.Denied, self.request, 'DELETE', reference
            )
        self.assertEqual(made.digest, self.manifest_of('v1'))
