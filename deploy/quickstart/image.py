"""Make a docker-archive of Debian's memcached.

The program of the installed package, the libraries that the linker loads
with it, and a user: no registry, no network, and the same bytes each time.
"""

from collections.abc import Iterable
from collections.abc import Mapping
import hashlib
import io
import json
import pathlib
import platform
import re
import tarfile

from deploy.quickstart import constants
from deploy.quickstart import process

_PROGRAM = '/usr/bin/memcached'
_EPOCH = '1970-01-01T00:00:00Z'
_ETC = {
    'etc/passwd': (
        'root:x:0:0:root:/:/usr/sbin/nologin\n'
        'memcache:x:11211:11211:memcached:/:/usr/sbin/nologin\n'
    ),
    'etc/group': 'root:x:0:\nmemcache:x:11211:\n',
    'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
}
_ARCHITECTURES = {'x86_64': 'amd64', 'aarch64': 'arm64'}
_LIBRARY = re.compile(r'(/\S+) \(0x[0-9a-f]+\)')


def build(target: pathlib.Path) -> None:
    """Write the archive."""
    libraries = linked(process.run(['ldd', _PROGRAM]))
    files = {
        path.lstrip('/'): pathlib.Path(path).resolve().read_bytes()
        for path in [_PROGRAM, *libraries]
    }
    layer = _tar(
        {**files, **{name: text.encode() for name, text in _ETC.items()}},
        executables=files,
    )
    partial = target.with_suffix('.new')
    partial.write_bytes(archive(layer))
    partial.rename(target)


def linked(ldd: str) -> list[str]:
    """Read the paths of the libraries from ldd's answer."""
    return _LIBRARY.findall(ldd)


def archive(layer: bytes) -> bytes:
    """Wrap one layer as ``docker save`` would."""
    machine = platform.machine()
    config = json.dumps(
        {
            'architecture': _ARCHITECTURES.get(machine, machine),
            'os': 'linux',
            'created': _EPOCH,
            'config': {
                'Cmd': ['memcached', '--memory-limit=32', '-v'],
                'Env': ['PATH=/usr/bin'],
                'ExposedPorts': {f'{constants.MEMCACHED_PORT}/tcp': {}},
                'User': 'memcache',
            },
            'rootfs': {
                'type': 'layers',
                'diff_ids': [f'sha256:{hashlib.sha256(layer).hexdigest()}'],
            },
            'history': [{'created': _EPOCH, 'created_by': 'quickstart'}],
        }
    ).encode()
    name = f'{hashlib.sha256(config).hexdigest()}.json'
    manifest = [
        {
            'Config': name,
            'RepoTags': [constants.IMAGE],
            'Layers': ['layer.tar'],
        }
    ]
    return _tar(
        {
            'layer.tar': layer,
            name: config,
            'manifest.json': json.dumps(manifest).encode(),
        }
    )


def _tar(files: Mapping[str, bytes], executables: Iterable[str] = ()) -> bytes:
    programs = set(executables)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w') as tar:
        for folder in _folders(files):
            entry = tarfile.TarInfo(folder)
            entry.type = tarfile.DIRTYPE
            entry.mode = 0o755
            tar.addfile(entry)
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o755 if name in programs else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _folders(names: Iterable[str]) -> list[str]:
    return sorted(
        {
            str(parent)
            for name in names
            for parent in pathlib.PurePosixPath(name).parents
            if str(parent) != '.'
        }
    )
