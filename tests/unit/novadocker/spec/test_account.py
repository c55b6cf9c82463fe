"""Accounts, as images describe them and as hostile images do."""

import testtools

from novadocker.spec import account

PASSWD = b"""\
root:x:0:0:root:/root:/bin/sh
app:x:7:8:App,,,:/home/app:/bin/false
9:x:10:10::/home/nine:
"""


class AccountTestCase(testtools.TestCase):
    def _find(self, line):
        return account.find(line, 'u')

    def test_user_of_a_container(self):
        for user, name in (
            ('', 'root'),
            ('app', 'app'),
            ('app:staff', 'app'),
            ('7:8', '7'),
        ):
            self.assertEqual(name, account.name_of(user))

    def test_user_is_found_by_name_and_number(self):
        app = account.Account('app', 7, 8, '/home/app')
        for user in ('app', '7'):
            self.assertEqual(app, account.find(PASSWD, user))

    def test_number_that_is_somebodys_name_is_the_name(self):
        self.assertEqual('/home/nine', account.find(PASSWD, '9').home)

    def test_user_that_is_not_there(self):
        for passwd in (b'', PASSWD):
            self.assertIsNone(account.find(passwd, 'nobody'))

    def test_largest_number(self):
        found = self._find(b'u:x:4294967294:0::/:')
        self.assertEqual(2**32 - 2, found.uid)

    def test_lines_that_no_account_has(self):
        for line in (
            b'u:x:0:0',
            b'u:x:-1:0::/:',
            b'u:x:0:4294967295::/:',
            b'u:x:' + b'9' * 5000 + b':0::/:',
            'u:x:\u0663:0::/:'.encode(),
            b'u:x:0:0::home:',
            b'u:x:0:0:::',
            b'u:x:0:0::/home\0/u:',
            b'\xff\xfe',
        ):
            self.assertIsNone(self._find(line), line)
