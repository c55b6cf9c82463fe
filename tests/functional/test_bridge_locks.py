"""Locks of replicas on several machines, in the places that the pages name.

Two processes and one lock, as ``[publishing] lock_url`` of
doc/source/admin/registry-images.rst has it.
"""

import importlib.util
import threading
import unittest

import testtools

from glance_bridge import exception
from glance_bridge.publish import lock
from tests.fixtures import etcd
from tests.fixtures import lock_holder
from tests.fixtures import mariadb

_NAME = 'demo/web:latest'


class Locks:
    """What every place has to do, for a test case with its ``url``."""

    def _locks(self, timeout_s):
        found = lock.Locks(self.url, timeout_s)
        # Its heart beats for as long as the process lives.
        self.addCleanup(self._stop, found)
        return found

    def _stop(self, locks):
        locks._coordinator.stop()

    def _waiter(self):
        """Wait for the lock, in a thread; tell when it was had."""
        had = threading.Event()
        locks = self._locks(120)

        def work():
            with locks.held(_NAME):
                had.set()

        thread = threading.Thread(target=work)
        thread.start()
        self.addCleanup(thread.join)
        return had

    def _is_refused(self, timeout_s=1):
        locks = self._locks(timeout_s)
        with testtools.ExpectedException(exception.Locked), locks.held(_NAME):
            pass

    def test_what_a_killed_process_held_goes_to_who_waits(self):
        holder = self.useFixture(lock_holder.LockHolder(self.url, _NAME))
        had = self._waiter()
        self._is_refused()
        self.assertFalse(had.is_set())
        holder.kill()
        self.assertTrue(had.wait(120))
        # And who had it lets go.
        with self._locks(120).held(_NAME):
            pass


@mariadb.needs_mariadb
class MySQLTest(Locks, testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        server = mariadb.MariaDB()
        server.setUp()
        cls.addClassCleanup(server.cleanUp)
        cls.url = server.lock_url


@etcd.needs_etcd
@unittest.skipUnless(
    importlib.util.find_spec('etcd3gw'), 'needs tooz[etcd3gw]'
)
class EtcdTest(Locks, testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        server = etcd.Etcd()
        server.setUp()
        cls.addClassCleanup(server.cleanUp)
        cls.url = f'etcd3+http://{server.address}?lock_timeout=10'

    def test_what_is_held_for_longer_than_a_lease_stays_held(self):
        self.useFixture(lock_holder.LockHolder(self.url, _NAME))
        self._is_refused(timeout_s=15)
