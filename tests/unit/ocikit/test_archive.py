from collections.abc import Collection
import dataclasses
import tarfile
import tempfile
from typing import Any
import unittest

from ocikit import archive
from ocikit import exception
from ocikit import layer as oci_layer
from ocikit import limit
from ocikit import media_type
from ocikit import platform
from ocikit import writer
from tests.fixtures import archives

AMD64 = platform.Platform('linux', 'amd64')
LIMITS = limit.Limits(unpacked_bytes=1_000_000)
LAYERS = (archives.layer(1), archives.layer(2))


def inspect(
    content: bytes,
    *,
    accept_rootfs_tar: bool = False,
    held: Collection[str] = (),
    **changes: Any,
) -> archive.Image:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return archive.inspect(
            file,
            AMD64,
            dataclasses.replace(LIMITS, **changes),
            accept_rootfs_tar=accept_rootfs_tar,
            held=held,
        )


class ImageTest(unittest.TestCase):
    def test_both_layouts_give_the_same_image(self) -> None:
        for content in (
            archives.saved(LAYERS),
            archives.files(archives.layout(LAYERS, is_gzip=False)),
            archives.files(archives.layout(LAYERS)),
        ):
            found = inspect(content)
            self.assertEqual(archives.config(LAYERS), found.config_content)
            self.assertEqual(
                [archives.digest(x) for x in LAYERS],
                [layer.diff_id for layer in found.layers],
            )
            self.assertEqual(sum(map(len, LAYERS)), found.unpacked_bytes)

    def test_stored_layers_are_found_where_they_lie(self) -> None:
        content = archives.files(archives.layout(LAYERS))
        for layer in inspect(content).layers:
            self.assertIs(media_type.Compression.GZIP, layer.compression)
            stored = content[layer.offset :][: layer.size_bytes]
            self.assertIn(
                'blobs/sha256/' + archives.encoded(stored),
                archives.layout(LAYERS),
            )

    def test_an_image_for_another_machine_is_refused(self) -> None:
        for changes in ({'architecture': 'arm64'}, {'os': 'windows'}):
            content = archives.config(LAYERS, **changes)
            with (
                self.subTest(changes),
                self.assertRaises(exception.OtherPlatform),
            ):
                inspect(archives.saved(LAYERS, content))

    def test_a_layer_that_the_config_does_not_list_is_refused(self) -> None:
        content = archives.config([LAYERS[1], LAYERS[0]])
        with self.assertRaisesRegex(
            exception.ArchiveMismatch, 'layer 1 is not the one'
        ):
            inspect(archives.saved(LAYERS, content))

    def test_config_and_archive_have_as_many_layers(self) -> None:
        with self.assertRaisesRegex(
            exception.ArchiveMalformed, 'has 2 layers, the config lists 1'
        ):
            inspect(archives.saved(LAYERS, archives.config(LAYERS[:1])))

    def test_an_image_without_layers_is_refused(self) -> None:
        with self.assertRaisesRegex(
            exception.ArchiveUnsupported, 'has no layers'
        ):
            inspect(archives.saved([]))

    def test_more_layers_than_the_engine_mounts_are_refused(self) -> None:
        with self.assertRaisesRegex(
            exception.ArchiveTooLarge, 'has 2 layers, .* at most 1'
        ):
            inspect(archives.saved(LAYERS), layers=1)

    def test_layers_share_what_the_image_may_have(self) -> None:
        total = sum(map(len, LAYERS))
        content = archives.saved(LAYERS)
        inspect(content, unpacked_bytes=total, layer_members=2)
        with self.assertRaisesRegex(
            exception.ArchiveTooLarge, 'with layer 2 the image'
        ):
            inspect(content, unpacked_bytes=total - 1)
        with self.assertRaises(exception.ArchiveTooLarge):
            inspect(content, layer_members=1)

    def test_a_layer_that_is_used_twice_counts_twice(self) -> None:
        twice = [LAYERS[0]] * 2
        content = archives.files(archives.layout(twice))
        self.assertEqual(2 * len(LAYERS[0]), inspect(content).unpacked_bytes)
        with self.assertRaises(exception.ArchiveTooLarge):
            inspect(content, unpacked_bytes=len(LAYERS[0]))


