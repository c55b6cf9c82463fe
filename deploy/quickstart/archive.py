"""Make docker-archives of programs that are installed on this machine.

The programs, the libraries that the linker loads with them, and a few files:
no registry, no network, and the same bytes each time.
"""

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import hashlib
import io
import json
import pathlib
import platform
import re
import tarfile

from deploy.quickstart import process

_EPOCH = '1970-01-01T00:00:00Z'
_ARCHITECTURES = {'x86_64': 'amd64', 'aarch64': 'arm64'}
_LIBRARY = re.compile(r'(/\S+) \(0x[0-9a-f]+\)')


@dataclasses.dataclass(frozen=True)
class Root:
    """A root file system; no name begins with a slash.

    :ivar programs: what anybody may run
    :ivar files: what anybody may read
    :ivar links: symbolic links, and where each leads
    :ivar folders: folders that are empty or whose mode is not 0755, and
        the mode
    """

    programs: Mapping[str, bytes]
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    links: Mapping[str, str] = dataclasses.field(default_factory=dict)
    folders: Mapping[str, int] = dataclasses.field(default_factory=dict)


def programs(*paths: str) -> dict[str, bytes]:
    """Read programs and what the linker loads with them."""
    found = set(paths)
    for path in paths:
        found.update(linked(process.run(['ldd', path])))
    return {
        path.lstrip('/'): pathlib.Path(path).resolve().read_bytes()
        for path in sorted(found)
    }


def linked(ldd: str) -> list[str]:
    """Read the paths of the libraries from ldd's answer."""
    return _LIBRARY.findall(ldd)


def layer(root: Root) -> bytes:
    """Pack a root file system; everything in it is root's."""
    files = {name: text.encode() for name, text in root.files.items()}
    content = {**files, **root.programs}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w') as tar:
        parents = _folders([*content, *root.links, *root.folders])
        for folder in sorted({*parents, *root.folders}):
            mode = root.folders.get(folder, 0o755)
            tar.addfile(_entry(folder, tarfile.DIRTYPE, mode))
        for name, data in sorted(content.items()):
            mode = 0o755 if name in root.programs else 0o644
            entry = _entry(name, tarfile.REGTYPE, mode)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        for name, target in sorted(root.links.items()):
            entry = _entry(name, tarfile.SYMTYPE, 0o777)
            entry.linkname = target
            tar.addfile(entry)
    return buffer.getvalue()


def write(
    target: pathlib.Path,
    reference: str,
    root: Root,
    config: Mapping[str, object],
) -> None:
    """Write the archive of an image with one layer.

    :param config: the part of its config that ``docker run`` reads: Cmd, Env
    """
    partial = target.with_suffix('.new')
    partial.write_bytes(wrap(reference, layer(root), config))
    partial.rename(target)


def wrap(reference: str, layer: bytes, config: Mapping[str, object]) -> bytes:
    """Wrap one layer as ``docker save`` would."""
    machine = platform.machine()
    whole = json.dumps(
        {
            'architecture': _ARCHITECTURES.get(machine, machine),
            'os': 'linux',
            'created': _EPOCH,
            'config': config,
            'rootfs': {
                'type': 'layers',
                'diff_ids': [f'sha256:{hashlib.sha256(layer).hexdigest()}'],
            },
            'history': [{'created': _EPOCH, 'created_by': 'quickstart'}],
        }
    ).encode()
    name = f'{hashlib.sha256(whole).hexdigest()}.json'
    manifest = [
        {'Config': name, 'RepoTags': [reference], 'Layers': ['layer.tar']}
    ]
    files = {
        'layer.tar': layer,
        name: whole,
        'manifest.json': json.dumps(manifest).encode(),
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w') as tar:
        for each, data in sorted(files.items()):
            entry = _entry(each, tarfile.REGTYPE, 0o644)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = kind, mode
    return entry


def _folders(names: Iterable[str]) -> list[str]:
    return sorted(
        {
            str(parent)
            for name in names
            for parent in pathlib.PurePosixPath(name).parents
            if str(parent) != '.'
        }
    )
