"""The story of a start of nova-compute: is the engine one we can use?

Nothing is removed here. What is on the host and not in Nova's database is an
operator's to judge.
"""

from oslo_log import log as logging

from novadocker import constants
from novadocker import exception
from novadocker import model

LOG = logging.getLogger(__name__)


def check_engine(
    info: model.EngineInfo, *, host: str, runtime: str, map_dir: str
) -> None:
    """See that the engine can run servers.

    :raises EngineUnsupported: it cannot; the sentence names the cure
    """
    if info.api_version < constants.MIN_API_VERSION:
        _refuse(
            host,
            'it is too old: Docker 20.10 (API 1.41) is the oldest supported',
        )
    if runtime not in info.runtimes:
        _refuse(host, _missing_runtime(runtime, map_dir))
    if 'name=rootless' in info.security_options:
        _refuse(
            host,
            'it is rootless and cannot join the network namespaces of '
            'servers: use an engine that runs as root',
        )
    if not info.live_restore:
        LOG.warning(
            'The engine at %s runs without "live-restore": a restart of '
            'dockerd will stop every server. Set it in daemon.json.',
            host,
        )


def _refuse(host: str, reason: str) -> None:
    raise exception.EngineUnsupported(host=host, reason=reason)


def _missing_runtime(runtime: str, map_dir: str) -> str:
    return (
        f'it has no runtime "{runtime}". Run "novadocker-runtime install", '
        f'add to daemon.json "runtimes": {{"{runtime}": {{"path": '
        '"/usr/libexec/nova-docker/nova-runtime", "runtimeArgs": '
        f'["--nova-map-dir={map_dir}"]}}}} and restart dockerd'
    )
