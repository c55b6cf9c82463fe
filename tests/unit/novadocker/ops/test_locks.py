"""Locks: one story at a time for an instance, and none against Nova's."""

import threading

from nova import utils
import testtools

from novadocker.ops import locks


class InstanceLockTestCase(testtools.TestCase):
    def _can_enter(self, name):
        """Tell whether a thread gets a lock while the test holds another."""
        entered = threading.Event()

        def enter():
            with locks.instance_lock(name):
                entered.set()

        thread = threading.Thread(target=enter, daemon=True)
        thread.start()
        return entered, thread

    def test_nova_holds_its_own_lock_while_it_calls_the_driver(self):
        @utils.synchronized('uuid')
        def as_the_manager_does():
            entered, _ = self._can_enter('uuid')
            return entered.wait(60)

        self.assertTrue(as_the_manager_does())

    def test_one_story_at_a_time(self):
        with locks.instance_lock('uuid'):
            entered, thread = self._can_enter('uuid')
            self.assertFalse(entered.is_set())
        thread.join(60)
        self.assertTrue(entered.is_set())

    def test_a_story_that_calls_another_one_does_not_wait_for_itself(self):
        with locks.instance_lock('uuid'):
            with locks.instance_lock('uuid'):
                pass
            entered, thread = self._can_enter('uuid')
            self.assertFalse(entered.is_set())
        thread.join(20)
        self.assertTrue(entered.is_set())

    def test_instances_do_not_wait_for_each_other(self):
        with locks.instance_lock('one'):
            entered, _ = self._can_enter('other')
            self.assertTrue(entered.wait(60))
