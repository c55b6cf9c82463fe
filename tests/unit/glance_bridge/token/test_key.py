import base64

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric import rsa
import testtools

from glance_bridge import exception
from glance_bridge.token import key
from tests.fixtures import certificates


class KeyTest(testtools.TestCase):
    def test_what_is_created_can_be_loaded(self):
        key_pem, certificate_pem = key.create('bridge.example')
        found = key.load(key_pem, certificate_pem)
        self.assertEqual('ES256', found.algorithm)
        (encoded,) = found.x5c
        certificate = x509.load_der_x509_certificate(base64.b64decode(encoded))
        self.assertIn('bridge.example', certificate.subject.rfc4514_string())
        self.assertLess(
            certificate.not_valid_before_utc, certificate.not_valid_after_utc
        )

    def test_the_algorithm_follows_from_the_key(self):
        for private, expected in (
            (ec.generate_private_key(ec.SECP384R1()), 'ES384'),
            (ec.generate_private_key(ec.SECP521R1()), 'ES512'),
            (rsa.generate_private_key(65537, 2048), 'RS256'),
        ):
            found = key.load(*certificates.pair(private))
            self.assertEqual(expected, found.algorithm)

    def test_the_whole_chain_is_carried(self):
        key_pem, own = key.create()
        _, other = key.create('authority')
        self.assertEqual(2, len(key.load(key_pem, own + other).x5c))

    def test_other_keys_are_refused(self):
        for private in (
            ec.generate_private_key(ec.SECP256K1()),
            ed25519.Ed25519PrivateKey.generate(),
            rsa.generate_private_key(65537, 1024),
        ):
            found = self.assertRaises(
                exception.ConfigurationInvalid,
                key.load,
                *certificates.pair(private),
            )
            self.assertIn('P-256', str(found))

    def test_a_certificate_of_another_key_is_refused(self):
        key_pem, _ = key.create()
        _, certificate_pem = key.create()
        found = self.assertRaises(
            exception.ConfigurationInvalid,
            key.load,
            key_pem,
            certificate_pem,
        )
        self.assertIn('certificate_file', str(found))

    def test_what_is_no_pem_is_refused(self):
        key_pem, certificate_pem = key.create()
        locked = serialization.load_pem_private_key(
            key_pem, None
        ).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b'secret'),
        )
        for pair in (
            (b'', certificate_pem),
            (key_pem, b''),
            (locked, certificate_pem),
        ):
            self.assertRaises(exception.ConfigurationInvalid, key.load, *pair)
