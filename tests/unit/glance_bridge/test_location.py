import unittest

import hypothesis
from hypothesis import strategies

from glance_bridge import location

DIGEST = 'sha256:' + 'a' * 64
IMAGE = '6c1f9a0e-3b52-4d62-9f04-5d1f5b7a9c11'
URL = f'docker-registry://registry/demo/web/api@{DIGEST}/{IMAGE}'


class LocationTest(unittest.TestCase):
    def test_what_is_written_can_be_read(self) -> None:
        found = location.parse(
            location.location_of('demo/web/api', DIGEST, IMAGE)
        )
        self.assertEqual(
            location.Location('demo/web/api', DIGEST, IMAGE), found
        )
        self.assertEqual(URL, str(found))

    def test_a_first_part_like_a_domain_is_a_namespace(self) -> None:
        url = location.location_of('a.b/c', DIGEST, IMAGE, 'other_store')
        self.assertEqual('a.b/c', location.parse(url).repository)
        self.assertEqual('other_store', location.parse(url).store)

    def test_what_the_bridge_did_not_write_is_refused(self) -> None:
        for url in (
            '',
            f'{URL}\n',
            f' {URL}',
            f'{URL}/',
            f'{URL}?a=b',
            f'{URL}#a',
            URL.upper(),
            URL.replace('docker-registry', 'http'),
            URL.replace('//registry/', '///'),
            URL.replace('//registry/', '//user:pass@host:80/'),
            URL.replace('demo/web/api', 'demo'),
            URL.replace('demo/web/api', 'demo/../other/api'),
            URL.replace('demo/web/api', 'demo//api'),
            URL.replace('demo/web/api', 'demo/web%2Fapi'),
            URL.replace('demo/web/api', 'demo/Web'),
            URL.replace('demo/web/api', 'demo/web:tag'),
            URL.replace('demo/web/api', 'demo/' + 'x' * 251),
            URL.replace(DIGEST, 'latest'),
            URL.replace(DIGEST, DIGEST[:-1]),
            URL.replace(IMAGE, IMAGE.replace('-', '')),
            URL.replace(IMAGE, ''),
            URL.removesuffix('/' + IMAGE),
        ):
            with (
                self.subTest(url),
                self.assertRaises(location.LocationInvalid),
            ):
                location.parse(url)

    def test_what_could_not_be_read_back_is_not_written(self) -> None:
        for parts in (
            ('demo', DIGEST, IMAGE),
            ('demo/a', 'latest', IMAGE),
            ('demo/a', DIGEST, 'none'),
            ('demo/a', DIGEST, IMAGE, ''),
        ):
            with (
                self.subTest(parts),
                self.assertRaises(location.LocationInvalid),
            ):
                location.location_of(*parts)

    @hypothesis.given(strategies.text())
    def test_noise_never_gets_through(self, noise: str) -> None:
        with self.assertRaises(location.LocationInvalid):
            location.parse(URL + noise + 'x')


class PinTest(unittest.TestCase):
    def test_pins_name_their_image(self) -> None:
        for pin in (location.pin_of(IMAGE), location.child_pin_of(IMAGE, 3)):
            with self.subTest(pin):
                self.assertTrue(location.is_pin(pin))
                self.assertEqual(IMAGE, location.image_of_pin(pin))

    def test_a_tag_of_a_tenant_is_no_pin(self) -> None:
        for tag in (
            'latest',
            'g-1',
            f'x{IMAGE}',
            f'g-{IMAGE}-',
            f'g-{IMAGE}x',
        ):
            with self.subTest(tag):
                self.assertFalse(location.is_pin(tag))
                self.assertIsNone(location.image_of_pin(tag))
