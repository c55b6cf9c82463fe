import os
import pathlib
import tempfile
import time
import unittest

from novadocker.image import usage

IMAGE_ID = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'


class UsageTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.folder = pathlib.Path(folder) / 'used'
        self.usage = usage.Usage(self.folder)

    def test_the_last_use_outlives_the_service(self) -> None:
        self.usage.touch(IMAGE_ID)
        os.utime(self.folder / IMAGE_ID, (7, 7))
        self.assertEqual(7, usage.Usage(self.folder).last_s(IMAGE_ID))

    def test_a_use_renews_it(self) -> None:
        self.usage.touch(IMAGE_ID)
        os.utime(self.folder / IMAGE_ID, (7, 7))
        self.usage.touch(IMAGE_ID)
        self.assertGreater(self.usage.last_s(IMAGE_ID), 7)

    def test_what_was_never_noted_counts_from_now(self) -> None:
        before_s = time.time() - 1
        self.assertGreater(self.usage.last_s(IMAGE_ID), before_s)
        self.assertEqual({IMAGE_ID}, self.usage.known())

    def test_forgetting_twice_is_fine(self) -> None:
        self.usage.touch(IMAGE_ID)
        self.usage.forget(IMAGE_ID)
        self.usage.forget(IMAGE_ID)
        self.assertEqual(set(), self.usage.known())

    def test_nothing_is_known_before_the_first_use(self) -> None:
        self.assertEqual(set(), self.usage.known())