class MemberTest(unittest.TestCase):
    def saved_with(self, info: tarfile.TarInfo, content: bytes = b'') -> bytes:
        members = archives.saved_members(LAYERS)
        return archives.tar(
            *(
                (archives.member(name, len(x)), x)
                for name, x in members.items()
            ),
            (info, content),
        )

    def test_a_folder_does_no_harm(self) -> None:
        info = archives.member('a', type=tarfile.DIRTYPE)
        self.assertEqual(2, len(inspect(self.saved_with(info)).layers))

    def test_members_that_no_layout_has_are_refused(self) -> None:
        for info, sentence in (
            (archives.member('/etc/passwd'), 'is absolute'),
            (archives.member('a/../../b'), 'leads out'),
            (archives.member('manifest.json'), "'manifest.json' twice"),
            (archives.member('./repositories'), 'twice'),
            (archives.member('d', type=tarfile.CHRTYPE), 'is no file'),
            (archives.member('d', type=tarfile.BLKTYPE), 'is no file'),
            (archives.member('d', type=tarfile.FIFOTYPE), 'is no file'),
            (
                archives.member(
                    'h', type=tarfile.LNKTYPE, linkname='manifest.json'
                ),
                'is no file',
            ),
        ):
            with (
                self.subTest(info),
                self.assertRaisesRegex(exception.ArchiveMalformed, sentence),
            ):
                inspect(self.saved_with(info))

    def test_links_that_lead_nowhere_are_refused(self) -> None:
        for link, sentence in (
            ('/etc/passwd', 'is absolute'),
            ('../../etc/passwd', 'leads out'),
            ('../../../x/manifest.json', 'leads out'),
            ('other', 'leads to no file'),
            ('l', 'leads to no file'),
            ('..', 'leads to no file'),
        ):
            info = archives.member('a/l', type=tarfile.SYMTYPE, linkname=link)
            with (
                self.subTest(link),
                self.assertRaisesRegex(exception.ArchiveMalformed, sentence),
            ):
                inspect(self.saved_with(info))

    def test_a_second_file_under_the_name_of_a_link_is_refused(self) -> None:
        link = archives.member('x', type=tarfile.SYMTYPE, linkname='y')
        content = archives.tar(
            (archives.member('manifest.json'), b''),
            (link, b''),
            (archives.member('x'), b''),
        )
        with self.assertRaisesRegex(exception.ArchiveMalformed, "'x' twice"):
            inspect(content)

    def test_a_link_to_a_layer_that_was_written_before_is_read(self) -> None:
        members = archives.saved_members([LAYERS[0]] * 2)
        second = f'{1:064x}/layer.tar'
        del members[second]
        link = archives.member(
            second, type=tarfile.SYMTYPE, linkname=f'../{0:064x}/layer.tar'
        )
        found = inspect(
            archives.tar(
                (link, b''),
                *(
                    (archives.member(name, len(x)), x)
                    for name, x in members.items()
                ),
            )
        )
        self.assertEqual(found.layers[0], found.layers[1])

    def test_ten_thousand_members_are_refused(self) -> None:
        names = (f'member{number}' for number in range(10_000))
        many = dict.fromkeys(names, b'')
        for members in (
            many,
            archives.saved_members(LAYERS) | many,
        ):
            with self.assertRaisesRegex(
                exception.ArchiveTooLarge, 'than the 2048 allowed'
            ):
                inspect(archives.files(members))

    def test_a_truncated_archive_is_refused(self) -> None:
        content = archives.saved(LAYERS)
        for length in (0, 1, 511, 512, 600, len(content) // 2, 10_000):
            with (
                self.subTest(length),
                self.assertRaises(exception.ArchiveMalformed),
            ):
                inspect(content[:length])


class HeldTest(unittest.TestCase):
    """An archive without layers that whoever reads it has already."""

    DIFF_IDS = tuple(archives.digest(layer) for layer in LAYERS)

    @staticmethod
    def written() -> bytes:
        """Write one that lacks the first layer."""
        with tempfile.TemporaryFile() as file:
            file.write(archives.saved(LAYERS))
            file.flush()
            image = archive.inspect(file, AMD64, LIMITS)
            known = oci_layer.Known(image.layers[0].diff_id, 0, 0)
            image = dataclasses.replace(image, layers=(known, image.layers[1]))
            return b''.join(writer.docker_archive(file, image, 'a:b'))

    def test_layer_that_is_held_need_not_be_there(self) -> None:
        found = inspect(self.written(), held=self.DIFF_IDS)
        self.assertEqual(self.DIFF_IDS, found.config.diff_ids)
        self.assertEqual(
            oci_layer.Known(self.DIFF_IDS[0], 0, 0), found.layers[0]
        )
        self.assertEqual(len(LAYERS[1]), found.unpacked_bytes)

    def test_layer_that_nobody_has_is_missing(self) -> None:
        for held in ((), self.DIFF_IDS[1:]):
            with self.assertRaisesRegex(
                exception.ArchiveMalformed, 'lacks its member'
            ):
                inspect(self.written(), held=held)

    def test_layer_that_is_there_is_looked_into(self) -> None:
        found = inspect(archives.saved(LAYERS), held=self.DIFF_IDS)
        self.assertEqual(sum(map(len, LAYERS)), found.unpacked_bytes)


class RootfsTest(unittest.TestCase):
    ROOTFS = archives.tar(
        (archives.member('bin', type=tarfile.DIRTYPE), b''),
        (archives.member('bin/true', 3), b'elf'),
        (
            archives.member(
                'bin/false', type=tarfile.LNKTYPE, linkname='bin/true'
            ),
            b'',
        ),
        (
            archives.member(
                'dev/null', type=tarfile.CHRTYPE, devmajor=1, devminor=3
            ),
            b'',
        ),
    )

    def test_it_is_refused_unless_asked_for(self) -> None:
        with self.assertRaisesRegex(
            exception.ArchiveUnsupported,
            'docker save, or have the operator set .* accept_rootfs_tar',
        ):
            inspect(self.ROOTFS)

    def test_it_becomes_an_image_of_one_layer(self) -> None:
        found = inspect(self.ROOTFS, accept_rootfs_tar=True)
        self.assertEqual(AMD64, found.config.platform)
        self.assertEqual(
            archives.digest(found.config_content), found.config.digest
        )
        self.assertEqual(
            (archives.digest(self.ROOTFS),), found.config.diff_ids
        )
        self.assertEqual(
            [(0, len(self.ROOTFS))],
            [(layer.offset, layer.size_bytes) for layer in found.layers],
        )

    def test_an_archive_of_images_stays_one(self) -> None:
        found = inspect(archives.saved(LAYERS), accept_rootfs_tar=True)
        self.assertEqual(2, len(found.layers))

    def test_a_truncated_or_empty_one_is_refused(self) -> None:
        for content, sentence in (
            (self.ROOTFS[:2048], 'truncated'),
            (b'QFI\xfb' + bytes(1000), 'corrupt'),
            (bytes(10240), 'the archive is empty'),
        ):
            with self.assertRaisesRegex(exception.ArchiveError, sentence):
                inspect(content, accept_rootfs_tar=True)

    def test_it_has_the_limits_of_a_layer(self) -> None:
        for changes in ({'unpacked_bytes': 1000}, {'layer_members': 3}):
            with self.assertRaises(exception.ArchiveTooLarge):
                inspect(self.ROOTFS, accept_rootfs_tar=True, **changes)
