import unittest
import uuid

from glance_bridge.publish import naming

DIGEST = 'sha256:' + 'a' * 64
PARTS = (b'key', 'demo/web', 'latest', DIGEST, 1)


class ImageIdTest(unittest.TestCase):
    def test_it_is_the_same_for_the_same_image(self) -> None:
        found = naming.image_id_of(*PARTS)
        self.assertEqual(found, naming.image_id_of(*PARTS))
        self.assertEqual(found, str(uuid.UUID(found)))

    def test_it_differs_with_every_part(self) -> None:
        ids = {
            naming.image_id_of(*parts)
            for parts in (
                PARTS,
                (b'yek', *PARTS[1:]),
                (b'key', 'demo/webl', 'atest', DIGEST, 1),
                (b'key', 'demo/web', 'latest', DIGEST, 2),
                (b'key', 'demo/web', '2', DIGEST, 1),
                (b'key', 'demo/web', 'latest', DIGEST[:-1] + 'b', 1),
            )
        }
        self.assertEqual(6, len(ids))


class NameTest(unittest.TestCase):
    def test_names_leave_the_project_out(self) -> None:
        self.assertEqual('web/api:2', naming.name_of('web/api', '2'))
        self.assertEqual(
            f'web/api@{DIGEST}', naming.hidden_name_of('web/api', DIGEST)
        )

    def test_a_name_that_glance_cannot_keep_does_not_fit(self) -> None:
        for path, tag, expected in (
            ('a' * 183, 'latest', True),
            ('a' * 184, 'latest', False),
            ('a' * 126, 't' * 128, True),
            ('a' * 127, 't' * 128, False),
        ):
            with self.subTest(path=len(path), tag=len(tag)):
                self.assertEqual(expected, naming.fits(path, tag))
                if expected:
                    for name in (
                        naming.name_of(path, tag),
                        naming.hidden_name_of(path, DIGEST),
                    ):
                        self.assertLessEqual(len(name), naming.MAX_NAME)
