"""See that a container that was just started lives."""

from oslo_log import log as logging

from novadocker import exception
from novadocker.console import log as console_log
from novadocker.engine import engine as docker_engine

LOG = logging.getLogger(__name__)

# What fits into a fault's 255 characters behind our own sentence.
_FAULT_OUTPUT_CHARS = 110
_LOGGED_BYTES = 4096

# docker run(1), "Exit status": what an init or a shell reports.
_HINTS = {
    126: ' It cannot be executed.',
    127: ' It was not found.',
    137: ' It was killed, perhaps for memory.',
}


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


def _output(engine: docker_engine.Engine, container_id: str) -> bytes:
    try:
        return engine.logs(container_id, _LOGGED_BYTES)
    except (exception.EngineUnavailable, exception.EngineError) as err:
        # The exit code says more than that nothing else is known.
        LOG.warning('No output of container %s: %s', container_id, err)
        return b''
