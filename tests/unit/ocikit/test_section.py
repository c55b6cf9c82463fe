import tempfile
import unittest

from ocikit import exception
from ocikit import section as oci_section


class SectionTest(unittest.TestCase):
    def setUp(self) -> None:
        self.file = self.enterContext(tempfile.TemporaryFile())
        self.file.write(b'0123456789')
        self.file.flush()

    def test_it_ends_where_it_was_said_to(self) -> None:
        section = oci_section.Section(self.file, 2, 5)
        section.skip(1)
        self.assertEqual([b'34', b'56'], list(section.chunks(2)))
        self.assertEqual(b'', section.read(1))

    def test_skipping_beyond_its_end_is_refused(self) -> None:
        section = oci_section.Section(self.file, 2, 5)
        section.skip(5)
        with self.assertRaises(exception.ArchiveMalformed):
            section.skip(1)

    def test_a_file_that_became_shorter_is_noticed(self) -> None:
        section = oci_section.Section(self.file, 2, 5)
        self.file.truncate(4)
        with self.assertRaisesRegex(
            exception.ArchiveMalformed, 'is truncated'
        ):
            section.read(5)
