import errno

from glance_store import exceptions
import testtools

from glance_bridge import exception
from glance_bridge.store import error
from ocikit import exception as oci_exception

GONE = exception.RegistryNotFound('demo/web x')
AWAY = exception.RegistryUnavailable('timeout')
DENIED = exception.Denied('The token server refuses user glance.')
REFUSED = exception.RegistryRefused('no', 400)
SPOILT = oci_exception.ArchiveMalformed('the tar is truncated')


def raised(manager, error):
    with manager():
        raise error


class ErrorTest(testtools.TestCase):
    def check(self, manager, expected, *errors):
        for each in errors:
            caught = self.assertRaises(expected, raised, manager, each)
            self.assertEqual(str(each), str(caught))

    def test_a_download_finds_nothing_or_comes_again(self):
        self.check(error.reading, exceptions.NotFound, GONE, SPOILT)
        self.check(
            *(error.reading, exceptions.RemoteServiceUnavailable),
            *(AWAY, DENIED, REFUSED),
        )

    def test_an_upload_is_wrong_or_comes_again(self):
        self.check(error.writing, exceptions.Invalid, SPOILT)
        self.check(error.writing, exceptions.TimeoutError, AWAY)
        self.check(
            error.writing, exceptions.StorageWriteDenied, DENIED, REFUSED
        )

    def test_a_full_disk_is_a_full_store(self):
        for number in (errno.ENOSPC, errno.EDQUOT):
            self.assertRaises(
                exceptions.StorageFull,
                *(raised, error.writing, OSError(number, 'x')),
            )

    def test_another_failure_of_a_file_stays_one(self):
        gone = ConnectionResetError(errno.ECONNRESET, 'x')
        self.check(error.writing, ConnectionResetError, gone)

    def test_a_deletion_is_done_or_comes_again(self):
        self.check(error.deleting, exceptions.NotFound, GONE)
        self.check(
            error.deleting, exceptions.TimeoutError, AWAY, DENIED, REFUSED
        )

    def test_a_stream_that_breaks_can_be_read_again(self):
        def broken():
            yield b'x'
            raise AWAY

        stream = error.streaming(broken())
        self.assertEqual(b'x', next(stream))
        self.assertRaises(OSError, next, stream)

    def test_a_stream_that_lies_is_not_read_again(self):
        def lying():
            yield b'x'
            raise SPOILT

        self.assertRaises(
            oci_exception.ArchiveMalformed, list, error.streaming(lying())
        )
