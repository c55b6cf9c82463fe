import unittest

from ocikit import exception


class ShownTest(unittest.TestCase):
    def test_text_of_a_stranger_is_quoted_and_cut(self) -> None:
        self.assertEqual(r"'a\nb\udcff'", exception.shown('a\nb\udcff'))
        self.assertEqual(
            "'" + 'x' * 60 + "...'", exception.shown('x' * 100_000)
        )
