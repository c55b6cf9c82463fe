import testtools

from glance_bridge import exception
from glance_bridge.registry import address

DIGEST = 'sha256:' + 64 * 'a'
HOSTILE = ('', '.', '..', 'a/../b', 'A/b', 'a//b', '/a', 'a?b', 'a%2fb', 'a#b')


class AddressTest(testtools.TestCase):
    def test_names_become_paths(self):
        for expected, found in (
            ('/v2/demo/web/manifests/v1', address.manifest('demo/web', 'v1')),
            (f'/v2/demo/web/blobs/{DIGEST}', address.blob('demo/web', DIGEST)),
            ('/v2/demo/web/tags/list', address.tags('demo/web')),
            ('/v2/demo/web/blobs/uploads/', address.uploads('demo/web')),
            (
                'repository:demo/web:pull,push',
                address.scope('demo/web', 'pull', 'push'),
            ),
        ):
            self.assertEqual(expected, found)
        self.assertEqual(
            f'/v2/demo/web/manifests/{DIGEST}',
            address.manifest('demo/web', DIGEST),
        )

    def test_what_would_leave_the_path_is_refused(self):
        for name in HOSTILE:
            for make, *rest in (
                (address.manifest, 'v1'),
                (address.blob, DIGEST),
                (address.tags,),
                (address.uploads,),
                (address.scope, 'pull'),
            ):
                self.assertRaises(exception.RegistryRefused, make, name, *rest)

    def test_a_reference_is_a_tag_or_a_digest(self):
        for reference in ('', '..', 'a/b', 'a?b', 'sha256:a', f'{DIGEST}/..'):
            self.assertRaises(
                exception.RegistryRefused, address.manifest, 'a/b', reference
            )
        for digest in ('', 'latest', DIGEST[:-1], DIGEST + '/'):
            self.assertRaises(
                exception.RegistryRefused, address.blob, 'a/b', digest
            )
