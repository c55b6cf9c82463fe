"""The upload filter: archives of containers go to the registry by themselves.

Not every client can name the store that an upload is for; openstackclient
cannot. As a filter in the pipeline of glance-api, behind the one that makes
the context, this names the store for images whose container_format is docker,
unless the client has named one or the image is made of a server. It changes
nothing else of a request.
"""

from collections.abc import Callable
from collections.abc import Iterable
import re
from typing import Any

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
# Tells whether an image that a context may see awaits somebody's archive.
Awaits = Callable[[Any, str], bool]

_UPLOAD = re.compile(r'/v2(?:\.\d+)?/images/(?P<image>[0-9A-Fa-f-]{36})/file')
_HEADER = 'HTTP_X_IMAGE_META_STORE'
_FORMAT = 'docker'
# What Nova says of the images that it makes.
_SERVER = 'instance_uuid'


class UploadFilter:
    """Middleware that names the store of an upload."""

    def __init__(
        self, application: Application, store: str, awaits_archive: Awaits
    ) -> None:
        self._application = application
        self._store = store
        self._awaits_archive = awaits_archive

    def __call__(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if self._is_ours(environ):
            environ = {**environ, _HEADER: self._store}
        return self._application(environ, start_response)

    def _is_ours(self, environ: Environ) -> bool:
        found = _UPLOAD.fullmatch(str(environ.get('PATH_INFO', '')))
        if (
            not found
            or environ.get('REQUEST_METHOD') != 'PUT'
            or environ.get(_HEADER)
        ):
            return False
        # Where webob keeps what Glance hangs on a request.
        context = environ.get('webob.adhoc_attrs', {}).get('context')
        if context is None:
            return False
        return self._awaits_archive(context, found['image'])


def factory(
    global_conf: dict[str, str], *, store: str, **local_conf: str
) -> Callable[[Application], Application]:
    """Make the filter for PasteDeploy.

    :param store: the backend's name in ``enabled_backends``
    """
    return lambda application: UploadFilter(
        application, store, _awaits_archive
    )


def _awaits_archive(context: Any, image_id: str) -> bool:
    """Look an image up as Glance itself does."""
    # Only glance-api, in which this runs, is sure to have them.
    from glance import db
    from glance.common import exception

    try:
        image = db.get_api().image_get(context, image_id)
    except (exception.NotFound, exception.Forbidden):
        # What is wrong is for Glance to say.
        return False
    is_archive: bool = image['container_format'] == _FORMAT
    return is_archive and not _is_of_server(image)


def _is_of_server(image: Any) -> bool:
    """Tell whether Nova made an image of a server.

    NOTE(nova-docker): a snapshot comes here where the registry could not take
    its layers, and nova-compute compares the bytes that it has sent with the
    size in Glance; the registry's store writes each archive anew.
    """
    return any(
        each['name'] == _SERVER and not each['deleted']
        for each in image['properties']
    )
