"""Namespaces of instances, made by the kernel."""

import errno
import os
import threading
from unittest import mock

import pyroute2
import testtools

from novadocker import exception
from novadocker.privsep import netns as privsep_netns
from novadocker.privsep import syscall
from tests.fixtures import netns

_OWN = '/proc/thread-self/ns/net'


def _inode():
    return os.stat(_OWN).st_ino


def _loopback_is_up():
    with pyroute2.IPRoute() as ip:
        return bool(ip.link('get', index=1)[0]['flags'] & 1)


@netns.needs_root
class NetnsTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(netns.HostNetwork())
        self.namespace = self.useFixture(netns.Namespace(made=False))
        self.name = self.namespace.name
        self.path = f'/run/netns/{self.name}'

    def test_new_namespace_is_pinned_with_its_loopback_up(self):
        self.assertTrue(privsep_netns.create(self.name))
        self.assertIn(self.name, privsep_netns.names())
        self.assertTrue(self.namespace.run(_loopback_is_up))

    def test_folder_is_a_shared_mount(self):
        privsep_netns.create(self.name)
        with open('/proc/self/mountinfo') as mounts:
            lines = [line for line in mounts if ' /run/netns ' in line]
        self.assertIn(' shared:', lines[-1])

    def test_namespace_that_is_there_is_kept(self):
        privsep_netns.create(self.name)
        before = os.stat(self.path).st_ino
        self.assertFalse(privsep_netns.create(self.name))
        self.assertEqual(before, os.stat(self.path).st_ino)

    def test_empty_file_that_is_left_becomes_a_namespace(self):
        privsep_netns.create(self.name)
        syscall.unmount(self.path)
        self.assertNotIn(self.name, privsep_netns.names())
        self.assertTrue(privsep_netns.create(self.name))
        self.assertIn(self.name, privsep_netns.names())

    def test_pin_that_fails_leaves_no_file(self):
        real = syscall.bind

        def bind(source, target):
            if target == self.path:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            real(source, target)

        with mock.patch.object(syscall, 'bind', autospec=True) as patched:
            patched.side_effect = bind
            self.assertRaises(
                exception.NetnsBroken, privsep_netns.create, self.name
            )
        self.assertFalse(os.path.exists(self.path))

    def test_mount_that_is_not_permitted_is_reported(self):
        error = PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        with mock.patch.object(syscall, 'share', autospec=True) as share:
            share.side_effect = error
            self.assertRaises(
                exception.NetnsBroken, privsep_netns.create, self.name
            )

    def test_delete_leaves_nothing_and_may_be_repeated(self):
        privsep_netns.create(self.name)
        for _ in range(2):
            privsep_netns.delete(self.name)
        self.assertFalse(os.path.lexists(self.path))

    def test_delete_takes_what_was_pinned_twice(self):
        privsep_netns.create(self.name)
        syscall.bind(self.path, self.path)
        privsep_netns.delete(self.name)
        self.assertFalse(os.path.lexists(self.path))

    def test_delete_that_is_not_permitted_is_reported(self):
        privsep_netns.create(self.name)
        error = PermissionError(errno.EPERM, os.strerror(errno.EPERM))
        with mock.patch.object(syscall, 'unmount', autospec=True) as unmount:
            unmount.side_effect = error
            self.assertRaises(
                exception.NetnsBroken, privsep_netns.delete, self.name
            )

    def test_names_of_others_are_not_listed(self):
        privsep_netns.create(self.name)
        foreign = '/run/netns/nova-not-an-instance'
        os.close(os.open(foreign, os.O_CREAT, 0o444))
        self.addCleanup(os.unlink, foreign)
        self.assertNotIn('nova-not-an-instance', privsep_netns.names())

    def test_missing_folder_has_no_names(self):
        with mock.patch('novadocker.constants.NETNS_DIR', '/run/nowhere'):
            self.assertEqual((), privsep_netns.names())

    def test_missing_namespace_cannot_be_opened(self):
        raised = self.assertRaises(exception.NetnsBroken, self._open)
        self.assertIn('there is none', str(raised))

    def test_plain_file_is_no_namespace(self):
        os.close(os.open(self.path, os.O_CREAT, 0o444))
        self.assertRaises(exception.NetnsBroken, self._open)

    def test_namespace_of_the_host_is_refused(self):
        os.close(os.open(self.path, os.O_CREAT, 0o444))
        syscall.bind(_OWN, self.path)
        self.assertRaises(exception.NetnsBroken, self._open)

    def test_only_the_deed_is_inside(self):
        privsep_netns.create(self.name)
        before = _inode()
        inside = self.namespace.run(_inode)
        self.assertNotEqual(before, inside)
        self.assertEqual(os.stat(self.path).st_ino, inside)
        self.assertEqual(before, _inode())

    def test_deed_that_fails_says_so(self):
        privsep_netns.create(self.name)

        def fail():
            raise KeyError(threading.current_thread().name)

        self.assertRaises(KeyError, self.namespace.run, fail)

    def _open(self):
        with privsep_netns.opened(self.name):
            self.fail('opened')
