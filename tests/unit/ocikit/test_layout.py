import dataclasses
import json
import tempfile
from typing import Any
import unittest

from ocikit import archive
from ocikit import exception
from ocikit import limit
from ocikit import platform
from tests.fixtures import archives

AMD64 = platform.Platform('linux', 'amd64')
LIMITS = limit.Limits(unpacked_bytes=1_000_000)
MANIFEST = archives.OCI + 'manifest.v1+json'
INDEX = archives.OCI + 'index.v1+json'
LAYERS = (archives.layer(1), archives.layer(2))


def inspect(
    members: dict[str, bytes], limits: limit.Limits = LIMITS
) -> archive.Image:
    with tempfile.TemporaryFile() as file:
        file.write(archives.files(members))
        file.flush()
        return archive.inspect(file, AMD64, limits)


class SavedTest(unittest.TestCase):
    def saved(self, **changes: Any) -> dict[str, bytes]:
        members = archives.saved_members(LAYERS)
        entries = json.loads(members['manifest.json'])
        entries[0] |= changes
        return members | {'manifest.json': json.dumps(entries).encode()}

    def test_names_may_start_with_a_dot(self) -> None:
        members = archives.saved_members(LAYERS)
        found = inspect({f'./{name}': x for name, x in members.items()})
        self.assertEqual(2, len(found.layers))

    def test_several_images_are_refused(self) -> None:
        members = archives.saved_members(LAYERS)
        entries = json.loads(members['manifest.json'])
        for count, sentence in ((0, 'holds no image'), (2, 'holds 2 images')):
            members['manifest.json'] = json.dumps(entries * count).encode()
            with self.assertRaisesRegex(
                exception.ArchiveUnsupported, sentence
            ):
                inspect(members)

    def test_a_member_that_is_not_there_is_missed(self) -> None:
        for changes in (
            {'Config': 'other.json'},
            {'Layers': ['other/layer.tar']},
        ):
            with self.assertRaisesRegex(
                exception.ArchiveMalformed, "lacks its member 'other"
            ):
                inspect(self.saved(**changes))

    def test_a_name_that_leads_outside_is_refused(self) -> None:
        with self.assertRaisesRegex(
            exception.ArchiveMalformed, 'leads out of the archive'
        ):
            inspect(self.saved(Config='../../etc/passwd'))

    def test_a_config_that_its_name_belies_is_refused(self) -> None:
        wrong = 'a' * 64
        for name in (f'{wrong}.json', f'blobs/sha256/{wrong}'):
            members = self.saved(Config=name)
            members[name] = archives.config(LAYERS)
            with (
                self.subTest(name),
                self.assertRaisesRegex(
                    exception.ArchiveMismatch,
                    "the content of the image's config",
                ),
            ):
                inspect(members)

    def test_a_layer_that_its_name_belies_is_refused(self) -> None:
        names = ['blobs/sha256/' + 'b' * 64, '1'.zfill(64) + '/layer.tar']
        members = self.saved(Layers=names)
        members[names[0]] = LAYERS[0]
        with self.assertRaisesRegex(
            exception.ArchiveMismatch, 'the content of layer 1'
        ):
            inspect(members)

    def test_a_blob_of_another_name_is_refused(self) -> None:
        members = self.saved(Config='blobs/sha256/x')
        members['blobs/sha256/x'] = archives.config(LAYERS)
        with self.assertRaisesRegex(
            exception.ArchiveMalformed, "'sha256:x' is no digest"
        ):
            inspect(members)

    def test_documents_have_a_limit(self) -> None:
        members = self.saved()
        config = next(name for name in members if len(name) == 69)
        for name in ('manifest.json', config):
            spoilt = members | {name: b' ' * (LIMITS.document_bytes + 1)}
            with (
                self.subTest(name),
                self.assertRaisesRegex(
                    exception.ArchiveTooLarge, 'has more than 4194304 bytes'
                ),
            ):
                inspect(spoilt)

    def test_it_goes_before_an_index(self) -> None:
        members = archives.saved_members(LAYERS)
        other = archives.layout([archives.layer(3)])
        self.assertEqual(2, len(inspect(other | members).layers))


