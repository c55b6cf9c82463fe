"""What is asked of the kernel, which is the same on all machines."""

import errno
import os
import struct
from unittest import mock

import testtools

from novadocker.privsep import growth

MIB = 1024**2


class GrowthTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.asked = []
        patcher = mock.patch('fcntl.ioctl', autospec=True)
        self.ioctl = patcher.start()
        self.addCleanup(patcher.stop)
        self.ioctl.side_effect = self._answer

    def _answer(self, fd, request, argument):
        if request == 0x80705864:
            # 4096 bytes a block, 25 % of them for inodes, 100 of them.
            return struct.pack('=8I4Q16s7I4x', *self._geometry())
        self.asked.append((request, argument))
        return argument

    def _geometry(self):
        return (4096, *[0] * 6, 25, 100, 0, 0, 0, b'', *[0] * 7)

    def test_xfs(self):
        growth.fill('xfs', 3, MIB)
        self.assertEqual(
            [(0x4010586E, struct.pack('=QI4x', 256, 25))], self.asked
        )

    def test_xfs_that_fills_its_device_already(self):
        growth.fill('xfs', 3, 100 * 4096 + 4095)
        self.assertEqual([], self.asked)

    def test_ext4(self):
        fd = os.open('/', os.O_RDONLY)
        self.addCleanup(os.close, fd)
        growth.fill('ext4', fd, MIB)
        blocks = MIB // os.fstatvfs(fd).f_bsize
        self.assertEqual([(0x40086610, struct.pack('=Q', blocks))], self.asked)

    def test_ext4_that_the_kernel_does_not_let_grow(self):
        self.ioctl.side_effect = PermissionError(errno.EPERM, 'no')
        fd = os.open('/', os.O_RDONLY)
        self.addCleanup(os.close, fd)
        error = self.assertRaises(
            PermissionError, growth.fill, 'ext4', fd, MIB
        )
        self.assertIn('CAP_SYS_RESOURCE', error.strerror)
