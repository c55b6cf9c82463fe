import testtools

from glance_bridge import exception
from glance_bridge.identity import credential

_ID = '0123456789abcdef' * 2


class ReadTest(testtools.TestCase):
    def test_what_a_login_is(self):
        for user, expected in (
            ('alice', credential.Password('Default', 'alice', 'secret')),
            ('acme/bob', credential.Password('acme', 'bob', 'secret')),
            (
                'bob@example.com',
                credential.Password('Default', 'bob@example.com', 'secret'),
            ),
            ('acme/a/b', credential.Password('acme', 'a/b', 'secret')),
            (_ID, credential.ApplicationCredential(_ID, 'secret')),
            (
                f'Default/{_ID}',
                credential.Password('Default', _ID, 'secret'),
            ),
        ):
            self.assertEqual(
                expected, credential.read(user, 'secret', 'Default'), user
            )

    def test_what_can_be_no_login_is_refused(self):
        for user, secret in (
            *(('', 'secret'), ('alice', ''), ('/alice', 'secret')),
            *(('acme/', 'secret'), ('al\0ice', 'x'), ('alice', 'x\0')),
            *(('a' * 256, 'secret'), ('alice', 'x' * 4097)),
        ):
            self.assertRaises(
                exception.Unauthorized,
                credential.read,
                user,
                secret,
                'Default',
            )

    def test_an_account_is_the_same_in_any_case(self):
        accounts = {
            credential.read(user, 'secret', 'Default').account
            for user in ('alice', 'Alice', 'default/ALICE')
        }
        self.assertEqual(1, len(accounts))
        self.assertEqual(_ID, credential.read(_ID, 'x', 'Default').account)

    def test_a_secret_is_not_shown(self):
        for user in ('alice', _ID):
            found = credential.read(user, 'hunter2', 'Default')
            self.assertNotIn('hunter2', repr(found))
