"""Archives: one image inside a tar, looked at before anyone loads it.

Nothing is unpacked to disk and nothing of the archive is believed: what
comes out is described by digests that were computed here.
"""

from collections.abc import Collection
import dataclasses
from typing import BinaryIO

from ocikit import config as oci_config
from ocikit import exception
from ocikit import layer as oci_layer
from ocikit import layout
from ocikit import limit
from ocikit import platform as oci_platform
from ocikit import section as oci_section
from ocikit import tar


@dataclasses.dataclass(frozen=True)
class Image:
    """The image of an archive, checked whole.

    :ivar config_content: the bytes that the config digest is of
    :ivar layers: lowest first
    """

    config: oci_config.Config
    config_content: bytes
    layers: tuple[oci_layer.Layer | oci_layer.Known, ...]

    @property
    def unpacked_bytes(self) -> int:
        """What the layers take, uncompressed."""
        return sum(layer.unpacked_bytes for layer in self.layers)


def without_volumes(image: Image) -> Image:
    """Give the image with no volumes in its config; its digest may change."""
    content = oci_config.without_volumes(image.config_content)
    return dataclasses.replace(
        image, config=oci_config.read(content), config_content=content
    )


def inspect(
    file: BinaryIO,
    platform: oci_platform.Platform,
    limits: limit.Limits,
    *,
    accept_rootfs_tar: bool = False,
    held: Collection[str] = (),
) -> Image:
    """Find and check the image of an archive.

    It reads everything, so it takes as long as reading the file twice.

    :param file: an open, uncompressed tar on disk; it stays open
    :param platform: what the image has to be built for
    :param accept_rootfs_tar: whether a tar without an image is the root file
        system of one
    :param held: diff IDs of layers that need not be in it, for the engine has
        them; they count nothing towards the limits
    :raises ArchiveError: what the archive is refused for
    """
    try:
        if _has_marker(file, limits, accept_rootfs_tar):
            image = _read_image(file, platform, limits, held)
        else:
            image = _make_image(file, platform, limits, accept_rootfs_tar)
    except exception.InvalidDigest as err:
        raise exception.ArchiveMalformed(str(err)) from err
    check_platform(image.config, platform)
    return image


def assemble(
    file: BinaryIO,
    parts: layout.Parts,
    platform: oci_platform.Platform,
    limits: limit.Limits,
) -> Image:
    """Check an image whose parts did not come in one archive.

    :param file: holds the layers that are not known, one after the other
    :raises ArchiveError: what the image is refused for
    """
    image = _checked(file, parts, limits)
    check_platform(image.config, platform)
    return image


def check_platform(
    config: oci_config.Config, platform: oci_platform.Platform
) -> None:
    """Check what an image is built for before its layers are read."""
    if config.platform != platform:
        raise exception.OtherPlatform(str(config.platform), str(platform))


def _has_marker(
    file: BinaryIO, limits: limit.Limits, accept_rootfs_tar: bool
) -> bool:
    """Tell an archive of images from another tar."""
    most = limits.layer_members if accept_rootfs_tar else limits.members
    members = tar.members(oci_section.whole(file), most, must_end=True)
    return any(layout.is_marker(member.name) for member in members)


def _read_image(
    file: BinaryIO,
    platform: oci_platform.Platform,
    limits: limit.Limits,
    held: Collection[str],
) -> Image:
    archive = layout.Archive(file, _index(file, limits), limits)
    return _checked(file, layout.find_image(archive, platform, held), limits)


def _checked(
    file: BinaryIO, parts: layout.Parts, limits: limit.Limits
) -> Image:
    config = oci_config.read(parts.config)
    check_layer_count(config, len(parts.layers), limits)
    layers: list[oci_layer.Layer | oci_layer.Known] = []
    for number, blob in enumerate(parts.layers, start=1):
        what = f'layer {number}'
        room = oci_layer.Room(
            limits.unpacked_bytes - sum(one.unpacked_bytes for one in layers),
            limits.layer_members - sum(one.members for one in layers),
        )
        layer = _checked_layer(file, blob, room, what)
        if layer.diff_id != config.diff_ids[number - 1]:
            raise exception.ArchiveMismatch(
                f"{what} is not the one that the image's config lists; the "
                f'archive is damaged, save and upload it again'
            )
        layers.append(layer)
    return Image(config, parts.config, tuple(layers))


