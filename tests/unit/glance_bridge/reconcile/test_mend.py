"""What is done about each kind of difference."""

from collections.abc import Iterator
import contextlib
import dataclasses
import itertools
import logging

import fixtures
import testtools

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.reconcile import mend
from glance_bridge.reconcile import model as reconcile_model
from tests.unit.glance_bridge.reconcile import world as worlds

Kind = reconcile_model.Kind
ROW = worlds.publication(state=worlds.RETIRED)
REPOSITORY = model.Repository('demo', 'x')
IMAGE_ID = 'd0d1d2d3-0000-4000-8000-000000000000'
USED = location.location_of(str(REPOSITORY), worlds.digest('a'), IMAGE_ID)


class _Others:
    """All the rooms that can mend, in one."""

    def __init__(self) -> None:
        self.done: list[tuple[object, ...]] = []
        self.error: Exception | None = None
        self.image_now = worlds.image(ROW, status='queued')
        self.row_now = ROW
        self.digest_now: str | None = None
        # What Glance says each time it is asked.
        self.locations_now: Iterator[list[str]] = itertools.repeat([])

    def tag(self, repository: model.Repository, tag: str) -> None:
        self.done.append(('tag', str(repository), tag))

    def image(self, repository: model.Repository, image_id: str) -> None:
        self.done.append(('image', str(repository), image_id))

    @contextlib.contextmanager
    def locked(self, repository: model.Repository, tag: str) -> Iterator[None]:
        self.done.append(('lock', tag))
        yield
        self.done.append(('unlock', tag))

    def release(self, repository: model.Repository, image_id: str) -> None:
        self.done.append(('release', image_id))

    def delete(self, image_id: str) -> None:
        if self.error:
            raise self.error
        self.done.append(('delete', image_id))

    def get(self, image_id: str) -> catalogue_image.Image | None:
        return self.image_now

    def locations(self, image_id: str) -> list[str]:
        return next(self.locations_now)

    def publication(self, image_id: str) -> model.Publication | None:
        return self.row_now

    def remove_publication(self, image_id: str) -> None:
        self.done.append(('forget', image_id))

    def digest_of(self, repository: str, reference: str) -> str | None:
        return self.digest_now

    def publish(
        self, repository: model.Repository, tag: str, *, is_push: bool
    ) -> None:
        self.done.append(('publish', is_push))

    def untag(self, repository: str, tag: str) -> None:
        if self.error:
            raise self.error
        self.done.append(('untag', repository, tag))

    def save_publication(self, publication: model.Publication) -> None:
        self.done.append(('save', publication))


class MenderTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(
            fixtures.FakeLogger('glance_bridge.audit', logging.INFO)
        )
        self.others = _Others()
        self.mender = mend.Mender(mend.Rooms(*[self.others] * 5))

    def _mend(self, kind: Kind) -> list[tuple[object, ...]]:
        self.others.done.clear()
        found = reconcile_model.Finding(
            *(kind, REPOSITORY, '1', 'd'), image_id=IMAGE_ID
        )
        self.mender.mend(found)
        return self.others.done

    def test_each_kind_has_its_deed(self):
        for kind, expected in (
            (Kind.UNPUBLISHED, ('tag', 'demo/x', '1')),
            (Kind.UNTAGGED, ('tag', 'demo/x', '1')),
            (Kind.SUPERSEDED, ('tag', 'demo/x', '1')),
            (Kind.DELETED, ('image', 'demo/x', IMAGE_ID)),
            (Kind.UNPINNED, ('image', 'demo/x', IMAGE_ID)),
            (Kind.ORPHANED, ('untag', 'demo/x', '1')),
        ):
            self.assertEqual([expected], self._mend(kind))

    def test_a_pin_stays_that_has_come_to_use(self):
        self.others.locations_now = iter([[USED]])
        self.assertEqual([], self._mend(Kind.ORPHANED))

    def test_a_pin_that_is_used_in_the_very_moment_comes_back(self):
        self.others.locations_now = iter([[], [USED]])
        self.assertEqual(
            [('untag', 'demo/x', '1'), ('image', 'demo/x', IMAGE_ID)],
            self._mend(Kind.ORPHANED),
        )

    def test_a_person_has_to_bind_a_namespace(self):
        for kind in Kind:
            found = reconcile_model.Finding(kind, REPOSITORY)
            self.assertEqual(
                kind not in (Kind.UNBOUND, Kind.UNRECORDED),
                self.mender.can(found),
            )

    def test_a_tag_that_points_to_nothing_goes_under_its_lock(self):
        self.assertEqual(
            [('lock', '1'), ('untag', 'demo/x', '1'), ('unlock', '1')],
            self._mend(Kind.BROKEN),
        )

    def test_a_tag_that_was_pushed_since_stays(self):
        self.others.digest_now = 'd'
        self.assertEqual(
            [('lock', '1'), ('unlock', '1')], self._mend(Kind.BROKEN)
        )

    def test_a_tag_that_went_by_itself_is_fine(self):
        self.others.error = exception.RegistryNotFound('it')
        found = reconcile_model.Finding(Kind.BROKEN, REPOSITORY, '1')
        self.mender.mend(found)

    def _names(self, kind: Kind) -> list[object]:
        return [name for name, _ in self._mend(kind)]

    def test_an_expired_image_goes_under_the_lock_of_its_tag(self):
        self.assertEqual(
            ['lock', 'delete', 'release', 'unlock'],
            self._names(Kind.EXPIRED),
        )
        self.assertIn('"reason": "expired"', self.log.output)

    def test_a_stuck_image_is_forgotten_too(self):
        self.assertEqual(
            ['lock', 'delete', 'forget', 'release', 'unlock'],
            self._names(Kind.STUCK),
        )
        self.assertIn('"reason": "stuck"', self.log.output)

    def test_a_stuck_image_that_its_tag_means_makes_room_for_another(self):
        self.others.digest_now = 'd'
        self.assertIn(('publish', True), self._mend(Kind.STUCK))

    def test_an_image_that_its_tag_means_again_stays(self):
        for row in (None, dataclasses.replace(ROW, state=worlds.ACTIVE)):
            self.others.row_now = row
            self.assertEqual(['lock', 'unlock'], self._names(Kind.EXPIRED))
        self.others.row_now, self.others.digest_now = ROW, 'd'
        self.assertEqual(['lock', 'unlock'], self._names(Kind.EXPIRED))

    def test_an_image_that_has_its_data_stays(self):
        for image in (None, worlds.image(ROW)):
            self.others.image_now = image
            self.assertEqual(['lock', 'unlock'], self._names(Kind.STUCK))
        self.assertEqual('', self.log.output)

    def test_one_that_may_not_be_deleted_is_not_forgotten(self):
        self.others.error = exception.ImageProtected('protected')
        self.assertRaises(exception.ImageProtected, self._mend, Kind.EXPIRED)
        self.assertEqual(('lock', '1'), self.others.done[0])
        self.assertNotIn(('release', IMAGE_ID), self.others.done)

    def test_a_row_is_written(self):
        self.mender.record('row')
        self.assertEqual([('save', 'row')], self.others.done)
