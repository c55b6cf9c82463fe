"""The depot: where a parcel lies while its server changes the host.

It is an image in Glance that nobody can boot and no list shows. It belongs to
the project of its server, whoever moves that. Hosts need no way to each other
for it, and no keys.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import os
import pathlib
from typing import Any
from typing import Protocol

from nova import exception as nova_exception
from oslo_log import log as logging

from novadocker import exception
from novadocker.image import upload

LOG = logging.getLogger(__name__)

# Of a server's name, which may be as long as that of an image.
_NAME_LENGTH = 240
# What no host boots: the driver asks for container_format=docker.
_FORMAT = {'container_format': 'bare', 'disk_format': 'raw'}


class Glance(upload.Glance, Protocol):
    """What of ``nova.image.glance.API`` is used."""

    def create(
        self, context: Any, image_info: Mapping[str, Any], /
    ) -> Mapping[str, Any]: ...


class Depot:
    """Keeps parcels.

    :param fetch: as of the image store
    """

    def __init__(
        self, glance: Glance, fetch: Callable[[Any, str, str, Any], object]
    ) -> None:
        self._glance = glance
        self._fetch = fetch

    def put(self, context: Any, instance: Any, chunks: Iterator[bytes]) -> str:
        """Upload a parcel and give its id; it blocks.

        Of one that fails nothing is left.

        :raises MoveRefused: Glance has not got all of it
        """
        made = self._make(context, instance)
        image_id = str(made['id'])
        with contextlib.ExitStack() as undo:
            undo.callback(self.discard, context, image_id)
            stream = upload.Stream(chunks)
            stored = self._glance.update(
                context,
                image_id,
                {**_FORMAT, 'properties': {}},
                data=stream,
                purge_props=False,
            )
            # NOTE: nova.image.glance tries again where Glance fails, with
            # the rest of what was read before.
            if not stream.is_read or stored['size'] != stream.sent_bytes:
                raise exception.MoveRefused(
                    reason=f'Glance has {stored["size"]} of the '
                    f'{stream.sent_bytes} bytes that travel with it.'
                )
            undo.pop_all()
        return image_id

    def _make(self, context: Any, instance: Any) -> Mapping[str, Any]:
        """Have an image that the owner of the server can fetch and delete."""
        info = {
            'name': f'{instance.display_name[:_NAME_LENGTH]}-moving',
            'is_public': False,
            # Of no list, unless it is asked for.
            'os_hidden': True,
            'properties': {
                'instance_uuid': instance.uuid,
                'image_type': 'migration',
            },
            **_FORMAT,
        }
        owner = instance.project_id
        if context.project_id == owner:
            return self._glance.create(context, info)
        try:
            return self._glance.create(context, {**info, 'owner': owner})
        except nova_exception.Forbidden as err:
            # Who may move the servers of others need not be an administrator
            # to Glance.
            LOG.warning(
                'What travels belongs to project %(project)s, and the owner '
                'of the server cannot finish a move that fails: %(error)s',
                {'project': context.project_id, 'error': err},
                instance=instance,
            )
            return self._glance.create(context, info)

    @contextlib.contextmanager
    def taken(
        self, context: Any, image_id: str, folder: pathlib.Path
    ) -> Iterator[pathlib.Path]:
        """Download a parcel into a folder; the file goes in the end."""
        path = folder / image_id
        with contextlib.ExitStack() as stack:
            stack.callback(path.unlink, missing_ok=True)
            self._fetch(context, image_id, os.fspath(path), None)
            yield path

    def discard(self, context: Any, image_id: str) -> None:
        """Remove a parcel; its absence is fine."""
        with contextlib.suppress(nova_exception.ImageNotFound):
            self._glance.delete(context, image_id)

    def has_image(self, context: Any, image_id: str) -> bool:
        """Tell whether whoever receives a server could get its image."""
        try:
            found = self._glance.get(context, image_id)
        except (
            nova_exception.ImageNotFound,
            nova_exception.ImageNotAuthorized,
        ):
            return False
        return bool(found['status'] == 'active')
