"""Locks keep threads, processes and the same thread apart, or together."""

import threading
from unittest import mock

import fixtures
import tenacity
import testtools
import tooz
from tooz import coordination
from tooz import locking

from glance_bridge import exception
from glance_bridge.publish import lock
from tests.fixtures import lock_holder

NAME = 'demo/web:latest'


class LocksTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.url = f'file://{folder}/locks'
        self.locks = lock.Locks(self.url, 1)

    def test_a_thread_may_take_what_it_has(self):
        with self.locks.held(NAME):
            with self.locks.held(NAME):
                pass
            self._check_taken(self.locks)
        self._check_free()

    def test_an_error_lets_go(self):
        with (
            testtools.ExpectedException(ValueError),
            self.locks.held(NAME),
        ):
            raise ValueError
        self._check_free()

    def test_other_names_are_free(self):
        with self.locks.held(NAME), self.locks.held('demo/web:other'):
            pass

    def test_another_thread_waits(self):
        with self.locks.held(NAME):
            self._check_taken(self.locks)
            self._check_taken(lock.Locks(self.url, 1))
        self._check_free()

    def test_another_process_waits(self):
        holder = self.useFixture(lock_holder.LockHolder(self.url, NAME))
        self._check_taken(self.locks)
        # What a killed process held is free.
        holder.kill()
        self._check_free()

    def test_of_many_threads_one_is_inside(self):
        inside, counts = [], []

        def work():
            with lock_of_all.held(NAME):
                inside.append(None)
                counts.append(len(inside))
                inside.pop()

        lock_of_all = lock.Locks(self.url, 60)
        threads = [threading.Thread(target=work) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(60)
        self.assertEqual([1] * 8, counts)

    def _check_free(self):
        with lock.Locks(self.url, 1).held(NAME):
            pass

    def _check_taken(self, locks):
        """Try it in another thread, which does not have it already."""
        errors = []

        def work():
            try:
                with locks.held(NAME):
                    pass
            except exception.Locked as err:
                errors.append(err)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(60)
        (error,) = errors
        self.assertIn(NAME, error.message)
        self.assertEqual(503, error.status)


class BrokenLocksTestCase(testtools.TestCase):
    """A place of locks that is away lets nobody through."""

    def setUp(self):
        super().setUp()
        self.lock = mock.create_autospec(locking.Lock, instance=True)
        self.coordinator = mock.create_autospec(
            coordination.CoordinationDriver, instance=True
        )
        self.coordinator.get_lock.return_value = self.lock
        self.useFixture(
            fixtures.MockPatchObject(
                coordination, 'get_coordinator', return_value=self.coordinator
            )
        )
        self.locks = lock.Locks('mysql://host/locks', 1)

    def _hold(self):
        with self.locks.held(NAME):
            return 'held'

    def test_a_place_that_is_away_is_told(self):
        for error in (
            coordination.ToozConnectionError('gone'),
            tenacity.RetryError(None),
            OSError('no space'),
        ):
            self.lock.acquire.side_effect = error
            self.assertRaises(exception.Locked, self._hold)

    def test_a_place_that_cannot_be_joined_is_tried_again(self):
        self.coordinator.start.side_effect = tooz.ToozError('gone')
        self.assertRaises(exception.Locked, self._hold)
        self.coordinator.start.side_effect = None
        self.assertEqual('held', self._hold())

    def test_a_lock_that_cannot_be_let_go_does_not_undo_what_was_done(self):
        for error in (tooz.ToozError('gone'), OSError('gone')):
            self.lock.release.side_effect = error
            self.assertEqual('held', self._hold())

    def test_keys_fit_every_driver(self):
        self._hold()
        ((key,), _) = self.coordinator.get_lock.call_args
        self.assertLessEqual(len(key), 64)
        self.assertNotIn(b'/', key)
