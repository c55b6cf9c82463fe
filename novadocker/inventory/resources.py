"""Pure: the engine's word about its host becomes Nova's resources."""

from collections.abc import Mapping
import json
import re
from typing import Any

from nova.objects import numa as numa_objects

from novadocker import constants
from novadocker import model

_GIB = 1024**3
_MIB = 1024**2
_VERSION = re.compile(r'(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?')

_NOT_SET_ASIDE = model.HostCpus()

# What Docker calls a machine (GOARCH or uname) -> nova's Architecture.
_ARCHITECTURES = {
    'amd64': 'x86_64',
    'arm64': 'aarch64',
    'arm': 'armv7l',
    '386': 'i686',
}


def architecture(engine_word: str) -> str:
    """Translate Docker's word for a machine into Nova's."""
    return _ARCHITECTURES.get(engine_word, engine_word)


def version_number(version: str) -> int:
    """Turn ``20.10.24+dfsg1`` into the integer that Nova compares.

    What is not MAJOR.MINOR[.PATCH] at the front (distributions append their
    own marks) does not count; a version that cannot be read is 0.
    """
    match = _VERSION.match(version)
    if match is None:
        return 0
    major, minor, patch = (int(part or 0) for part in match.groups())
    return major * 10**6 + minor * 10**3 + patch


def available_resource(
    engine: model.EngineInfo,
    usage: model.HostUsage,
    *,
    node: str,
    uptime: str,
    numa_topology: numa_objects.NUMATopology | None = None,
) -> dict[str, Any]:
    """Make the dictionary that Nova's resource tracker reads.

    :param numa_topology: where Nova shall pick CPUs for single servers

    :source: nova.compute.resource_tracker, ``_verify_resources``
    """
    arch = architecture(engine.architecture)
    return {
        'vcpus': usage.vcpus,
        'memory_mb': usage.memory_mb,
        'local_gb': usage.disk_gb,
        'vcpus_used': usage.vcpus_used,
        'memory_mb_used': usage.memory_mb_used,
        'local_gb_used': usage.disk_gb_used,
        'disk_available_least': usage.disk_gb - usage.disk_gb_used,
        'hypervisor_type': 'docker',
        'hypervisor_version': version_number(engine.version),
        'hypervisor_hostname': node,
        'cpu_info': json.dumps({'arch': arch, 'topology': {}}),
        'supported_instances': [(arch, 'docker', 'exe')],
        # NOTE: JSON, as ComputeNode keeps it in its field.
        'numa_topology': numa_topology._to_json() if numa_topology else None,
        'stats': {'uptime': uptime},
    }


def inventories(
    usage: model.HostUsage,
    *,
    ratios: Mapping[str, float],
    reserved: Mapping[str, int],
) -> dict[str, dict[str, Any]]:
    """Make Placement's inventory of a host.

    A single server cannot have more than the host really has, whatever the
    ratio: the engine refuses more CPUs than there are. Placement refuses an
    inventory of 0, so what the host has nothing of is left out.

    :param ratios: allocation ratio by resource class
    :param reserved: what the host keeps for itself, by resource class
    """
    totals = {
        'VCPU': usage.vcpus,
        'PCPU': usage.pcpus,
        'MEMORY_MB': usage.memory_mb,
        'DISK_GB': usage.disk_gb,
    }
    return {
        name: {
            'total': total,
            'min_unit': 1,
            'max_unit': total,
            'step_size': 1,
            # A CPU that is dedicated is so once, and none is the host's.
            'allocation_ratio': ratios.get(name, 1.0),
            'reserved': reserved.get(name, 0),
        }
        for name, total in totals.items()
        if total > 0
    }


def traits(*, has_disk_quota: bool) -> dict[str, bool]:
    """Say which of our traits a host has: name -> present."""
    return {
        constants.TRAIT: True,
        constants.TRAIT_DISK_QUOTA: has_disk_quota,
    }


def usage(
    engine: model.EngineInfo,
    *,
    disk: tuple[int, int],
    memory_free_bytes: int,
    cpus: model.HostCpus = _NOT_SET_ASIDE,
) -> model.HostUsage:
    """Sum up a host.

    :param cpus: counted only where some of them are set aside
    :param disk: total and free bytes below the engine's root folder
    """
    total, free = disk
    return model.HostUsage(
        vcpus=len(cpus.shared) if cpus.dedicated else engine.cpus,
        pcpus=len(cpus.dedicated),
        # NOTE: Nova's resource tracker counts what its instances have
        # claimed by itself and starts from the reserved CPUs.
        vcpus_used=0,
        memory_mb=engine.memory_bytes // _MIB,
        memory_mb_used=(engine.memory_bytes - memory_free_bytes) // _MIB,
        disk_gb=total // _GIB,
        disk_gb_used=(total - free) // _GIB,
    )
