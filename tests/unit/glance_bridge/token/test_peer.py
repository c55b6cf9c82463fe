import testtools

from glance_bridge.token import peer

_LOCAL = peer.networks(['127.0.0.0/8', '::1'])
_PROXIES = peer.networks(['127.0.0.1', '10.0.0.0/30'])


def _read(address, *, scheme='http', chain=None, proto=None):
    environ = {'REMOTE_ADDR': address, 'wsgi.url_scheme': scheme}
    if chain is not None:
        environ['HTTP_X_FORWARDED_FOR'] = chain
    if proto is not None:
        environ['HTTP_X_FORWARDED_PROTO'] = proto
    found = peer.read(environ, _PROXIES, _LOCAL)
    return found.address, found.is_private


class PeerTest(testtools.TestCase):
    def test_one_that_comes_by_itself(self):
        for address, scheme, expected in (
            ('192.0.2.7', 'http', ('192.0.2.7', False)),
            ('192.0.2.7', 'https', ('192.0.2.7', True)),
            ('127.0.0.2', 'http', ('127.0.0.2', True)),
            ('127.9.9.9', 'http', ('127.9.9.9', True)),
            ('::1', 'http', ('::1', True)),
            ('::ffff:127.0.0.2', 'http', ('::ffff:127.0.0.2', True)),
            ('', 'http', ('', False)),
            ('nonsense', 'http', ('nonsense', False)),
        ):
            self.assertEqual(expected, _read(address, scheme=scheme))

    def test_its_headers_are_not_believed(self):
        self.assertEqual(
            ('192.0.2.7', False),
            _read('192.0.2.7', chain='127.0.0.1', proto='https'),
        )

    def test_a_proxy_is_believed(self):
        for chain, proto, expected in (
            ('192.0.2.7', 'http', ('192.0.2.7', False)),
            ('192.0.2.7', 'https', ('192.0.2.7', True)),
            ('127.0.0.1', 'http', ('127.0.0.1', True)),
            ('192.0.2.7', None, ('192.0.2.7', False)),
            ('192.0.2.7, 10.0.0.2', 'https', ('192.0.2.7', True)),
            ('127.0.0.1, 10.0.0.2', 'http', ('127.0.0.1', True)),
            ('10.0.0.1, 10.0.0.2', 'http', ('10.0.0.1', False)),
        ):
            self.assertEqual(
                expected, _read('127.0.0.1', chain=chain, proto=proto)
            )

    def test_what_a_client_wrote_before_the_proxy_is_not(self):
        self.assertEqual(
            ('192.0.2.7', False),
            _read(
                '127.0.0.1', chain='127.0.0.1, 192.0.2.7', proto='https,http'
            ),
        )

    def test_a_proxy_that_names_nobody_hides_who_comes(self):
        for chain, proto, expected in (
            ('', 'http', ('', False)),
            (None, None, ('', False)),
            ('', 'https', ('', True)),
            ('127.0.0.1, ', 'http', ('', False)),
        ):
            self.assertEqual(
                expected, _read('127.0.0.1', chain=chain, proto=proto)
            )

    def test_networks_have_to_be_some(self):
        self.assertRaises(ValueError, peer.networks, ['localhost'])
