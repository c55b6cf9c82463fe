"""Layers of images, where the engine keeps them.

Of each layer the engine has noted how its tar was made: all headers, and
between which of them the content of which file stood. Written again from
that it is the same tar to the byte, and whoever receives it can hold it
against the digest that the engine knows it by.

What is in a layer was written by a tenant. No link in it is followed and
nothing but plain files is read.

:source: moby, layer/filestore.go, and layer/layer_store.go (assembleTarTo);
    vbatts/tar-split, tar/storage/entry.go
"""

import base64
from collections.abc import Iterator
import contextlib
import errno
import gzip
import io
import json
import os
import socket
import stat
from typing import BinaryIO
import zlib

from novadocker import exception
from novadocker.privsep import argument
from novadocker.privsep import entrypoint
from novadocker.privsep import syscall

# Below the engine's folder; the second has the files of layers as they are.
_NOTES = 'image/overlay2/layerdb/sha256'
_FILES = 'overlay2'
_SEGMENT, _FILE = 2, 1
_PIECE_BYTES = 1024**2
# A header with all that Go's archive/tar reads of extensions, in base64.
_MAX_NOTE_BYTES = 16 * 1024**2
_MAX_CACHE_ID_BYTES = 128
# How long the caller may do something else.
_TIMEOUT_S = 300


@entrypoint.read
def send(engine_dir: str, chain_id: str, socket_name: str) -> None:
    """Write the tar of a layer to a socket that the caller listens on.

    It may end too early, or be another one than that of the layer: what
    comes is worth nothing before its digest was compared.

    :param engine_dir: of an engine with the storage driver overlay2
    :param chain_id: names the layer and all that are below it
    :raises LayerUnreadable: the engine keeps it otherwise, or not at all
    """
    folder = argument.engine_dir(engine_dir)
    layer = argument.chain_id(chain_id)
    name = argument.socket_name(layer, socket_name)
    with (
        _failures(layer),
        _opened_engine(folder) as engine,
        _opened_files(engine, layer) as files,
        _notes(engine, layer) as notes,
        _connected(name) as target,
    ):
        for note in notes:
            _write(note, files, target)


@contextlib.contextmanager
def _opened_engine(path: str) -> Iterator[int]:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    with _closing(os.open(os.path.realpath(path), flags)) as folder:
        found = os.fstat(folder)
        # Below what is so, nobody but its owner has made anything.
        writable = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if found.st_uid != os.getuid() or writable:
            raise OSError(errno.EPERM, f"{path} is not root's alone")
        yield folder


@contextlib.contextmanager
def _opened_files(engine: int, layer: str) -> Iterator[int]:
    """Open the folder with the files of a layer."""
    with open(_beneath(engine, f'{_NOTES}/{layer}/cache-id'), 'rb') as file:
        text = file.read(_MAX_CACHE_ID_BYTES).decode('ascii', 'replace')
    cache_id = argument.cache_id(layer, text.strip())
    path = f'{_FILES}/{cache_id}/diff'
    with _closing(_beneath(engine, path)) as files:
        yield files


@contextlib.contextmanager
def _notes(engine: int, layer: str) -> Iterator[Iterator[bytes]]:
    """Read what the engine has noted of a layer, a line for each part."""
    path = f'{_NOTES}/{layer}/tar-split.json.gz'
    with (
        open(_beneath(engine, path), 'rb') as packed,
        gzip.GzipFile(fileobj=packed) as lines,
    ):
        # A line that is cut is no JSON.
        yield iter(lambda: lines.readline(_MAX_NOTE_BYTES), b'')


@contextlib.contextmanager
def _connected(name: str) -> Iterator[BinaryIO]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_TIMEOUT_S)
        connection.connect(f'\0{name}')
        raw = connection.makefile('wb', buffering=0)
        with io.BufferedWriter(raw, _PIECE_BYTES) as target:
            yield target


def _write(line: bytes, files: int, target: BinaryIO) -> None:
    """Write a part of a tar: what is noted whole, or the content of a file."""
    note = json.loads(line)
    if note['type'] == _SEGMENT:
        target.write(base64.b64decode(note['payload'] or ''))
    elif note['type'] != _FILE:
        raise ValueError(f'a part of it is of the kind {note["type"]}')
    elif size_bytes := note.get('size', 0):
        # What is no UTF-8 has another field.
        raw = note.get('name_raw')
        name = base64.b64decode(raw) if raw else note['name'].encode()
        _copy(files, name, size_bytes, target)


def _copy(files: int, name: bytes, size_bytes: int, target: BinaryIO) -> None:
    fd = syscall.open_beneath(files, name.lstrip(b'/'))
    with open(fd, 'rb', buffering=0) as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise ValueError('what was a file is none')
        while size_bytes > 0:
            piece = file.read(min(size_bytes, _PIECE_BYTES))
            if not piece:
                raise ValueError('a file of it is shorter than it was')
            target.write(piece)
            size_bytes -= len(piece)


def _beneath(folder: int, path: str) -> int:
    return syscall.open_beneath(folder, path.encode())


@contextlib.contextmanager
def _closing(fd: int) -> Iterator[int]:
    try:
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def _failures(layer: str) -> Iterator[None]:
    try:
        yield
    except (
        OSError,
        *(EOFError, zlib.error),
        *(ValueError, KeyError, TypeError, AttributeError),
    ) as err:
        reason = getattr(err, 'strerror', None) or str(err)
        raise exception.LayerUnreadable(layer=layer, reason=reason) from err
