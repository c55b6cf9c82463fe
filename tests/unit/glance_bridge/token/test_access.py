import testtools

from glance_bridge.token import access


class ClaimsTest(testtools.TestCase):
    def test_an_action_is_allowed_on_its_repository_alone(self):
        claims = access.Claims(
            'someone',
            (
                access.Access('repository', 'demo/web', ('pull', 'push')),
                access.Access('registry', 'demo/db', ('pull',)),
            ),
        )
        for action, repository, expected in (
            ('pull', 'demo/web', True),
            ('push', 'demo/web', True),
            ('delete', 'demo/web', False),
            ('pull', 'demo/web/api', False),
            ('pull', 'demo/db', False),
        ):
            self.assertEqual(
                expected,
                claims.allows(action, repository),
                (action, repository),
            )
