"""Layers: single ones of an image that the engine has.

The engine gives only whole images, and writes all of one to its disk first.
So a layer is read where the engine keeps it, by the room with power, and held
against its digest; where that cannot be done, the engine saves the image and
what is not wanted of it is dropped.
"""

from collections.abc import Collection
from collections.abc import Generator
from collections.abc import Iterator
from concurrent import futures
import contextlib
import hashlib
import os
import secrets
import socket
import struct
from typing import BinaryIO
from typing import Protocol

from oslo_log import log as logging
from oslo_privsep import daemon as privsep_daemon

from novadocker import constants
from novadocker import exception
from novadocker import model
import novadocker.privsep.layer
from ocikit import digest as oci_digest
from ocikit import limit
from ocikit import picker
from ocikit import rewriter
from ocikit import section

LOG = logging.getLogger(__name__)

# The storage driver whose layers can be read.
_DRIVER = 'overlay2'
# struct ucred of unix(7): process, user and group
_CREDENTIALS = struct.Struct('iII')


class Engine(Protocol):
    """What of the engine's room this room uses."""

    def save(self, reference: str, /) -> Generator[bytes, None, None]: ...


class Layers:
    """Gets at layers of images of one engine.

    :param info: what the engine says of where it keeps them
    """

    def __init__(self, engine: Engine, info: model.EngineInfo) -> None:
        self._engine = engine
        self._is_readable = (
            info.storage_driver == _DRIVER and not info.containerd_image_store
        )
        self._engine_dir = info.root_dir

    def pick(
        self,
        reference: str,
        image: model.EngineImage,
        wanted: Collection[str],
        file: BinaryIO,
        limits: limit.Limits,
    ) -> dict[str, section.Section]:
        """Write layers of an image into a file; give them by diff ID.

        :param reference: names the image in the engine
        :param wanted: diff IDs of the image
        :param file: empty
        :raises OciError: the engine's archive is not what it is said to be
        """
        if self._is_readable:
            try:
                return self._read(image.diff_ids, wanted, file)
            except exception.LayerUnreadable as err:
                LOG.warning('%s The engine has to save the whole image.', err)
            file.seek(0)
            file.truncate()
        saved = rewriter.Saved(image.id, image.diff_ids)
        with contextlib.closing(self._engine.save(reference)) as chunks:
            return picker.pick(chunks, saved, wanted, file, limits).layers

    def _read(
        self,
        diff_ids: tuple[str, ...],
        wanted: Collection[str],
        file: BinaryIO,
    ) -> dict[str, section.Section]:
        chain_ids = oci_digest.chain_ids(diff_ids)
        chains = dict(zip(diff_ids, chain_ids, strict=True))
        found = {
            diff_id: self._copy(diff_id, chains[diff_id], file)
            for diff_id in wanted
        }
        file.flush()
        return found

    def _copy(
        self, diff_id: str, chain_id: str, file: BinaryIO
    ) -> section.Section:
        """Append a layer to a file."""
        offset = file.tell()
        found = hashlib.sha256()
        with _sent(self._engine_dir, oci_digest.encoded(chain_id)) as pieces:
            for piece in pieces:
                found.update(piece)
                file.write(piece)
        if oci_digest.from_hex(found.hexdigest()) != diff_id:
            raise exception.LayerUnreadable(
                layer=diff_id, reason='its files are not what they were'
            )
        return section.Section(file, offset, file.tell() - offset)


@contextlib.contextmanager
def _sent(engine_dir: str, chain_id: str) -> Iterator[Iterator[bytes]]:
    """Have the room with power send a layer; it may be anything else.

    It sends over a socket, since all that an entry point returns is in the
    log of its daemon where that is verbose.

    :raises LayerUnreadable: at the end, where not all has come
    """
    name = f'{constants.LAYER_SOCKET}{secrets.token_hex(16)}'
    with (
        socket.socket(socket.AF_UNIX) as server,
        futures.ThreadPoolExecutor(max_workers=1) as pool,
    ):
        server.bind(f'\0{name}')
        server.listen()
        sending = pool.submit(
            novadocker.privsep.layer.send, engine_dir, chain_id, name
        )
        # Nobody may have connected, and then nobody will.
        sending.add_done_callback(lambda _: server.shutdown(socket.SHUT_RDWR))
        with contextlib.ExitStack() as opened:
            connection = _accepted(server)
            if connection is not None:
                opened.enter_context(connection)
            yield _received(connection)
        _require_sent(sending, chain_id)


def _accepted(server: socket.socket) -> socket.socket | None:
    """Wait for the room with power, ``None`` if it does not come."""
    # Everybody on this host can see the name of the socket.
    trusted = {0, os.getuid()}
    # :source: shutdown(2) of a socket that listens makes accept(2) fail
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            if _user(connection) in trusted:
                return connection
            connection.close()
    return None


def _user(connection: socket.socket) -> int:
    found = connection.getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size
    )
    _, user, _ = _CREDENTIALS.unpack(found)
    return int(user)


def _received(connection: socket.socket | None) -> Iterator[bytes]:
    if connection is not None:
        while piece := connection.recv(limit.CHUNK_BYTES):
            yield piece


def _require_sent(sending: 'futures.Future[None]', chain_id: str) -> None:
    try:
        sending.result()
    except (
        # Where user nova may not start the daemon, or it has ended.
        privsep_daemon.FailedToDropPrivileges,
        OSError,
    ) as err:
        raise exception.LayerUnreadable(
            layer=chain_id, reason=str(err)
        ) from err
