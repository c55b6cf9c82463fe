"""The story of a start of nova-compute or of the engine: is all as it was?

Nothing is removed here. What is on the host and not in Nova's database is an
operator's to judge, and what an interrupted boot or delete has left, Nova
deletes when the user deletes the server.
"""

from collections.abc import Iterable
import contextlib

from oslo_log import log as logging

from novadocker import constants
from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.ops import locks
from novadocker.ops import orphan
from novadocker.ops import tools as ops_tools
import novadocker.privsep.shim

LOG = logging.getLogger(__name__)

# A line of a log that can still be read.
_MAX_NAMED = 10


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
    _check_walls(info, host)
    if not info.live_restore:
        LOG.warning(
            'The engine at %s runs without "live-restore": a restart of '
            'dockerd will stop every server. Set it in daemon.json.',
            host,
        )


def _check_walls(info: model.EngineInfo, host: str) -> None:
    """See that the engine holds servers where the documents say it does."""
    missing = [word for word in info.missing_limits if word != 'swap']
    if missing:
        _refuse(
            host,
            f'its kernel cannot limit {", ".join(missing)}: enable the '
            'cgroup controllers cpu, memory and pids on the host',
        )
    if 'swap' in info.missing_limits:
        LOG.warning(
            'The engine at %s cannot limit swap: a server may use that of '
            'the host beyond its flavor. Turn swap off, or boot the host '
            'with swapaccount=1.',
            host,
        )
    filters = [
        option
        for option in info.security_options
        if option.startswith('name=seccomp') and 'unconfined' not in option
    ]
    if not filters:
        LOG.warning(
            'The engine at %s filters no system calls: servers may use all '
            'that the kernel has. Take "seccomp-profile" out of daemon.json, '
            'or use a kernel with seccomp.',
            host,
        )


def reconcile(tools: ops_tools.Tools) -> None:
    """Compare engine, namespaces and map, and tell what does not fit."""
    known = tools.engine.containers()
    novas = [each for each in known if identity.is_novas(each)]
    ours = _ours(tools, novas)
    _tell(
        'Servers made under another [DEFAULT] host or [docker] runtime are '
        'left alone; set the option back, unless another service has them',
        {each.name for each in novas} - {each.name for each in ours},
    )
    with_netns = tools.plumber.instances()
    _tell(
        'Servers run without the namespace of their ports; reboot them hard',
        _instances(each for each in ours if each.state.is_live) - with_netns,
    )
    _tell(
        'Namespaces of servers without a container; deleting these servers '
        'removes them',
        with_netns - _instances(novas),
    )
    _tell(
        'Map entries of containers that the engine does not have; they are '
        'harmless and end with their servers or a reboot of the host',
        tools.plumber.mapped_containers() - {each.id for each in known},
    )


def end_lost(tools: ops_tools.Tools) -> None:
    """End what still runs of servers that the engine shows as stopped.

    To Nova they are shut down, and so they have to be. An engine that is back
    may have lost what it was starting when it ended.
    """
    kept = novadocker.privsep.shim.container_ids()
    for each in _ours(tools, tools.engine.containers()):
        if each.state.is_live or each.id not in kept:
            continue
        # A story that has the lock may be starting it, or will end it itself.
        with (
            locks.instance_lock(each.labels[constants.LABEL_UUID]),
            contextlib.suppress(exception.ContainerNotFound),
        ):
            if not tools.engine.inspect(each.id).state.is_live:
                orphan.end(each.id)


def _ours(
    tools: ops_tools.Tools, containers: Iterable[model.Container]
) -> list[model.Container]:
    return [
        each
        for each in containers
        if identity.is_ours(each, tools.host.name, *tools.host.runtimes)
    ]


def _instances(containers: Iterable[model.Container]) -> set[str]:
    return {each.labels[constants.LABEL_UUID] for each in containers}


def _tell(what: str, found: set[str]) -> None:
    if not found:
        return
    LOG.warning(
        '%(what)s (%(count)s): %(some)s',
        {
            'what': what,
            'count': len(found),
            'some': ', '.join(sorted(found)[:_MAX_NAMED]),
        },
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
