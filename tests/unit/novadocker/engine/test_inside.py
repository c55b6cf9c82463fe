"""Files of a container, as the engine hands them out."""

import io
import socket
import tarfile
import time

import testtools

from novadocker.engine import inside


def _packed(**attributes):
    content = attributes.pop('content', b'')
    entry = tarfile.TarInfo('name')
    entry.size = len(content)
    for key, value in attributes.items():
        setattr(entry, key, value)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode='w') as tar:
        tar.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


class OnlyFileTestCase(testtools.TestCase):
    def test_file_comes_whole_whatever_the_pieces(self):
        content = b'x' * 20_000
        packed = _packed(content=content)
        for size in (1, 511, 512, 10**6):
            pieces = (
                packed[start : start + size]
                for start in range(0, len(packed), size)
            )
            self.assertEqual(content, inside.only_file(pieces, 20_000))

    def test_larger_one_is_not_read(self):
        def pieces():
            yield _packed(content=b'xx')[:512]
            raise AssertionError('it was read')

        self.assertIsNone(inside.only_file(pieces(), 1))

    def test_what_is_no_file(self):
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE):
            packed = _packed(type=kind, linkname='/etc/shadow')
            self.assertIsNone(inside.only_file([packed], 99))

    def test_archive_with_nothing_in_it(self):
        self.assertIsNone(inside.only_file([b'\0' * 1024], 99))

    def test_archive_that_is_cut_off(self):
        packed = _packed(content=b'x' * 2000)
        self.assertRaises(
            tarfile.TarError, inside.only_file, [packed[:1000]], 9999
        )


class CommandTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.ours, self.theirs = socket.socketpair()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)

    @property
    def _soon(self):
        return time.monotonic() + 20

    def test_command_reads_all_and_what_it_says_is_not_kept(self):
        self.theirs.sendall(b'x' * 9000)
        self.theirs.shutdown(socket.SHUT_WR)
        inside.feed(self.ours, b'word', self._soon)
        self.assertEqual(b'word', self.theirs.recv(99))
        self.assertEqual(b'', self.theirs.recv(99))

    def test_socket_that_the_sdk_hides(self):
        self.theirs.shutdown(socket.SHUT_WR)
        with self.ours.makefile('rb', buffering=0) as hidden:
            inside.feed(hidden, b'word', self._soon)
        self.assertEqual(b'word', self.theirs.recv(99))

    def test_command_that_has_ended_already(self):
        self.theirs.close()
        inside.feed(self.ours, b'word', self._soon)

    def test_command_that_goes_on(self):
        for deadline in (time.monotonic() + 0.05, time.monotonic() - 1):
            self.assertRaises(
                inside.DeadlineError, inside.feed, self.ours, b'', deadline
            )

    def test_exit_code_comes_after_the_last_word(self):
        answers = [
            {'Running': True, 'ExitCode': None},
            {'Running': False, 'ExitCode': None},
            {'Running': False, 'ExitCode': 3},
        ]
        found = inside.exit_code(lambda: answers.pop(0), self._soon)
        self.assertEqual(3, found)

    def test_exit_code_that_does_not_come(self):
        self.assertRaises(
            inside.DeadlineError,
            inside.exit_code,
            lambda: {'Running': True, 'ExitCode': None},
            time.monotonic() + 0.05,
        )
