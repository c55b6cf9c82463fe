"""Start a container, and see that it lives."""

import dataclasses

from oslo_log import log as logging

from novadocker import exception
from novadocker.console import log as console_log
from novadocker.engine import engine as docker_engine
from novadocker.ops import orphan
from novadocker.ops import tools as ops_tools

LOG = logging.getLogger(__name__)

# What fits into a fault's 255 characters behind our own sentence.
_FAULT_OUTPUT_CHARS = 110
_LOGGED_BYTES = 4096
# containerd clears up after a shim within a second on a host at rest.
_CLEARED_WITHIN_S = 10

# docker run(1), "Exit status": what an init or a shell reports.
_HINTS = {
    126: ' It cannot be executed.',
    127: ' It was not found.',
    137: ' It was killed, perhaps for memory.',
}


def start(tools: ops_tools.Tools, container_id: str) -> None:
    """Start a container that may have been started before.

    :raises EngineUnavailable: nothing of it runs that the engine has lost
    """
    was_lost = orphan.end(container_id)
    try:
        if was_lost:
            patience = dataclasses.replace(
                tools.patience, within_s=_CLEARED_WITHIN_S
            )
            patience.outlast(lambda: tools.engine.start(container_id))
        else:
            tools.engine.start(container_id)
    except exception.EngineUnavailable:
        _give_up(tools, container_id)
        raise


def check(
    engine: docker_engine.Engine, container_id: str, *, check_ms: int
) -> None:
    """See that a container that was just started lives.

    :param check_ms: how long its first process has to live; 0 does not look
    :raises ContainerExited: it ended within that time
    """
    if check_ms == 0:
        return
    exit_code = engine.wait_exit(container_id, check_ms / 1000)
    if exit_code is None:
        return
    output = _output(engine, container_id)
    LOG.warning(
        'Container %(id)s ended with exit code %(code)s within %(ms)s ms of '
        'its start. It wrote: %(output)s',
        {
            'id': container_id,
            'code': exit_code,
            'ms': check_ms,
            'output': console_log.text(output),
        },
    )
    raise exception.ContainerExited(
        exit_code=exit_code,
        hint=_HINTS.get(exit_code, ''),
        output=console_log.last_lines(output, _FAULT_OUTPUT_CHARS),
    )


def _give_up(tools: ops_tools.Tools, container_id: str) -> None:
    """Leave a container as the engine will show it: running or not."""
    try:
        found = tools.patience.outlast(
            lambda: tools.engine.inspect(container_id)
        )
        if not found.state.is_live:
            orphan.end(container_id)
    except (exception.EngineUnavailable, exception.EngineError) as err:
        # The story fails with what led here; the next start looks again.
        LOG.warning('Container %s may be running: %s', container_id, err)


def _output(engine: docker_engine.Engine, container_id: str) -> bytes:
    try:
        return engine.logs(container_id, _LOGGED_BYTES)
    except (exception.EngineUnavailable, exception.EngineError) as err:
        # The exit code says more than that nothing else is known.
        LOG.warning('No output of container %s: %s', container_id, err)
        return b''
