"""Inspection: a downloaded file, looked into before the engine sees it.

It turns what ocikit refuses into Nova's errors; the rules are ocikit's.
"""

from collections.abc import Iterator
import contextlib
import dataclasses
from typing import BinaryIO

from novadocker import exception
from novadocker import identity
from ocikit import archive
from ocikit import compression
from ocikit import exception as oci_exception
from ocikit import limit
from ocikit import platform as oci_platform
from ocikit import writer


@dataclasses.dataclass(frozen=True)
class Rules:
    """What this host asks of an image.

    :ivar architecture: of the host, as uname(2) or the engine say it
    :ivar max_bytes: what the image may unpack to
    :ivar accept_rootfs_tar: whether a bare root file system is an image
    """

    architecture: str
    max_bytes: int
    accept_rootfs_tar: bool = False

    @property
    def platform(self) -> oci_platform.Platform:
        return oci_platform.from_machine(self.architecture)

    @property
    def limits(self) -> limit.Limits:
        return limit.Limits(unpacked_bytes=self.max_bytes)


@dataclasses.dataclass(frozen=True)
class Inspected:
    """An image that was found sound; its file is open."""

    reference: str
    image: archive.Image
    file: BinaryIO

    def stream(self) -> Iterator[bytes]:
        """Give the archive that the engine is to load."""
        return writer.docker_archive(self.file, self.image, self.reference)


@contextlib.contextmanager
def inspected(
    image_id: str, file: BinaryIO, folder: str, rules: Rules
) -> Iterator[Inspected]:
    """Look into a file and keep it open while it is loaded.

    :param folder: where a gzip'd archive is unpacked, up to
        ``rules.max_bytes``; nothing is left in it
    :raises ImageRejected: the file is not an image that we hand on
    :raises ImageForOtherMachine: it is one for other hosts
    """
    with contextlib.ExitStack() as stack:
        with translated(image_id):
            plain = stack.enter_context(
                compression.opened_plain(
                    file, folder, rules.limits.archive_bytes
                )
            )
            found = archive.inspect(
                plain,
                rules.platform,
                rules.limits,
                accept_rootfs_tar=rules.accept_rootfs_tar,
            )
            sound = named(image_id, found, plain)
        yield sound


def named(image_id: str, found: archive.Image, file: BinaryIO) -> Inspected:
    """Give a sound image the name that it has in the engine."""
    # The engine would make each volume a folder of the host, filled from the
    # image and beyond the disk limit of the server. Without them the data
    # lies where the image has the folder: in the server's own layer, which is
    # limited, snapshotted and moved.
    image = archive.without_volumes(found)
    reference = identity.image_reference(image_id, image.config.digest)
    return Inspected(reference, image, file)


@contextlib.contextmanager
def translated(image_id: str) -> Iterator[None]:
    """Turn the errors of ocikit into the driver's."""
    try:
        yield
    except oci_exception.OtherPlatform as err:
        raise exception.ImageForOtherMachine(
            image_id=image_id, image_arch=err.built_for, host_arch=err.wanted
        ) from err
    except oci_exception.OciError as err:
        raise exception.ImageRejected(
            image_id=image_id, reason=f'{err}.'
        ) from err