class IndexTest(unittest.TestCase):
    limits = LIMITS

    def setUp(self) -> None:
        self.config = archives.config(LAYERS)
        self.manifest = archives.manifest(
            self.config,
            [archives.descriptor(x, archives.LAYER) for x in LAYERS],
        )

    def entry(self, **changes: Any) -> dict[str, Any]:
        return archives.descriptor(self.manifest, MANIFEST, **changes)

    def inspect(
        self, *entries: dict[str, Any], extra: tuple[bytes, ...] = ()
    ) -> archive.Image:
        return inspect(
            archives.layout_members(
                self.config,
                self.manifest,
                *LAYERS,
                *extra,
                index_content=archives.index(*entries),
            ),
            self.limits,
        )

    @staticmethod
    def on(architecture: str) -> dict[str, str]:
        return {'os': 'linux', 'architecture': architecture}

    def test_the_manifest_of_our_platform_is_chosen(self) -> None:
        other = archives.descriptor(
            b'absent', MANIFEST, platform=self.on('arm64')
        )
        found = self.inspect(other, self.entry(platform=self.on('amd64')))
        self.assertEqual(archives.digest(self.config), found.config.digest)

    def test_attestations_and_artifacts_are_passed_over(self) -> None:
        attestation = archives.descriptor(
            b'absent',
            MANIFEST,
            platform=self.on('unknown') | {'os': 'unknown'},
        )
        artifact = archives.descriptor(b'absent', 'text/plain')
        found = self.inspect(attestation, artifact, self.entry())
        self.assertEqual(archives.digest(self.config), found.config.digest)

    def test_an_index_may_list_an_image_twice(self) -> None:
        self.inspect(self.entry(), self.entry())

    def test_an_index_inside_an_index_is_followed(self) -> None:
        inner = archives.index(self.entry(platform=self.on('amd64')))
        outer = archives.descriptor(inner, INDEX)
        self.inspect(outer, outer, extra=(inner,))

    def test_endless_indexes_are_refused(self) -> None:
        blobs = [archives.index(self.entry())]
        for _ in range(LIMITS.index_depth):
            inner = archives.descriptor(blobs[-1], INDEX)
            blobs.append(archives.index(inner))
        top = archives.descriptor(blobs[-1], INDEX)
        with self.assertRaisesRegex(
            exception.ArchiveTooLarge, 'nested more than 3 deep'
        ):
            self.inspect(top, extra=tuple(blobs))

    def test_indexes_may_not_list_more_and_more(self) -> None:
        indexes = [
            archives.index(*[self.entry(annotations={'n': str(number)})] * 2)
            for number in range(3)
        ]
        top = [archives.descriptor(each, INDEX) for each in indexes]
        self.inspect(*top, extra=tuple(indexes))
        self.limits = dataclasses.replace(LIMITS, index_entries=8)
        with self.assertRaisesRegex(
            exception.ArchiveTooLarge, 'more than 8 entries'
        ):
            self.inspect(*top, extra=tuple(indexes))

    def test_only_images_for_other_machines_are_refused(self) -> None:
        with self.assertRaisesRegex(
            exception.OtherPlatform,
            "built for 'linux/arm64, linux/s390x', not for linux/amd64",
        ):
            self.inspect(
                self.entry(platform=self.on('s390x')),
                self.entry(platform=self.on('arm64')),
            )

    def test_several_images_are_refused(self) -> None:
        other = archives.descriptor(b'other', MANIFEST)
        with self.assertRaisesRegex(
            exception.ArchiveUnsupported, 'holds 2 images'
        ):
            self.inspect(self.entry(), other)

    def test_an_index_without_images_is_refused(self) -> None:
        with self.assertRaisesRegex(
            exception.ArchiveUnsupported, 'holds no image'
        ):
            self.inspect()

    def test_a_size_that_the_descriptor_belies_is_refused(self) -> None:
        with self.assertRaisesRegex(
            exception.ArchiveMismatch, 'bytes, its descriptor says 7'
        ):
            self.inspect(self.entry(size=7))

    def test_a_manifest_of_another_digest_is_refused(self) -> None:
        members = archives.layout_members(
            *LAYERS, self.config, index_content=archives.index(self.entry())
        )
        name = 'blobs/sha256/' + archives.encoded(self.manifest)
        members[name] = b' ' * len(self.manifest)
        with self.assertRaisesRegex(
            exception.ArchiveMismatch, 'the content of the manifest is not'
        ):
            inspect(members)

    def test_a_layout_of_another_version_is_refused(self) -> None:
        members = archives.layout(LAYERS)
        members['oci-layout'] = b'{"imageLayoutVersion": "2.0.0"}'
        with self.assertRaisesRegex(
            exception.ArchiveUnsupported, "version '2.0.0', known is 1.0.0"
        ):
            inspect(members)

    def test_a_layout_needs_both_its_files(self) -> None:
        for name in ('oci-layout', 'index.json'):
            members = archives.layout(LAYERS)
            del members[name]
            with (
                self.subTest(name),
                self.assertRaisesRegex(
                    exception.ArchiveMalformed, f"lacks its member '{name}'"
                ),
            ):
                inspect(members)
