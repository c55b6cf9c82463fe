"""Files of a container, as the engine hands them out."""

import io
import tarfile

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
