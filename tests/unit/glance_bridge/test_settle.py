"""What is done about a tag that may have changed."""

from collections.abc import Iterator
import contextlib
import datetime
import json
import logging

import fixtures
import testtools

from glance_bridge import exception
from glance_bridge import model
from glance_bridge import settle

REPOSITORY = model.Repository('demo', 'x')
DIGEST = 'sha256:' + 'a' * 64
NOON = datetime.datetime(2026, 1, 1, 12)


class World:
    """A registry, a publisher and rows that remember what they are asked."""

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}
        self.known: list[model.Publication] = []
        self.calls: list[tuple[object, ...]] = []
        self.error: Exception | None = None
        self.while_waiting = lambda: None

    def digest_of(self, repository: str, reference: str) -> str | None:
        assert repository == 'demo/x'
        return self.tags.get(reference)

    @contextlib.contextmanager
    def locked(self, repository: model.Repository, tag: str) -> Iterator[None]:
        self.while_waiting()
        yield

    def publications(
        self, repository: model.Repository, tag: str
    ) -> list[model.Publication]:
        return self.known

    def publish(
        self, repository: model.Repository, tag: str, *, is_push: bool = False
    ) -> model.Publication | None:
        if self.error:
            raise self.error
        self.calls.append(('publish', tag, is_push))
        if self.known and not is_push:
            return None if self.known[0].state == 'deleted' else self.known[0]
        return publication(generation=len(self.known))

    def withdraw(self, repository: model.Repository, tag: str) -> None:
        self.calls.append(('withdraw', tag))

    def release(self, repository: model.Repository, image_id: str) -> None:
        self.calls.append(('release', image_id))


def publication(
    state: model.State = model.State.ACTIVE, generation: int = 0
) -> model.Publication:
    return model.Publication(
        *('i', REPOSITORY, '1', DIGEST, generation, state, NOON)
    )


class SettlerTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(
            fixtures.FakeLogger('glance_bridge.audit', logging.INFO)
        )
        self.world = World()
        self.settler = settle.Settler(
            self.world, self.world, self.world, 'event'
        )

    def _settle(self, *arguments: datetime.datetime) -> list[object]:
        self.settler.tag(REPOSITORY, '1', *arguments)
        return self.world.calls

    def test_a_tag_is_published_and_recorded(self):
        self.world.tags['1'] = DIGEST
        self.assertEqual([('publish', '1', False)], self._settle())
        line = json.loads(self.log.output)
        self.assertEqual(
            ('publish', 'done', 'demo/x', '1', DIGEST, 'i', 'event'),
            tuple(line.values()),
        )

    def test_what_was_published_before_is_no_news(self):
        self.world.tags['1'] = DIGEST
        self.world.known = [publication()]
        self._settle()
        self.assertEqual('', self.log.output)

    def test_what_a_front_published_meanwhile_is_its_news(self):
        def publish() -> None:
            self.world.tags['1'] = DIGEST
            self.world.known = [publication()]

        self.world.while_waiting = publish
        self._settle()
        self.assertEqual('', self.log.output)

    def test_a_tag_that_is_gone_is_withdrawn(self):
        self.world.known = [publication()]
        self.assertEqual([('withdraw', '1')], self._settle())
        self.assertIn('"withdraw"', self.log.output)

    def test_nothing_is_recorded_of_a_tag_that_had_no_image(self):
        self.world.known = [publication(model.State.RETIRED)]
        self.assertEqual([('withdraw', '1')], self._settle())
        self.assertEqual('', self.log.output)

    def test_a_tombstone_gives_way_to_a_later_push_only(self):
        self.world.tags['1'] = DIGEST
        self.world.known = [publication(model.State.DELETED)]
        second = datetime.timedelta(seconds=1)
        for told_at, is_push in (
            (datetime.datetime.min, False),
            (NOON - second, False),
            (NOON + second, True),
        ):
            self.world.calls.clear()
            self.assertEqual(
                [('publish', '1', is_push)], self._settle(told_at)
            )

    def test_a_tombstone_of_another_digest_is_none_of_this_one(self):
        self.world.tags['1'] = 'sha256:' + 'b' * 64
        self.world.known = [publication(model.State.DELETED)]
        self.assertEqual(
            [('publish', '1', False)], self._settle(datetime.datetime.max)
        )

    def test_a_failure_is_left_to_who_sent_us(self):
        self.world.tags['1'] = DIGEST
        self.world.error = exception.ServiceUnavailable('away')
        self.assertRaises(exception.ServiceUnavailable, self._settle)

    def test_an_image_is_looked_at_by_its_id(self):
        self.settler.image(REPOSITORY, 'i')
        self.assertEqual([('release', 'i')], self.world.calls)
