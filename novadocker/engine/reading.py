"""Pure: what the engine answers becomes values of model.py.

:source: Docker Engine API 1.41, SystemInfo, ContainerInspect, ImageInspect
"""

from collections.abc import Mapping
import datetime
import fnmatch
import json
from typing import Any

from novadocker import model

Json = Mapping[str, Any]

# What the engine says of the image store of containerd.
_SNAPSHOTTER = ('driver-type', 'io.containerd.snapshotter.v1')

# Limits that the engine says its kernel has, and our words for them.
_LIMITS = {
    'MemoryLimit': 'memory',
    'SwapLimit': 'swap',
    'CpuCfsQuota': 'CPU time',
    'PidsLimit': 'processes',
}


def engine_info(info: Json, api_version: tuple[int, int]) -> model.EngineInfo:
    """Read ``GET /info``."""
    status = [tuple(each) for each in info.get('DriverStatus') or []]
    return model.EngineInfo(
        version=info['ServerVersion'],
        api_version=api_version,
        architecture=info['Architecture'],
        cpus=info['NCPU'],
        memory_bytes=info['MemTotal'],
        root_dir=info['DockerRootDir'],
        storage_driver=info['Driver'],
        runtimes={
            # A runtime that is a shim of containerd has no program.
            name: runtime.get('path', '')
            for name, runtime in info['Runtimes'].items()
        },
        missing_limits=tuple(
            word for key, word in _LIMITS.items() if info.get(key) is False
        ),
        holds_to_cpus=info.get('CPUSet') is not False,
        cgroup_version=int(info.get('CgroupVersion') or 1),
        security_options=tuple(info.get('SecurityOptions') or ()),
        live_restore=info.get('LiveRestoreEnabled', False),
        containerd_image_store=_SNAPSHOTTER in status,
        time_ns=_time_ns(info['SystemTime']),
    )


def container(found: Json) -> model.Container:
    """Read ``GET /containers/{id}/json``."""
    state, config = found['State'], found['Config']
    return model.Container(
        id=found['Id'],
        name=found['Name'].removeprefix('/'),
        state=model.ContainerState(state['Status']),
        labels=dict(config['Labels'] or {}),
        # The engine leaves it out where nobody has chosen one.
        runtime=found['HostConfig'].get('Runtime', ''),
        image_id=found['Image'],
        pid=state['Pid'],
        exit_code=state['ExitCode'],
        error=state['Error'],
        oom_killed=state['OOMKilled'],
        has_tty=config['Tty'],
        started_s=_started_s(state['StartedAt']),
        user=config.get('User') or '',
        cpuset_cpus=found['HostConfig'].get('CpusetCpus') or '',
    )


def statistics(found: Json) -> model.Statistics:
    """Read ``GET /containers/{id}/stats``; of one that is stopped it is 0.

    :source: moby, daemon/stats_unix.go; docker(1), "stats", for memory
    """
    memory, disks = found['memory_stats'], found['blkio_stats']
    pages = memory.get('stats') or {}
    # total_: with cgroup version 1, where the other leaves out children.
    droppable = pages.get('total_inactive_file', pages.get('inactive_file'))
    return model.Statistics(
        cpu_time_ns=found['cpu_stats']['cpu_usage']['total_usage'],
        memory_bytes=max(0, memory.get('usage', 0) - (droppable or 0)),
        memory_max_bytes=memory.get('limit', 0),
        disk=model.DiskCounters(
            read_bytes=_counted(disks, 'io_service_bytes', 'read'),
            read_requests=_counted(disks, 'io_serviced', 'read'),
            write_bytes=_counted(disks, 'io_service_bytes', 'write'),
            write_requests=_counted(disks, 'io_serviced', 'write'),
        ),
    )


def _counted(disks: Json, counter: str, deed: str) -> int | None:
    # Of version 2 the engine hands on bytes alone, and its words are lower.
    entries = disks.get(f'{counter}_recursive') or []
    values = [each['value'] for each in entries if each['op'].lower() == deed]
    return sum(values) if values else None


def listed_container(found: Json, runtime: str) -> model.Container:
    """Read one of ``GET /containers/json``.

    :param runtime: what the list does not say
    """
    # One that is just being removed may have lost its name.
    names = found['Names'] or ['']
    return model.Container(
        id=found['Id'],
        name=names[0].removeprefix('/'),
        state=model.ContainerState(found['State']),
        labels=dict(found['Labels'] or {}),
        runtime=runtime,
        image_id=found['ImageID'],
    )


def image(found: Json) -> model.EngineImage:
    """Read ``GET /images/{name}/json``."""
    config = found.get('Config') or {}
    return model.EngineImage(
        id=found['Id'],
        tags=tuple(found.get('RepoTags') or ()),
        size_bytes=found['Size'],
        architecture=found['Architecture'],
        os=found['Os'],
        command=tuple(config.get('Cmd') or ()),
        entrypoint=tuple(config.get('Entrypoint') or ()),
        labels=dict(config.get('Labels') or {}),
        diff_ids=tuple((found.get('RootFS') or {}).get('Layers') or ()),
        config=json.dumps(config).encode(),
    )


def event(found: Json) -> model.EngineEvent:
    """Read one of ``GET /events``."""
    return model.EngineEvent(
        action=found['Action'],
        container_id=found['Actor']['ID'],
        attributes=dict(found['Actor']['Attributes']),
        time_ns=found['timeNano'],
    )


def _started_s(text: str) -> float:
    # Of a container that never was started it is the year 1.
    return max(0.0, datetime.datetime.fromisoformat(text).timestamp())


def _time_ns(text: str) -> int:
    # Python keeps microseconds of it.
    seconds = datetime.datetime.fromisoformat(text).timestamp()
    return int(seconds * 10**6) * 1000


def is_in(tag: str, repository: str) -> bool:
    """Tell whether a tag is of a repository.

    :param repository: its whole name; ``*`` stands for any one part
    """
    found = tag.rpartition(':')[0].split('/')
    wanted = repository.split('/')
    return len(found) == len(wanted) and all(
        fnmatch.fnmatchcase(*each) for each in zip(found, wanted, strict=True)
    )