def _checked_layer(
    file: BinaryIO,
    found: oci_layer.Blob | oci_layer.Known,
    room: oci_layer.Room,
    what: str,
) -> oci_layer.Layer | oci_layer.Known:
    if isinstance(found, oci_layer.Blob):
        return oci_layer.check(file, found, room, what)
    if found.unpacked_bytes > room.unpacked_bytes:
        raise oci_layer.too_large(what)
    return found


def check_layer_count(
    config: oci_config.Config, count: int, limits: limit.Limits
) -> None:
    """Check how many layers an image has before any of them is read."""
    if count != len(config.diff_ids):
        raise exception.ArchiveMalformed(
            f'the image has {count} layers, the config lists '
            f'{len(config.diff_ids)}'
        )
    if count == 0:
        raise exception.ArchiveUnsupported('the image has no layers')
    if count > limits.layers:
        raise exception.ArchiveTooLarge(
            f'the image has {count} layers, the engine mounts at most '
            f'{limits.layers}'
        )


def _make_image(
    file: BinaryIO,
    platform: oci_platform.Platform,
    limits: limit.Limits,
    accept_rootfs_tar: bool,
) -> Image:
    """Make an image of one layer from the tar of a root file system."""
    if not accept_rootfs_tar:
        raise exception.ArchiveUnsupported(
            'the file is a tar, but neither a docker-archive nor an OCI '
            'layout; write it with docker save, or have the operator set '
            '[docker] accept_rootfs_tar'
        )
    blob = oci_layer.Blob(0, oci_section.whole(file).size_bytes)
    room = oci_layer.Room(limits.unpacked_bytes, limits.layer_members)
    what = 'the root file system'
    layer = oci_layer.check(file, blob, room, what, must_end=True)
    if not layer.members:
        raise exception.ArchiveUnsupported('the archive is empty')
    content = oci_config.write(platform, (layer.diff_id,))
    return Image(oci_config.read(content), content, (layer,))


def _index(file: BinaryIO, limits: limit.Limits) -> dict[str, tar.Member]:
    """List the files of an archive by name, links being followed.

    :raises ArchiveMalformed: a member that neither layout has
    """
    files: dict[str, tar.Member] = {}
    links: dict[str, str] = {}
    source = oci_section.whole(file)
    for member in tar.members(source, limits.members, must_end=True):
        name = _check_outer_name(member)
        if member.kind is tar.Kind.DIRECTORY:
            continue
        if name in files or name in links:
            raise exception.ArchiveMalformed(
                f'the archive holds {exception.shown(name)} twice'
            )
        if member.kind is tar.Kind.SYMLINK:
            links[name] = tar.link_target(name, member.link)
        else:
            files[name] = member
    return files | {
        name: _follow(name, target, files) for name, target in links.items()
    }


def _check_outer_name(member: tar.Member) -> str:
    if member.name.startswith('/'):
        raise exception.ArchiveMalformed(
            f'the name {exception.shown(member.name)} is absolute'
        )
    if member.kind not in (
        tar.Kind.FILE,
        tar.Kind.DIRECTORY,
        tar.Kind.SYMLINK,
    ):
        raise exception.ArchiveMalformed(
            f'the archive holds {exception.shown(member.name)}, which is '
            f'no file: it was not written by docker save'
        )
    return tar.clean_name(member.name)


def _follow(
    name: str, target: str, files: dict[str, tar.Member]
) -> tar.Member:
    """Find the file behind a link; links to links are not followed."""
    if target not in files:
        raise exception.ArchiveMalformed(
            f'the link {exception.shown(name)} leads to no file of the archive'
        )
    return files[target]
