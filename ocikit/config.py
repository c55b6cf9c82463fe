"""Configs: what an image is built for, runs, and consists of.

The digest of a config is what Docker calls the image's id.

:source: OCI image-spec, config.md
"""

import dataclasses
import json

from ocikit import digest as oci_digest
from ocikit import document
from ocikit import exception
from ocikit import platform as oci_platform

# What an image's config is made of, and its part that a container takes over
# (OCI image-spec, config.md; moby, docker image spec v1.2). Volumes are not
# among them: see without_volumes.
_PARTS = (
    *('architecture', 'variant', 'os', 'os.version', 'os.features'),
    *('created', 'author', 'history', 'rootfs'),
)
_PROCESS_PARTS = (
    *('User', 'ExposedPorts', 'Env', 'Entrypoint', 'Cmd', 'WorkingDir'),
    *('Labels', 'StopSignal', 'ArgsEscaped', 'Healthcheck', 'OnBuild'),
    'Shell',
)
_HISTORY_PARTS = ('created', 'empty_layer')


@dataclasses.dataclass(frozen=True)
class Config:
    """An image's config as far as it decides whether we take the image."""

    digest: str
    platform: oci_platform.Platform
    diff_ids: tuple[str, ...]
    command: tuple[str, ...]
    entrypoint: tuple[str, ...]


def read(content: bytes) -> Config:
    """Read a config."""
    found = document.read_object(content, "the image's config")
    process = document.child(found, 'config')
    return Config(
        digest=oci_digest.from_bytes(content),
        platform=oci_platform.Platform(
            document.text(found, 'os'), document.text(found, 'architecture')
        ),
        diff_ids=_read_diff_ids(document.child(found, 'rootfs')),
        command=document.texts(process, 'Cmd'),
        entrypoint=document.texts(process, 'Entrypoint'),
    )


def write(platform: oci_platform.Platform, diff_ids: tuple[str, ...]) -> bytes:
    """Write the config of an image that has none.

    The same layers give the same bytes, so the image keeps its id.
    """
    content = {
        'architecture': platform.architecture,
        'os': platform.os,
        'config': {},
        'rootfs': {'type': 'layers', 'diff_ids': list(diff_ids)},
    }
    return json.dumps(content, sort_keys=True).encode()


def without_volumes(content: bytes) -> bytes:
    """Give a config with the same process and layers, and no volumes.

    One without volumes stays as it is, to the byte, and the same config gives
    the same bytes again.
    """
    found = document.read_object(content, "the image's config")
    process = document.child(found, 'config')
    if not document.child(process, 'Volumes'):
        return content
    rest = {key: process[key] for key in process if key != 'Volumes'}
    try:
        # Python reads numbers that are none in JSON, and would write them.
        return json.dumps({**found, 'config': rest}, allow_nan=False).encode()
    except ValueError as err:
        raise exception.ArchiveMalformed(
            "the image's config has a number that is none"
        ) from err


def with_process(content: bytes, process: bytes, note: str = '') -> bytes:
    """Give a config with its layers, and another process and no past.

    What an engine writes into a config beside the parts of an image, such as
    the command and the environment of the container that a layer comes from,
    is left out.

    :param process: JSON, the ``config`` of another config
    :param note: stands in the history in the place of what the container ran
    :raises ArchiveMalformed: one of both is no config
    """
    found = document.read_object(content, "the image's config")
    whole = document.read_object(process, "the parent's config")
    parts = {key: found[key] for key in _PARTS if key in found}
    if found.get('history'):
        *past, last = document.children(found, 'history')
        kept = {key: last[key] for key in _HISTORY_PARTS if key in last}
        parts['history'] = [*past, {**kept, 'created_by': note}]
    parts['config'] = {
        key: whole[key] for key in _PROCESS_PARTS if whole.get(key)
    }
    return json.dumps(parts).encode()


def _read_diff_ids(rootfs: document.Object) -> tuple[str, ...]:
    if document.text(rootfs, 'type', '') != 'layers':
        raise exception.ArchiveMalformed(
            "the image's config does not list its layers"
        )
    diff_ids = document.texts(rootfs, 'diff_ids')
    return tuple(oci_digest.parse(diff_id) for diff_id in diff_ids)
