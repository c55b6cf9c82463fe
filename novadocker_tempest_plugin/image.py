"""An image to push: read from an archive, and given one layer more.

Nothing here speaks to anyone. All of an image is held in memory.
"""

from collections.abc import Mapping
import dataclasses
import functools
import gzip
import hashlib
import io
import json
import pathlib
import tarfile
from typing import Any

MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
_CONFIG = 'application/vnd.docker.container.image.v1+json'
_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
_GZIP = b'\x1f\x8b'


class NoArchive(Exception):
    """A file is not what ``docker save`` writes."""


@dataclasses.dataclass(frozen=True)
class Image:
    """An image as a registry has it.

    :ivar config: JSON, whose digest Docker calls the image's ID
    :ivar layers: tars in gzip, the lowest first
    """

    config: bytes
    layers: tuple[bytes, ...]

    @property
    def blobs(self) -> dict[str, bytes]:
        """Give all that the manifest points to, by digest."""
        return {digest(each): each for each in (*self.layers, self.config)}

    @property
    def manifest(self) -> bytes:
        """Make the manifest, the same bytes each time."""
        return json.dumps(
            {
                'schemaVersion': 2,
                'mediaType': MANIFEST,
                'config': _descriptor(_CONFIG, self.config),
                'layers': [_descriptor(_LAYER, each) for each in self.layers],
            }
        ).encode()


def digest(content: bytes) -> str:
    return f'sha256:{hashlib.sha256(content).hexdigest()}'


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {
        'mediaType': media_type,
        'size': len(content),
        'digest': digest(content),
    }


@functools.cache
def read(path: pathlib.Path) -> Image:
    """Read the first image of an archive of ``docker save``.

    :raises NoArchive: it is none
    """
    try:
        with tarfile.open(path) as tar:
            listed = json.loads(_member(tar, 'manifest.json'))[0]
            layers = tuple(_member(tar, name) for name in listed['Layers'])
            return Image(
                _member(tar, listed['Config']), tuple(map(_gzipped, layers))
            )
    except (tarfile.TarError, LookupError, TypeError, ValueError) as err:
        raise NoArchive(f'{path}: {err!r}') from err


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise LookupError(f'{name} is no file')
    return file.read()


def _gzipped(content: bytes) -> bytes:
    """Compress a layer, unless the engine has kept it compressed."""
    if content.startswith(_GZIP):
        return content
    return gzip.compress(content, compresslevel=1, mtime=0)


def extend(
    image: Image,
    programs: Mapping[str, str],
    command: str,
    label: str,
) -> Image:
    """Add a layer of scripts to an image, and say what it runs.

    :param programs: texts by path, which has no slash at its beginning
    :param label: by which no two images are the same
    """
    layer = _tar(programs)
    config = json.loads(image.config)
    config['rootfs']['diff_ids'].append(digest(layer))
    config.setdefault('history', []).append({'created_by': 'tempest'})
    process = config.get('config') or {}
    config['config'] = {
        **process,
        'Entrypoint': None,
        'Cmd': [command],
        'Labels': {**(process.get('Labels') or {}), 'tempest': label},
    }
    return Image(json.dumps(config).encode(), (*image.layers, _gzipped(layer)))


def _tar(programs: Mapping[str, str]) -> bytes:
    """Pack scripts that anybody may run, the same bytes each time."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode='w') as tar:
        for name, text in programs.items():
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size = 0o755, len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return stream.getvalue()
