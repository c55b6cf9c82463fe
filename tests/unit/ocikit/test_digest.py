import unittest

from ocikit import digest
from ocikit import exception

HEX = 'a' * 64


class DigestTest(unittest.TestCase):
    def test_a_digest_names_its_content(self) -> None:
        found = digest.from_bytes(b'')
        self.assertEqual(
            'sha256:e3b0c44298fc1c149afbf4c8996fb924'
            '27ae41e4649b934ca495991b7852b855',
            found,
        )
        self.assertEqual(found, digest.from_hex(digest.encoded(found)))
        self.assertTrue(digest.is_digest(found))

    def test_what_is_no_digest_is_refused(self) -> None:
        for value in (
            '',
            HEX,
            f'sha512:{HEX}{HEX}',
            f'sha256:{HEX[1:]}',
            f'sha256:{HEX.upper()}',
            f'sha256:{HEX}\n',
            f'sha256:../{HEX[3:]}',
        ):
            with (
                self.subTest(value),
                self.assertRaises(exception.InvalidDigest),
            ):
                digest.parse(value)
            self.assertFalse(digest.is_digest(value), value)

    def test_chain_ids_name_layers_with_those_below(self) -> None:
        one, two = (digest.from_hex(each * 64) for each in 'ab')
        both = digest.from_bytes(f'{one} {two}'.encode())
        third = digest.from_bytes(f'{both} {one}'.encode())
        self.assertEqual(
            [one, both, third], [*digest.chain_ids((one, two, one))]
        )
        self.assertEqual([], [*digest.chain_ids(())])

    def test_only_hexadecimal_digits_can_be_encoded(self) -> None:
        self.assertTrue(digest.is_encoded(HEX))
        self.assertFalse(digest.is_encoded('g' * 64))
