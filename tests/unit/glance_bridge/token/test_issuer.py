import jwt
import testtools

from glance_bridge.token import access
from glance_bridge.token import issuer
from glance_bridge.token import key

_NOW = 1_900_000_000


class IssuerTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.key = key.load(*key.create())
        self.issuer = issuer.Issuer(
            self.key, 'issuer', 'registry', clock=lambda: _NOW + 0.7
        )

    def test_a_token_says_what_the_engine_reads(self):
        token = self.issuer.issue(
            'user-id',
            [access.Access('repository', 'demo/web', ('pull', 'push'))],
            900,
            user_name='alice',
            projects={'demo': 'the-project'},
        )
        claims = jwt.decode(token.text, options={'verify_signature': False})
        self.assertEqual(32, len(claims.pop('jti')))
        self.assertEqual(
            {
                'iss': 'issuer',
                'sub': 'user-id',
                'aud': 'registry',
                'exp': _NOW + 900,
                'nbf': _NOW,
                'iat': _NOW,
                'name': 'alice',
                issuer.SERVICE_CLAIM: False,
                issuer.PROJECTS_CLAIM: {'demo': 'the-project'},
                'access': [
                    {
                        'type': 'repository',
                        'name': 'demo/web',
                        'actions': ['pull', 'push'],
                    }
                ],
            },
            claims,
        )
        header = jwt.get_unverified_header(token.text)
        self.assertEqual('ES256', header['alg'])
        self.assertEqual(list(self.key.x5c), header['x5c'])

    def test_the_client_is_told_the_very_time(self):
        token = self.issuer.issue('user-id', [], 300)
        claims = jwt.decode(token.text, options={'verify_signature': False})
        self.assertEqual(300, token.expires_in_s)
        self.assertEqual(
            claims['exp'], token.issued_at.timestamp() + token.expires_in_s
        )

    def test_no_two_tokens_are_the_same(self):
        texts = {self.issuer.issue('user-id', [], 300).text for _ in range(5)}
        self.assertEqual(5, len(texts))
