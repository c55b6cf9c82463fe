"""The key that signs tokens, and the certificate that the engine trusts.

Distribution 2.8 finds the key of a token by the certificate in its header
``x5c``, which has to be in, or be signed by one in, its ``rootcertbundle``;
it looks at the certificate's dates too. Distribution 3 reads the same.
"""

import base64
import dataclasses
import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import oid

from glance_bridge import exception

# What both the engine's library and PyJWT know for a curve.
_ALGORITHMS = {
    'secp256r1': 'ES256',
    'secp384r1': 'ES384',
    'secp521r1': 'ES512',
}
_MIN_RSA_BITS = 2048
_LIFETIME = datetime.timedelta(days=3650)
# Clocks of the bridge and of the engine may differ.
_BACKDATED = datetime.timedelta(hours=1)


@dataclasses.dataclass(frozen=True)
class SigningKey:
    """A private key with its certificates.

    :ivar x5c: the certificates as a token's header has them, its own first
    """

    private: Any
    public: Any
    algorithm: str
    x5c: tuple[str, ...]


def load(key_pem: bytes, certificates_pem: bytes) -> SigningKey:
    """Read a key and its certificates, its own first.

    :raises ConfigurationInvalid: they cannot be used, or are no pair
    """
    try:
        private = serialization.load_pem_private_key(key_pem, password=None)
        chain = x509.load_pem_x509_certificates(certificates_pem)
    except (ValueError, TypeError) as err:
        raise exception.ConfigurationInvalid(
            'The files of [token] key_file and certificate_file have to be '
            f'PEM, the key without a passphrase: {err}'
        ) from err
    public = chain[0].public_key()
    if _encoded(private.public_key()) != _encoded(public):
        raise exception.ConfigurationInvalid(
            'The first certificate in [token] certificate_file is not of the '
            'key in [token] key_file.'
        )
    der = [each.public_bytes(serialization.Encoding.DER) for each in chain]
    return SigningKey(
        private,
        public,
        _algorithm(private),
        tuple(base64.b64encode(each).decode() for each in der),
    )


def create(common_name: str = 'glance-bridge') -> tuple[bytes, bytes]:
    """Make a private key and a certificate that it signs itself, as PEM."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(oid.NameOID.COMMON_NAME, common_name)]
    )
    start = datetime.datetime.now(datetime.UTC) - _BACKDATED
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _LIFETIME)
        .add_extension(x509.BasicConstraints(True, 0), critical=True)
        .sign(private, hashes.SHA256())
    )
    key_pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key_pem, certificate.public_bytes(serialization.Encoding.PEM)


def _algorithm(private: Any) -> str:
    if isinstance(private, ec.EllipticCurvePrivateKey):
        name = _ALGORITHMS.get(private.curve.name, '')
    elif isinstance(private, rsa.RSAPrivateKey):
        name = 'RS256' if private.key_size >= _MIN_RSA_BITS else ''
    else:
        name = ''
    if name:
        return name
    raise exception.ConfigurationInvalid(
        'The key of [token] key_file has to be one of the curves P-256, '
        f'P-384 and P-521, or RSA of at least {_MIN_RSA_BITS} bits.'
    )


def _encoded(public: Any) -> bytes:
    encoded: bytes = public.public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )
    return encoded
