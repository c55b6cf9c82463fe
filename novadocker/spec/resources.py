"""Pure: a flavor becomes hard limits."""

from novadocker import extra_specs
from novadocker import model
from novadocker import option

_MIB = 1024 * 1024
_NANO = 10**9

# A server that forks without end must not take the host's process table; a
# flavor raises it with docker:pids_limit.
DEFAULT_PIDS_LIMIT = 4096

# The period that the kernel and Docker use where none is given.
_CFS_PERIOD_US = 100_000


def resources(
    flavor: model.Flavor, *, has_disk_quota: bool
) -> model.Resources:
    """Translate a flavor into limits that the kernel enforces.

    :param has_disk_quota: the engine's storage can limit a writable layer;
        where it cannot, ``root_gb`` is only counted by Placement
    :raises InvalidContainerOption: an extra spec that cannot be read
    :source: Docker Engine API, HostConfig.NanoCpus, Memory, MemorySwap
    """
    options = extra_specs.read(flavor.extra_specs)
    memory_bytes = flavor.memory_mb * _MIB
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
        **_cpu(flavor),
    )


def _cpu(flavor: model.Flavor) -> dict[str, int]:
    """Give each vCPU one whole CPU, or what ``quota:cpu_*`` says of it.

    Nova's quota:cpu_quota is of one vCPU (libvirt applies it to each thread,
    which can never use more than one CPU), Docker's is of the whole
    container: hence the factor and the bound.
    """
    quota = extra_specs.read_quota(flavor.extra_specs)
    limits = {'nano_cpus': flavor.vcpus * _NANO}
    if 'cpu_shares' in quota:
        limits['cpu_shares'] = quota['cpu_shares']
    period_us = quota.get('cpu_period', _CFS_PERIOD_US)
    quota_us = quota.get('cpu_quota', option.UNLIMITED)
    if option.UNLIMITED < quota_us < period_us:
        # The engine refuses a container that has both NanoCpus and a quota.
        limits['nano_cpus'] = 0
        limits['cpu_quota_us'] = quota_us * flavor.vcpus
        limits['cpu_period_us'] = period_us
    return limits
