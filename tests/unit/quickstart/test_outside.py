"""The machine's package sources stay reachable beside the cloud."""

import testtools

from deploy.quickstart import outside

TEXT = """\
https://pypi.org/
global.index-url='https://user:secret@mirror.example:8443/simple'
http://deb.example/debian
file:///opt/packages
"""
POOLS = [
    ((), [('10', '250')]),
    (('80',), [('10', '79'), ('81', '250')]),
    (('10', '250'), [('11', '249')]),
    (('80', '81'), [('10', '79'), ('82', '250')]),
    (('1', '254'), [('10', '250')]),
]


class OutsideTestCase(testtools.TestCase):
    def test_hosts_of_urls(self):
        self.assertEqual(
            ['deb.example', 'mirror.example', 'pypi.org'], outside.hosts(TEXT)
        )

    def test_pools_leave_out_what_is_taken(self):
        for taken, expected in POOLS:
            with self.subTest(taken):
                found = outside.pools(
                    '203.0.113.10',
                    '203.0.113.250',
                    [f'203.0.113.{each}' for each in taken],
                )
                self.assertEqual(
                    [
                        {'start': f'203.0.113.{a}', 'end': f'203.0.113.{b}'}
                        for a, b in expected
                    ],
                    found,
                )
