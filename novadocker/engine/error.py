"""The SDK's errors become ours, here and nowhere else.

They are told apart by type and HTTP status, never by their text.
"""

from collections.abc import Iterator
import contextlib
import http
import re

from docker import errors as docker_errors
import requests
import urllib3

from novadocker import exception

# What the engine says may quote a whole configuration.
_MAX_REASON_CHARS = 400
_MAX_SAID_CHARS = 4 * _MAX_REASON_CHARS

# What containerd and runc put before the cause of a start that failed.
_STEPS = re.compile(
    r'^((failed to create (shim )?task( for container)?|'
    r'OCI runtime create failed|runc create failed|'
    r'container_linux\.go:\d+: starting container process caused|'
    r'unable to start container process): )+'
)
# Where the host has the root file system of a container.
_HOST_FOLDER = re.compile(r'/\S*/[0-9a-f]{64}/(merged|rootfs)\b')


@contextlib.contextmanager
def translated(
    host: str,
    action: str,
    *,
    name: str = '',
    missing: type[exception.EngineError] = exception.ContainerNotFound,
) -> Iterator[None]:
    """Run calls of the engine and translate how they fail.

    :param host: address of the engine, for the sentence
    :param action: what was asked of it: "The engine failed to ACTION"
    :param name: the container or image that it is asked for
    :param missing: what it means that this is not there
    """
    try:
        yield
    except docker_errors.APIError as err:
        kind = _kind(err, missing)
        raise kind(action=action, name=name, reason=_said(err)) from err
    except docker_errors.InvalidVersion as err:
        raise exception.EngineUnsupported(host=host, reason=str(err)) from err
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
    ) as err:
        # The SDK reads what is streamed from urllib3 itself.
        if _is_timeout(err):
            raise exception.EngineTimeout(host=host, action=action) from err
        raise exception.EngineUnavailable(
            host=host, reason=_cause(err)
        ) from err


def _kind(
    err: docker_errors.APIError, missing: type[exception.EngineError]
) -> type[exception.EngineError]:
    kinds: dict[int, type[exception.EngineError]] = {
        http.HTTPStatus.NOT_FOUND: missing,
        http.HTTPStatus.CONFLICT: exception.ContainerConflict,
    }
    return kinds.get(err.status_code or 0, exception.EngineError)


def _said(err: docker_errors.APIError) -> str:
    """Take what the engine says to its end, which a fault has no room for.

    A tenant reads it: the names of the runtime's steps tell nothing, and
    folders of the host are none of a tenant's business.
    """
    # Cut before it is searched: it may quote a command of a megabyte.
    said = _STEPS.sub('', str(err.explanation or err)[:_MAX_SAID_CHARS])
    return _HOST_FOLDER.sub('', said)[:_MAX_REASON_CHARS]


def _is_timeout(err: Exception) -> bool:
    # NOTE: requests calls it a ConnectionError once the engine has sent the
    # head of its answer (requests.models.Response.iter_content).
    first = err.args[0] if err.args else None
    late = urllib3.exceptions.ReadTimeoutError
    return isinstance(err, (requests.Timeout, late)) or isinstance(first, late)


def _cause(err: BaseException) -> str:
    """Find the kernel's word in what three libraries have wrapped it in."""
    cause: BaseException | None = err
    while cause is not None:
        # A RequestException is an OSError, too, but without a word.
        if isinstance(cause, OSError) and cause.strerror:
            return str(cause.strerror)
        cause = cause.__cause__ or cause.__context__
    return type(err).__name__
