"""The WSGI application: a table of doors, and what surrounds them all.

A door is a callable that takes the request and the variables of its path. It
returns a response or raises a BridgeError.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import time
from typing import Any

from oslo_context import context
from oslo_log import log as logging
import oslo_middleware
from oslo_middleware import request_id
import routes
import webob
import webob.exc

from glance_bridge import exception
from glance_bridge import metrics
from glance_bridge import rooms as bridge_rooms
from glance_bridge.wsgi import errors

LOG = logging.getLogger(__name__)

Door = Callable[..., webob.Response]


@dataclasses.dataclass(frozen=True)
class Route:
    """A path and who answers there.

    :param name: what metrics call it
    :param path: in the words of Routes: ``{name}`` or ``{name:regex}``
    :param doors: by method, how to find the door; made on first use
    """

    name: str
    path: str
    doors: Mapping[str, Callable[[bridge_rooms.Rooms], Door]]


ROUTES = (
    Route('health', '/healthcheck', {'GET': lambda rooms: rooms.health}),
    Route(
        'token',
        '/token',
        {
            'GET': lambda rooms: rooms.token_door.get,
            'POST': lambda rooms: rooms.token_door.post,
        },
    ),
    Route(
        'pull',
        '/v1/images/{image_id}/pull',
        {'POST': lambda rooms: rooms.pull_door},
    ),
    Route(
        'push',
        '/v1/images/{image_id}/push',
        {'POST': lambda rooms: rooms.push_door},
    ),
    Route(
        'publish',
        '/v1/images/{image_id}/publish',
        {'POST': lambda rooms: rooms.publish_door},
    ),
    Route(
        'manifest',
        '/v2/{repository:.+}/manifests/{reference}',
        {
            'GET': lambda rooms: rooms.front.get,
            'PUT': lambda rooms: rooms.front.put,
            'DELETE': lambda rooms: rooms.front.delete,
        },
    ),
    Route('events', '/events', {'POST': lambda rooms: rooms.events}),
    Route('metrics', '/metrics', {'GET': lambda rooms: metrics.door}),
)
# What stands for the door of a request that found none.
_NOWHERE = 'none'
_DOOR = 'glance_bridge.door'
_METHODS = frozenset({'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'})


class Application:
    """Lead each request to its door and tell errors as a registry does."""

    def __init__(
        self, rooms: bridge_rooms.Rooms, table: Iterable[Route] = ROUTES
    ) -> None:
        self._rooms = rooms
        self._routes = {route.name: route for route in table}
        self._mapper = routes.Mapper(controller_scan=None, register=False)
        # A repository's name holds slashes, so nothing is guessed from them.
        self._mapper.minimization = False
        for route in self._routes.values():
            self._mapper.connect(route.name, route.path, route=route.name)
        self._mapper.create_regs()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = webob.Request(environ)
        begin = time.monotonic()
        answer = self._respond(request)
        # Until the answer is ready, not until the client has it.
        metrics.REQUESTS.labels(
            door=environ.get(_DOOR, _NOWHERE),
            method=request.method if request.method in _METHODS else 'other',
            status=answer.status_code,
        ).observe(time.monotonic() - begin)
        return answer(environ, start_response)

    def _respond(self, request: webob.Request) -> webob.Response:
        name = request.environ.get(request_id.ENV_REQUEST_ID)
        told = context.RequestContext(request_id=name, overwrite=True)
        try:
            return self._answer(request)
        except exception.BridgeError as err:
            return errors.response(err)
        except webob.exc.HTTPException as err:
            return err
        # The last boundary: whatever else happens is logged once, here.
        except Exception:
            LOG.exception('%s %s failed', request.method, request.path)
            return errors.unexpected(told.request_id)

    def _answer(self, request: webob.Request) -> webob.Response:
        _check_text(request)
        found: dict[str, Any] | None = self._mapper.match(request.path_info)
        if found is None:
            raise exception.NotFound(f'There is nothing at {request.path}.')
        name = request.environ[_DOOR] = found.pop('route')
        doors = self._routes[name].doors
        method = request.method
        if method == 'HEAD' and method not in doors:
            method = 'GET'
        if method not in doors:
            raise exception.Unsupported(
                f'{request.method} is not possible here.',
                headers=[('Allow', ', '.join(sorted(doors)))],
            )
        return doors[method](self._rooms)(request, **found)


def _check_text(request: webob.Request) -> None:
    """Check that an address can be read, as doors and the log take for given.

    :raises RequestInvalid: what is escaped in it is no text
    """
    try:
        _ = (request.path, request.GET)
    except UnicodeDecodeError as err:
        raise exception.RequestInvalid('The address is not UTF-8.') from err


def build(rooms: bridge_rooms.Rooms) -> Any:
    """Wrap the application in what all services of OpenStack have."""
    inner = oslo_middleware.RequestId(Application(rooms), rooms.conf)
    return oslo_middleware.HTTPProxyToWSGI(inner, rooms.conf)
