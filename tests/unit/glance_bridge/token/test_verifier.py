import jwt
import testtools

from glance_bridge import exception
from glance_bridge.token import access
from glance_bridge.token import issuer
from glance_bridge.token import key
from glance_bridge.token import verifier

_NOW = 1_900_000_000
_ACCESS = (access.Access('repository', 'demo/web', ('pull', 'push')),)


class VerifierTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.now = _NOW
        self.key = key.load(*key.create())
        self.verifier = verifier.Verifier(
            self.key, 'issuer', 'registry', clock=lambda: self.now
        )

    def _issue(self, *, signing_key=None, name='issuer', audience='registry'):
        found = issuer.Issuer(
            signing_key or self.key, name, audience, clock=lambda: _NOW
        )
        return found.issue(
            *('user-id', _ACCESS, 300),
            user_name='alice',
            is_service=True,
            projects={'demo': 'the-project'},
        ).text

    def _sign(self, **claims):
        good = jwt.decode(self._issue(), options={'verify_signature': False})
        merged = {**good, **claims}
        return jwt.encode(
            {name: value for name, value in merged.items() if value != ''},
            self.key.private,
            algorithm=self.key.algorithm,
        )

    def _refuses(self, text):
        self.assertRaises(exception.Unauthorized, self.verifier.verify, text)

    def test_what_was_issued_is_believed(self):
        self.assertEqual(
            access.Claims(
                *('user-id', _ACCESS),
                is_service=True,
                user_name='alice',
                projects={'demo': 'the-project'},
            ),
            self.verifier.verify(self._issue()),
        )

    def test_its_time_is_that_of_the_engine(self):
        text = self._issue()
        for after_s, is_good in (
            (-61, False),
            (-60, True),
            (300, True),
            (359, True),
            (360, False),
        ):
            self.now = _NOW + after_s
            if is_good:
                self.verifier.verify(text)
            else:
                self._refuses(text)

    def test_what_another_signed_is_refused(self):
        self._refuses(self._issue(signing_key=key.load(*key.create())))

    def test_what_is_for_another_is_refused(self):
        self._refuses(self._issue(name='stranger'))
        self._refuses(self._issue(audience='other-registry'))

    def test_what_is_not_signed_is_refused(self):
        claims = jwt.decode(self._issue(), options={'verify_signature': False})
        self._refuses(jwt.encode(claims, None, algorithm='none'))

    def test_what_is_no_token_is_refused(self):
        for text in ('', 'x', 'a.b.c', 'é'):
            self._refuses(text)

    def test_what_is_left_out_or_odd_is_refused(self):
        for claims in (
            {'exp': ''},
            {'nbf': ''},
            {'sub': ''},
            {'exp': 'never'},
            {'access': 5},
            {'access': ['repository:demo/web:pull']},
            {'access': [{'type': 'repository', 'name': 'demo/web'}]},
            {'access': [{'type': 'a', 'name': 'b', 'actions': None}]},
            {issuer.PROJECTS_CLAIM: 5},
            {issuer.PROJECTS_CLAIM: ['demo']},
        ):
            self._refuses(self._sign(**claims))

    def test_a_token_of_an_older_release_is_for_no_project(self):
        text = self._sign(**{issuer.PROJECTS_CLAIM: ''})
        self.assertEqual({}, self.verifier.verify(text).projects)

    def test_only_true_makes_a_service(self):
        for value in ('true', 1, None):
            text = self._sign(**{issuer.SERVICE_CLAIM: value})
            self.assertFalse(self.verifier.verify(text).is_service)
