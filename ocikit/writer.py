"""Writing: the archive that the engine is given, made from one checked.

It has only the members that the image needs, under names made from digests,
and a single tag chosen by the caller. Layers pass as they are stored.
"""

from collections.abc import Iterator
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
_END = bytes(2 * tar.BLOCK_BYTES)


def docker_archive(
    file: BinaryIO, image: archive.Image, reference: str
) -> Iterator[bytes]:
    """Write a docker-archive, a bounded chunk at a time.

    :param file: what ``image`` was read from; open until the last chunk
    :param reference: the only name that the image gets in the engine
    :raises InvalidReference: no engine could take that name
    """
    oci_reference.parse(reference)
    return _chunks(file, image, reference)


def _chunks(
    file: BinaryIO, image: archive.Image, reference: str
) -> Iterator[bytes]:
    config_name = oci_digest.encoded(image.config.digest) + '.json'
    entry = {
        'Config': config_name,
        'RepoTags': [reference],
        'Layers': [_layer_name(layer) for layer in image.layers],
    }
    content = json.dumps([entry]).encode()
    yield _member(layout.SAVED_IMAGES, content)
    yield _member(config_name, image.config_content)
    # The same layer may lie on another one twice; it is one member.
    unique = {layer.diff_id: layer for layer in image.layers}
    for layer in unique.values():
        yield _header(_layer_name(layer), layer.size_bytes)
        section = oci_section.Section(file, layer.offset, layer.size_bytes)
        yield from section.chunks()
        yield _padding(layer.size_bytes)
    yield _END


def _layer_name(layer: oci_layer.Layer) -> str:
    return oci_digest.encoded(layer.diff_id) + '.tar'


def _member(name: str, content: bytes) -> bytes:
    return _header(name, len(content)) + content + _padding(len(content))


def _header(name: str, size_bytes: int) -> bytes:
    header = tarfile.TarInfo(name)
    header.size = size_bytes
    header.mode = _MODE
    # The GNU format knows sizes beyond 8 GiB without a second header.
    return header.tobuf(tarfile.GNU_FORMAT)


def _padding(size_bytes: int) -> bytes:
    return bytes(tar.padded(size_bytes) - size_bytes)
