"""Writing: the archive that the engine is given, made from one checked.

It has only the members that the image needs, under names made from digests,
and a single tag chosen by the caller. Layers pass as they are stored.
"""

from collections.abc import Iterator
from collections.abc import Sequence
import json
import tarfile
from typing import BinaryIO

from ocikit import archive
from ocikit import digest as oci_digest
from ocikit import layer as oci_layer
from ocikit import layout
from ocikit import reference as oci_reference
from ocikit import section as oci_section
from ocikit import tar

_MODE = 0o644
END = bytes(2 * tar.BLOCK_BYTES)


def docker_archive(
    file: BinaryIO, image: archive.Image, reference: str
) -> Iterator[bytes]:
    """Write a docker-archive, a bounded chunk at a time.

    A layer that is only known is named and left out: the engine reads none
    that it has, below the same layers, already (moby, image/tarexport).

    :param file: what ``image`` was read from; open until the last chunk
    :param reference: the only name that the image gets in the engine
    :raises InvalidReference: no engine could take that name
    """
    oci_reference.parse(reference)
    return _chunks(file, image, reference)


def _chunks(
    file: BinaryIO, image: archive.Image, reference: str
) -> Iterator[bytes]:
    layer_names = [_layer_name(layer.diff_id) for layer in image.layers]
    yield documents(image.config_content, layer_names, [reference])
    # The same layer may lie on another one twice; it is one member.
    unique = {
        layer.diff_id: layer
        for layer in image.layers
        if isinstance(layer, oci_layer.Layer)
    }
    for layer in unique.values():
        yield header(_layer_name(layer.diff_id), layer.size_bytes)
        section = oci_section.Section(file, layer.offset, layer.size_bytes)
        yield from section.chunks()
        yield padding(layer.size_bytes)
    yield END


def documents(
    config: bytes, layer_names: Sequence[str], tags: Sequence[str]
) -> bytes:
    """Write the members that make an image of layers.

    :param layer_names: the members that are its layers, lowest first
    """
    name = oci_digest.encoded(oci_digest.from_bytes(config)) + '.json'
    entry = {'Config': name, 'RepoTags': [*tags], 'Layers': [*layer_names]}
    saved = json.dumps([entry]).encode()
    return member(layout.SAVED_IMAGES, saved) + member(name, config)


def header(name: str, size_bytes: int) -> bytes:
    """Write the header of a file."""
    found = tarfile.TarInfo(name)
    found.size = size_bytes
    found.mode = _MODE
    # The GNU format knows sizes beyond 8 GiB without a second header.
    return found.tobuf(tarfile.GNU_FORMAT)


def padding(size_bytes: int) -> bytes:
    """Write what follows the content of a file."""
    return bytes(tar.padded(size_bytes) - size_bytes)


def member(name: str, content: bytes) -> bytes:
    """Write a whole file."""
    return header(name, len(content)) + content + padding(len(content))


def _layer_name(diff_id: str) -> str:
    return oci_digest.encoded(diff_id) + '.tar'
