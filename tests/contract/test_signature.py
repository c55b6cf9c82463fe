"""Signatures of images: what Nova verifies fails a boot of ours.

Glance and the key manager are in memory; Nova's own code and cursive read
from them and verify.
"""

import base64
import datetime
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric import rsa
from nova import context as nova_context
from nova import exception as nova_exception
from nova import objects
from nova import test
from nova.virt import images as nova_images
from oslo_utils.fixture import uuidsentinel

from novadocker import driver
from novadocker import exception
from novadocker.image import store
from tests.fixtures import archives
from tests.fixtures import fake_engine

CONTENT = archives.saved([archives.layer()])
CAPABILITY = 'supports_trusted_certs'
NOW = datetime.datetime.now(datetime.UTC)


_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def _certificate(key):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'signer')])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - datetime.timedelta(days=1))
        .not_valid_after(NOW + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(_SIGNS_CERTIFICATES, critical=True)
        .sign(key, hashes.SHA256())
    )


class Chunks:
    """What Glance's client gives of an image."""

    def __init__(self, content):
        self.wrapped = content

    def __iter__(self):
        yield self.wrapped


class SignatureTestCase(test.NoDBTestCase):
    def setUp(self):
        super().setUp()
        self.context = nova_context.RequestContext('u', 'p', auth_token='t')
        self.key = rsa.generate_private_key(65537, 2048)
        self.signed = CONTENT
        self.certificates = {uuidsentinel.signer: _certificate(self.key)}
        for name in ('signature_utils', 'certificate_utils'):
            self.stub_out(
                f'cursive.{name}.get_certificate',
                lambda context, uuid: self.certificates[uuid],
            )
        for name, fake in (
            ('GlanceClientWrapper.call', self._data),
            ('GlanceImageServiceV2.show', self._show),
        ):
            self.stub_out(f'nova.image.glance.{name}', fake)
        self.engine = fake_engine.FakeEngine()
        self.store = store.ImageStore(
            self.engine,
            nova_images.fetch,
            self.enterContext(tempfile.TemporaryDirectory()),
            architecture='x86_64',
        )

    def _data(self, *args, **kwargs):
        return Chunks(CONTENT)

    def _show(self, *args, **kwargs):
        signature = self.key.sign(
            self.signed,
            padding.PSS(padding.MGF1(hashes.SHA256()), 32),
            hashes.SHA256(),
        )
        properties = {
            'img_signature': base64.b64encode(signature).decode(),
            'img_signature_hash_method': 'SHA-256',
            'img_signature_key_type': 'RSA-PSS',
            'img_signature_certificate_uuid': uuidsentinel.signer,
        }
        return {'id': uuidsentinel.image, 'properties': properties}

    def _ensure(self, *trusted):
        certs = objects.TrustedCerts(ids=list(trusted)) if trusted else None
        return self.store.ensure(
            self.context,
            uuidsentinel.image,
            max_bytes=10**7,
            trusted_certs=certs,
        )

    def test_image_of_a_trusted_signer(self):
        self._ensure(uuidsentinel.signer)
        self.assertIn('load', self.engine.calls)

    def test_changed_image_is_refused_though_it_is_here_already(self):
        self._ensure()
        self.signed = b'something else'
        err = self.assertRaises(
            exception.ImageRejected, self._ensure, uuidsentinel.signer
        )
        # What Nova makes a fault of, on this host and at once.
        self.assertIsInstance(err, nova_exception.ImageUnacceptable)
        self.assertIn('its signature is not that of its data', str(err))

    def test_signer_that_is_not_trusted(self):
        self._ensure()
        other = rsa.generate_private_key(65537, 2048)
        self.certificates[uuidsentinel.other] = _certificate(other)
        self.assertRaises(
            nova_exception.CertificateValidationFailed,
            self._ensure,
            uuidsentinel.other,
        )

    def test_driver_says_that_it_verifies(self):
        self.assertTrue(driver.DockerDriver.capabilities[CAPABILITY])
