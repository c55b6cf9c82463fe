"""Secrets open once, for a while, and nothing else does."""

import base64

import testtools

from novadocker import model
from novadocker.console import secret

_GRANT = secret.Grant('0123456789abcdef' * 4, model.Console.EXEC)


class SecretsTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.secrets = secret.Secrets(600, clock=lambda: self.now)

    def test_secret_opens_what_it_was_made_for(self):
        for kind in model.Console:
            grant = secret.Grant('f' * 64, kind)
            text = self.secrets.give(grant)
            self.assertEqual(secret.CHARS, len(text))
            self.assertEqual(grant, self.secrets.take(text.encode()))

    def test_secret_fits_into_the_database_of_nova(self):
        # nova.db.main.models, ConsoleAuthToken.internal_access_path
        self.assertLess(secret.CHARS, 255)

    def test_no_two_are_the_same(self):
        given = {self.secrets.give(_GRANT) for _ in range(100)}
        self.assertEqual(100, len(given))

    def test_secret_opens_once(self):
        text = self.secrets.give(_GRANT).encode()
        self.assertEqual(_GRANT, self.secrets.take(text))
        self.assertIsNone(self.secrets.take(text))

    def test_other_writings_of_a_used_secret_do_not_open(self):
        text = self.secrets.give(_GRANT).encode()
        self.secrets.take(text)
        alphabet = b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
        for last in alphabet:
            self.assertIsNone(self.secrets.take(text[:-1] + bytes([last])))

    def test_secret_expires(self):
        early, late = (self.secrets.give(_GRANT).encode() for _ in range(2))
        self.now += 599
        self.assertEqual(_GRANT, self.secrets.take(early))
        self.now += 1
        self.assertIsNone(self.secrets.take(late))

    def test_used_secrets_are_forgotten_when_they_expire(self):
        for _ in range(10):
            self.secrets.take(self.secrets.give(_GRANT).encode())
        self.now += 600
        self.secrets.take(self.secrets.give(_GRANT).encode())
        self.assertEqual(1, len(self.secrets._used))

    def test_nothing_is_kept_of_what_is_only_given(self):
        for _ in range(10):
            self.secrets.give(_GRANT)
        self.assertEqual({}, self.secrets._used)

    def test_secret_of_another_process_does_not_open(self):
        other = secret.Secrets(600, clock=lambda: self.now)
        self.assertIsNone(self.secrets.take(other.give(_GRANT).encode()))

    def test_every_changed_byte_is_noticed(self):
        text = self.secrets.give(_GRANT)
        raw = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
        for index in range(len(raw)):
            changed = bytearray(raw)
            changed[index] ^= 1
            wrong = base64.urlsafe_b64encode(changed).rstrip(b'=')
            self.assertIsNone(self.secrets.take(wrong), index)
        self.assertEqual(_GRANT, self.secrets.take(text.encode()))

    def test_what_is_no_secret(self):
        for text in (
            b'',
            b'A',
            b'A' * secret.CHARS,
            b'=' * secret.CHARS,
            b'\0' * secret.CHARS,
            b'\xff' * secret.CHARS,
            b'A' * 100_000,
            self.secrets.give(_GRANT).encode()[:-1],
            self.secrets.give(_GRANT).encode() + b'A',
        ):
            self.assertIsNone(self.secrets.take(text))
