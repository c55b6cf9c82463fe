"""Disks of the quickstart's volumes, as the kernel shows them."""

import os
import pathlib
import unittest

import fixtures
import testtools

from deploy.quickstart.loop import disk
from tests.fixtures import netns

VOLUME = 'volume-77777777-7777-4777-8777-777777777777'
COPY = 'volume-99999999-9999-4999-8999-999999999999'
GIB = 1024**3


def _has_loops():
    return os.geteuid() == 0 and pathlib.Path('/dev/loop-control').exists()


@unittest.skipUnless(_has_loops(), 'needs root and loop devices')
class LoopDiskTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (folder / 'files').mkdir()
        self.disks = disk.Disks(folder / 'files', folder / 'links')
        self.addCleanup(self.disks.disconnect_all)
        self.disks.create(VOLUME, 1)

    def _size(self, path):
        fd = os.open(path, os.O_RDONLY)
        try:
            return os.lseek(fd, 0, os.SEEK_END)
        finally:
            os.close(fd)

    def _write(self, path, content):
        with open(path, 'r+b', buffering=0) as device:
            device.write(content)

    def _read(self, path, size):
        with open(path, 'rb', buffering=0) as device:
            return device.read(size)

    def _wait_until_disconnected(self):
        # A machine may have looked at a new device, and still have it open.
        netns.wait_until(
            lambda: not self.disks.connected(), 'the end of the devices'
        )

    def test_disk_has_one_device_that_grows_with_it(self):
        path = self.disks.connect(VOLUME)
        device = os.path.realpath(path)
        self.assertEqual({VOLUME: device}, self.disks.connected())
        self.disks.connect(VOLUME)
        self.assertEqual(device, os.path.realpath(path))
        self.assertEqual(GIB, self._size(path))
        self.disks.extend(VOLUME, 2)
        self.assertEqual(2 * GIB, self._size(path))

    def test_what_was_written_is_in_a_copy(self):
        path = self.disks.connect(VOLUME)
        self._write(path, b'content')
        self.disks.copy(VOLUME, COPY, 2)
        copy = self.disks.connect(COPY)
        self.assertEqual(2 * GIB, self._size(copy))
        self._write(path, b'changed')
        self.assertEqual(b'content', self._read(copy, 7))

    def test_data_is_there_when_it_is_connected_again(self):
        self._write(self.disks.connect(VOLUME), b'content')
        self.disks.disconnect_all()
        self.assertEqual({}, self.disks.connected())
        self.assertEqual(b'content', self._read(self.disks.connect(VOLUME), 7))

    def test_disk_in_use_is_deleted_when_it_is_free(self):
        path = self.disks.connect(VOLUME)
        # As a mount has it.
        holder = os.open(path, os.O_RDONLY | os.O_EXCL)
        try:
            self.assertRaises(disk.DiskRefused, self.disks.delete, VOLUME)
        finally:
            os.close(holder)
        self.disks.delete(VOLUME)
        self._wait_until_disconnected()
        self.assertEqual([], self.disks.names())
