"""What a client of the registry is told."""

import testtools

from glance_bridge import exception


def _kinds(kind: type[exception.BridgeError]) -> list[type]:
    found = [kind]
    for each in kind.__subclasses__():
        found += _kinds(each)
    return found


class BridgeErrorTestCase(testtools.TestCase):
    def test_every_kind_says_its_reason(self):
        for kind in _kinds(exception.BridgeError):
            error = kind('the reason')
            self.assertIn('the reason', error.message)
            self.assertEqual(error.message, str(error))

    def test_the_drawn_tree_is_the_tree(self):
        for kind in _kinds(exception.BridgeError):
            self.assertIn(kind.__name__, exception.__doc__)

    def test_unavailable_says_when_to_come_again(self):
        error = exception.RegistryUnavailable('gone', retry_after_s=7)
        self.assertEqual((('Retry-After', '7'),), error.headers)
        self.assertEqual(503, error.status)

    def test_a_refusal_keeps_the_status_of_the_engine(self):
        self.assertEqual(502, exception.RegistryRefused('no').status)
        self.assertEqual(413, exception.RegistryRefused('no', 413).status)
