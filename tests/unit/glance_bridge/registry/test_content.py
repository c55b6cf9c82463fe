import hashlib
from unittest import mock

import testtools

from glance_bridge import exception
from glance_bridge.registry import content


def _response(**headers):
    named = {name.replace('_', '-'): headers[name] for name in headers}
    return mock.NonCallableMock(spec_set=('headers',), headers=named)


class ContentTest(testtools.TestCase):
    def test_the_announced_bytes_are_given(self):
        for pieces in ([], [b'ab', b'c'], [b'abc', b'']):
            size_bytes = sum(map(len, pieces))
            found = content.exact(iter(pieces), size_bytes, 'a blob')
            self.assertEqual(pieces, [*found])

    def test_fewer_or_more_bytes_are_refused(self):
        for pieces in ([b'ab'], [b'ab', b'cd'], [b'abcd']):
            found = content.exact(iter(pieces), 3, 'a blob')
            self.assertRaises(exception.RegistryRefused, list, found)

    def test_nothing_beyond_the_announced_bytes_is_given(self):
        found = content.exact(iter([b'abc', b'd']), 3, 'a blob')
        self.assertEqual(b'abc', next(found))
        self.assertRaises(exception.RegistryRefused, next, found)

    def test_other_content_is_refused_at_its_end(self):
        digest = 'sha256:' + hashlib.sha256(b'abc').hexdigest()
        found = content.verified(iter([b'a', b'bc']), digest, 'a blob')
        self.assertEqual([b'a', b'bc'], [*found])
        found = content.verified(iter([b'a', b'bd']), digest, 'a blob')
        self.assertEqual([b'a', b'bd'], [next(found), next(found)])
        self.assertRaises(exception.RegistryRefused, next, found)

    def test_a_size_is_digits(self):
        self.assertEqual(
            12, content.length(_response(Content_Length='12'), 'a blob')
        )
        for answer in (
            _response(),
            _response(Content_Length=''),
            _response(Content_Length='-1'),
            _response(Content_Length='1e3'),
            _response(Content_Length='\u0661'),
        ):
            self.assertRaises(
                exception.RegistryRefused, content.length, answer, 'a blob'
            )

    def test_the_part_is_the_one_asked_for(self):
        answer = _response(Content_Range='bytes 7-16/100', Content_Length='10')
        content.check_part(answer, 7, 10, 'a blob')
        content.check_part(answer, 7, None, 'a blob')
        for offset, length in ((8, 10), (7, 11), (70, 10), (0, 10)):
            self.assertRaises(
                exception.RegistryRefused,
                content.check_part,
                answer,
                offset,
                length,
                'a blob',
            )
