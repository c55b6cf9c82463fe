import unittest

from novadocker import identity
from novadocker import model
from novadocker.image import cache

IMAGE_ID = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'
DIGEST = 'sha256:' + 'a' * 64
REFERENCE = identity.image_reference(IMAGE_ID, DIGEST)


class HeldEngine:
    """An engine that holds given images and answers for every name."""

    def __init__(self, *images: model.EngineImage) -> None:
        self.images = list(images)

    def find_images(self, repository: str) -> list[model.EngineImage]:
        return self.images

    def remove_image(self, reference: str) -> None:
        raise AssertionError('looking must not remove')


def held(
    *tags: str, image_id: str = DIGEST, command: tuple[str, ...] = ()
) -> model.EngineImage:
    return model.EngineImage(
        id=image_id,
        tags=tags,
        size_bytes=7,
        architecture='amd64',
        os='linux',
        command=command,
    )


class FindTest(unittest.TestCase):
    def find(
        self, *images: model.EngineImage, ids_are_digests: bool = True
    ) -> model.LoadedImage | None:
        return cache.find(
            HeldEngine(*images), IMAGE_ID, ids_are_digests=ids_are_digests
        )

    def test_an_image_under_our_name_is_found(self) -> None:
        expected = model.LoadedImage(IMAGE_ID, REFERENCE, DIGEST, 7, False)
        self.assertEqual(expected, self.find(held('busybox:1', REFERENCE)))

    def test_a_command_of_the_image_is_noticed(self) -> None:
        found = self.find(held(REFERENCE, command=('sh',)))
        assert found is not None
        self.assertTrue(found.has_command)

    def test_names_that_are_not_ours_are_not_believed(self) -> None:
        repository = identity.image_repository(IMAGE_ID)
        for image in (
            held(),
            held('busybox:' + 'a' * 64),
            held(f'{repository}:latest'),
            held(f'example.org/{REFERENCE}'),
            held(REFERENCE, image_id='sha256:' + 'b' * 64),
        ):
            with self.subTest(image):
                self.assertIsNone(self.find(image))

    def test_an_engine_whose_ids_are_no_digests_is_believed(self) -> None:
        image = held(REFERENCE, image_id='sha256:' + 'b' * 64)
        found = self.find(image, ids_are_digests=False)
        assert found is not None
        self.assertEqual(DIGEST, found.config_digest)
