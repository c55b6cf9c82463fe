import json

import testtools

from glance_bridge import exception
from glance_bridge.registry import connection
from glance_bridge.registry import error


def _answer(status, content=b''):
    return connection.Answer(status, {}, content)


def _errors(*pairs):
    return json.dumps(
        {
            'errors': [
                {'code': code, 'message': message} for code, message in pairs
            ]
        }
    ).encode()


class ErrorTest(testtools.TestCase):
    def test_what_was_expected_is_no_error(self):
        error.check(_answer(202), 201, 202, what='it')

    def test_a_status_becomes_an_error(self):
        for status, expected in (
            (404, exception.RegistryNotFound),
            (400, exception.RegistryRefused),
            (401, exception.RegistryRefused),
            (405, exception.RegistryRefused),
            (302, exception.RegistryRefused),
            (200, exception.RegistryRefused),
            (429, exception.RegistryUnavailable),
            (500, exception.RegistryUnavailable),
            (503, exception.RegistryUnavailable),
        ):
            err = self.assertRaises(
                expected, error.check, _answer(status), 201, what='demo/web'
            )
            self.assertIn('demo/web', str(err))

    def test_a_refusal_keeps_its_status_and_its_sentence(self):
        content = _errors(('DIGEST_INVALID', 'provided digest did not match'))
        err = self.assertRaises(
            exception.RegistryRefused,
            error.check,
            _answer(400, content),
            201,
            what='demo/web',
        )
        self.assertEqual(400, err.status)
        self.assertIn('DIGEST_INVALID provided digest did not', str(err))

    def test_what_is_no_error_document_is_not_repeated(self):
        for content in (
            b'<html>',
            b'[]',
            b'{}',
            b'{"errors": [1]}',
            b'{"errors": [{"code": 1}]}',
        ):
            err = self.assertRaises(
                exception.RegistryRefused,
                error.check,
                _answer(400, content),
                201,
                what='it',
            )
            self.assertEndsWith(str(err), 'it: status 400')

    def assertEndsWith(self, text, end):
        self.assertEqual(end, text[-len(end) :])

    def test_control_characters_do_not_reach_the_log(self):
        content = _errors(('A', 'b\nc\x1b[1m'))
        err = self.assertRaises(
            exception.RegistryUnavailable,
            error.check,
            _answer(500, content),
            201,
            what='it',
        )
        self.assertTrue(str(err).isprintable())
