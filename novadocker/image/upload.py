"""Upload: what the engine has committed becomes an image of Glance.

It says what such an image is like: its layers are the server's, all else is
that of the image which the server was booted from. By way of the registry
only the layer travels that has changed; where there is none, or it cannot
help, Glance gets all of it as one stream.
"""

from collections.abc import Callable
from collections.abc import Generator
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import dataclasses
from typing import Any
from typing import Protocol

from nova import exception as nova_exception
from nova.compute import utils as compute_utils
from oslo_log import log as logging

from novadocker import constants
from novadocker import exception
from novadocker import model
from novadocker.image import process
from novadocker.image import push
from ocikit import config as oci_config
from ocikit import exception as oci_exception
from ocikit import limit
from ocikit import platform as oci_platform
from ocikit import rewriter

LOG = logging.getLogger(__name__)

# What the history of the image says of its last layer.
_NOTE = 'openstack server image create'
_GIB = 1024**3
# NOTE(nova-docker): glanceclient asks for 1 MiB at once and sends it as one
# HTTP chunk. A Glance in uWSGI answers that with 500, unless it was given a
# larger chunked-input-limit.
_PIECE_BYTES = 256 * 1024


class Glance(Protocol):
    """What of ``nova.image.glance.API`` is used."""

    def get(self, context: Any, image_id: str, /) -> Mapping[str, Any]: ...

    def update(
        self,
        context: Any,
        image_id: str,
        image_info: Mapping[str, Any],
        /,
        *,
        data: Any,
        purge_props: bool,
    ) -> Mapping[str, Any]: ...

    def delete(self, context: Any, image_id: str, /) -> None: ...


@dataclasses.dataclass(frozen=True)
class Source:
    """What a snapshot is made of.

    :ivar snapshot: as the engine has committed it
    :ivar parent: the image that the server was booted from
    :ivar parent_id: its id in Glance
    :ivar save: begins to read the snapshot as the engine saves it
    """

    snapshot: model.EngineImage
    parent: model.EngineImage
    parent_id: str
    save: Callable[[], Generator[bytes, None, None]]


class Uploader:
    """Gives images to Glance.

    :param architecture: of the host, as Nova writes it
    :param bridge: the way to the registry, ``None`` where there is none
    :param folder: with space for a layer on its way there
    """

    def __init__(
        self,
        glance: Glance,
        *,
        architecture: str,
        bridge: push.Bridge | None = None,
        folder: str = '',
    ) -> None:
        self._glance = glance
        self._architecture = architecture
        self._bridge = bridge
        self._folder = folder

    def upload(self, context: Any, image_id: str, source: Source) -> int:
        """Upload a snapshot into an image that Glance awaits; blocks.

        :returns: how many bytes travelled
        :raises SnapshotFailed: it is not what the engine said, or Glance has
            not got all of it
        """
        awaited = self._glance.get(context, image_id)
        metadata = self._metadata(awaited, source.snapshot)
        with compute_utils.disk_ops_semaphore:
            if self._bridge is not None:
                try:
                    return self._push(
                        self._bridge, context, image_id, source, metadata
                    )
                except exception.ImageNotBridged as err:
                    LOG.info('%s The snapshot goes to Glance.', err)
                except exception.ImageBridgeError as err:
                    LOG.warning(
                        'Snapshot %(image_id)s cannot be pushed, it goes to '
                        'Glance whole: %(error)s',
                        {'image_id': image_id, 'error': err},
                    )
            return self._stream(context, image_id, source, metadata)

    def _push(
        self,
        bridge: push.Bridge,
        context: Any,
        image_id: str,
        source: Source,
        metadata: dict[str, Any],
    ) -> int:
        """Send the layer that has changed to the registry."""
        snapshot = source.snapshot
        grant = bridge.ask_to_push(
            context,
            image_id,
            source.parent_id,
            oci_platform.Platform(snapshot.os, snapshot.architecture),
        )
        with (
            _translated(image_id),
            contextlib.closing(source.save()) as chunks,
        ):
            pushed = push.Pusher(bridge, self._folder).push(
                grant, snapshot, _change(source.parent), chunks
            )
        # Glance has to know what it is before it gets a location.
        self._glance.update(
            context, image_id, metadata, data=None, purge_props=False
        )
        bridge.publish(context, image_id, pushed.manifest_digest)
        return pushed.sent_bytes

    def _stream(
        self,
        context: Any,
        image_id: str,
        source: Source,
        metadata: dict[str, Any],
    ) -> int:
        """Send all of it to Glance."""
        with contextlib.closing(source.save()) as chunks:
            stream = Stream(_rewritten(image_id, source, chunks))
            stored = self._glance.update(
                context, image_id, metadata, data=stream, purge_props=False
            )
        # NOTE: nova.image.glance tries again where Glance fails, with the
        # rest of what was read before.
        if not stream.is_read or stored['size'] != stream.sent_bytes:
            raise exception.SnapshotFailed(
                image_id=image_id,
                reason=f'Glance has {stored["size"]} of its '
                f'{stream.sent_bytes} bytes.',
            )
        return stream.sent_bytes

    def discard(self, context: Any, image_id: str) -> None:
        """Remove an image that was not uploaded; its absence is fine."""
        with contextlib.suppress(nova_exception.ImageNotFound):
            self._glance.delete(context, image_id)

    def _metadata(
        self, awaited: Mapping[str, Any], snapshot: model.EngineImage
    ) -> dict[str, Any]:
        """Say what the image is; what Nova has said of it already stays."""
        # Layers lie upon each other: all of them may take more than the disk
        # of the server that they come from.
        min_disk_gb = -(-snapshot.size_bytes // _GIB)
        return {
            'container_format': constants.CONTAINER_FORMAT,
            'disk_format': 'raw',
            'min_disk': max(int(awaited.get('min_disk') or 0), min_disk_gb),
            'properties': {
                **constants.IMAGE_PROPERTIES,
                'hw_architecture': self._architecture,
                # What Nova's other drivers say of a snapshot.
                'image_location': 'snapshot',
                'image_state': 'available',
            },
        }


class Stream:
    """A file to read from, as Glance's client wants it."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b''
        self.sent_bytes = 0
        self.is_read = False

    def read(self, count: int) -> bytes:
        """Give the next piece, empty at the end.

        :param count: the most bytes that it may have; it may have fewer
        """
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                self.is_read = True
                return b''
            self._rest = chunk
        count = min(count, _PIECE_BYTES)
        piece, self._rest = self._rest[:count], self._rest[count:]
        self.sent_bytes += len(piece)
        return piece


def _rewritten(
    image_id: str, source: Source, chunks: Iterable[bytes]
) -> Iterator[bytes]:
    """Give the archive that is uploaded."""
    snapshot = source.snapshot
    limits = limit.Limits(unpacked_bytes=snapshot.size_bytes)
    saved = rewriter.Saved(snapshot.id, snapshot.diff_ids)
    change = _change(source.parent)
    with _translated(image_id):
        yield from rewriter.rewritten(chunks, saved, change, limits)


@contextlib.contextmanager
def _translated(image_id: str) -> Iterator[None]:
    """Turn the errors of ocikit into the driver's."""
    try:
        yield
    except oci_exception.OciError as err:
        raise exception.SnapshotFailed(
            image_id=image_id, reason=f'{err}.'
        ) from err


def _change(parent: model.EngineImage) -> Callable[[bytes], bytes]:
    """Make what puts the parent's process into a config."""
    inherited = process.inherited(parent)

    def change(content: bytes) -> bytes:
        return oci_config.with_process(content, inherited, _NOTE)

    return change
