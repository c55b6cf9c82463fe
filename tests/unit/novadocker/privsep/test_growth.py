"""What is asked of the kernel, which is the same on all machines."""

import errno
import os
import struct
from unittest import mock

import fixtures
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

    def disk(self, size_bytes, **fields):
        """Give a device, with what an ext4 says of itself on it."""
        file = self.useFixture(fixtures.TempDir()).join('disk')
        with open(file, 'wb') as disk:
            disk.truncate(size_bytes)
            for offset, value in fields.values():
                disk.seek(1024 + offset)
                disk.write(struct.pack('<I', value))
        fd = os.open(file, os.O_RDONLY)
        self.addCleanup(os.close, fd)
        return fd

    def ext4(self, size_bytes, **changes):
        """Give a device of which 8 MiB are an ext4 in groups of 1 MiB."""
        usual = {
            'blocks': (0x4, 2048),
            'log_block_size': (0x18, 2),
            'blocks_per_group': (0x20, 256),
        }
        return self.disk(size_bytes, **{**usual, **changes})

    def folder(self):
        fd = os.open('/', os.O_RDONLY)
        self.addCleanup(os.close, fd)
        return fd

    def test_xfs(self):
        growth.fill('xfs', 3, self.disk(MIB))
        self.assertEqual(
            [(0x4010586E, struct.pack('=QI4x', 256, 25))], self.asked
        )

    def test_xfs_that_fills_its_device_already(self):
        growth.fill('xfs', 3, self.disk(100 * 4096 + 4095))
        self.assertEqual([], self.asked)

    def test_ext4(self):
        fd = self.folder()
        growth.fill('ext4', fd, self.ext4(9 * MIB))
        blocks = 9 * MIB // os.fstatvfs(fd).f_bsize
        self.assertEqual([(0x40086610, struct.pack('=Q', blocks))], self.asked)

    def test_ext4_that_fills_its_device_already(self):
        for disk in (
            self.ext4(8 * MIB),
            self.ext4(9 * MIB - 1),
            # More than 2**32 blocks.
            self.ext4(9 * MIB, incompat=(0x60, 0x80), high=(0x150, 1)),
            # What nothing that is mounted says.
            self.ext4(9 * MIB, log_block_size=(0x18, 2**32 - 1)),
        ):
            growth.fill('ext4', self.folder(), disk)
        self.assertEqual([], self.asked)

    def test_high_bits_of_one_that_has_none(self):
        growth.fill('ext4', self.folder(), self.ext4(9 * MIB, high=(0x150, 1)))
        self.assertEqual(1, len(self.asked))

    def test_ext4_that_the_kernel_does_not_let_grow(self):
        self.ioctl.side_effect = PermissionError(errno.EPERM, 'no')
        error = self.assertRaises(
            PermissionError,
            growth.fill,
            *('ext4', self.folder(), self.ext4(9 * MIB)),
        )
        self.assertIn('CAP_SYS_RESOURCE', error.strerror)
