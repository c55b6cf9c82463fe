"""Pure: a flavor becomes hard limits."""

from collections.abc import Mapping
import dataclasses
from typing import Any

from novadocker import exception
from novadocker import extra_specs
from novadocker import model
from novadocker import option

_MIB = 1024 * 1024
_NANO = 10**9

# A server that forks without end must not take the host's process table; a
# flavor raises it with docker:pids_limit.
DEFAULT_PIDS_LIMIT = 4096

# The engine itself writes files into a container before it starts.
_LEAST_DISK_BYTES = 16 * _MIB

# The period that the kernel and Docker use where none is given.
_CFS_PERIOD_US = 100_000


def resources(
    flavor: model.Flavor,
    *,
    has_disk_quota: bool,
    disk: model.HostDisk | None = None,
) -> model.Resources:
    """Translate a flavor into limits that the kernel enforces.

    :param has_disk_quota: the engine's storage can limit a writable layer;
        where it cannot, ``root_gb`` is only counted by Placement
    :param disk: whose rates can be limited, if any
    :raises InvalidContainerOption: an extra spec that cannot be read, or a
        limit that this host cannot keep
    :source: Docker Engine API, HostConfig.NanoCpus, Memory, MemorySwap
    """
    options = extra_specs.read(flavor.extra_specs)
    memory_bytes = flavor.memory_mb * _MIB
    quota = extra_specs.read_quota(flavor.extra_specs)
    shm_mb = options.get('shm_size_mb')
    limits_disk = has_disk_quota and flavor.root_gb > 0
    return model.Resources(
        memory_bytes=memory_bytes,
        # NOTE: MemorySwap is memory and swap together; the same value as
        # Memory is what turns swap off.
        memory_swap_bytes=memory_bytes + flavor.swap_mb * _MIB,
        pids_limit=options.get('pids_limit', DEFAULT_PIDS_LIMIT),
        shm_bytes=shm_mb * _MIB if shm_mb else None,
        disk_bytes=flavor.root_gb * _MIB * 1024 if limits_disk else None,
        ulimits=options.get('ulimits', ()),
        disk_rates=_disk_rates(quota, disk),
        **_cpu(flavor.vcpus, quota),
    )


def less_disk(found: model.Resources, carried_bytes: int) -> model.Resources:
    """Take from the disk of a container what its server brings along.

    Those layers lie below the container's own, and the limit is of that one:
    with every resize a server would get its disk once more.
    """
    if found.disk_bytes is None:
        return found
    rest_bytes = max(found.disk_bytes - carried_bytes, _LEAST_DISK_BYTES)
    return dataclasses.replace(found, disk_bytes=rest_bytes)


def _cpu(vcpus: int, quota: Mapping[str, int]) -> dict[str, Any]:
    """Give each vCPU one whole CPU, or what ``quota:cpu_*`` says of it.

    Nova's quota:cpu_quota is of one vCPU (libvirt applies it to each thread,
    which can never use more than one CPU), Docker's is of the whole
    container: hence the factor and the bound.
    """
    limits = {'nano_cpus': vcpus * _NANO}
    if 'cpu_shares' in quota:
        limits['cpu_shares'] = quota['cpu_shares']
    period_us = quota.get('cpu_period', _CFS_PERIOD_US)
    quota_us = quota.get('cpu_quota', option.UNLIMITED)
    if option.UNLIMITED < quota_us < period_us:
        # The engine refuses a container that has both NanoCpus and a quota.
        limits['nano_cpus'] = 0
        limits['cpu_quota_us'] = quota_us * vcpus
        limits['cpu_period_us'] = period_us
    return limits


def _disk_rates(
    quota: Mapping[str, int], disk: model.HostDisk | None
) -> model.DiskRates | None:
    """Limit reads and writes, or refuse what the host would not keep."""
    wanted = [key for key in quota if key.startswith('disk_')]
    for key in wanted:
        is_write = key.startswith('disk_write')
        if disk is None or (is_write and not disk.limits_writes):
            raise exception.InvalidContainerOption(
                option=extra_specs.QUOTA_PREFIX + key,
                value=quota[key],
                reason='this host cannot limit what its disk '
                + ('writes' if is_write else 'reads'),
            )
    if disk is None or not wanted:
        return None
    return model.DiskRates(
        disk.device,
        read_bytes=quota.get('disk_read_bytes_sec'),
        read_iops=quota.get('disk_read_iops_sec'),
        write_bytes=quota.get('disk_write_bytes_sec'),
        write_iops=quota.get('disk_write_iops_sec'),
    )
