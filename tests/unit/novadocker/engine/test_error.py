"""What the libraries below fail with, and what it is called above."""

import requests
import testtools
import urllib3

from novadocker import exception
from novadocker.engine import error


class TranslatedTestCase(testtools.TestCase):
    def _translate(self, failure):
        with error.translated('unix:///x', 'send events'):
            raise failure

    def test_engine_that_breaks_off_is_unavailable(self):
        for failure in (
            urllib3.exceptions.ProtocolError('broken', OSError(104, 'reset')),
            requests.ConnectionError(),
            ConnectionResetError(104, 'reset'),
        ):
            with self.subTest(repr(failure)):
                self.assertRaises(
                    exception.EngineUnavailable, self._translate, failure
                )

    def test_no_answer_in_time(self):
        late = urllib3.exceptions.ReadTimeoutError(None, None, 'late')
        for failure in (late, requests.ConnectionError(late)):
            with self.subTest(repr(failure)):
                self.assertRaises(
                    exception.EngineTimeout, self._translate, failure
                )

    def test_mistakes_of_ours_are_not_hidden(self):
        self.assertRaises(ValueError, self._translate, ValueError())
