"""Console logs: every byte arrives, and not more than Nova wants."""

import testtools

from novadocker import constants
from novadocker.console import log


class LogTestCase(testtools.TestCase):
    def test_every_byte_survives_novas_encoding(self):
        raw = bytes(range(256))
        self.assertEqual(raw, log.text(raw).encode('latin-1'))

    def test_only_the_end_is_kept(self):
        raw = b'x' * constants.MAX_CONSOLE_BYTES + b'end'
        text = log.text(raw)
        self.assertEqual(constants.MAX_CONSOLE_BYTES, len(text))
        self.assertTrue(text.endswith('end'))

    def test_last_lines_become_one(self):
        self.assertEqual('b c', log.last_lines(b'a\n b\n\nc \n', 3))

    def test_silence_has_a_word(self):
        self.assertEqual('(none)', log.last_lines(b' \n', 9))
