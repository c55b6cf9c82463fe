"""Pure: a ContainerSpec becomes the body of ``POST /containers/create``.

:source: Docker Engine API 1.41, ContainerCreate
"""

from typing import Any

from novadocker import model

# What a console log is read back from. Two files: of one alone nothing would
# be left at the moment in which the engine starts a new one.
_LOG = {'Type': 'json-file', 'Config': {'max-size': '1m', 'max-file': '2'}}


def create(spec: model.ContainerSpec, *, remaps_users: bool) -> dict[str, Any]:
    """Build the request.

    :param remaps_users: whether the engine has userns-remap; our containers
        opt out of it, for runc cannot mount sysfs where the user namespace
        does not own the one of the network
    """
    process = spec.process
    body: dict[str, Any] = {
        'Image': spec.image,
        'Hostname': spec.hostname,
        'Labels': dict(spec.labels),
        # The namespace is Nova's: nova-runtime puts the container into it.
        'NetworkDisabled': True,
        # An image's own would run, as often as it says, outside of the
        # container's limits; Nova has no use for its verdict.
        'Healthcheck': {'Test': ['NONE']},
        'Tty': process.tty,
        'OpenStdin': process.stdin_open,
        'User': process.user,
        'WorkingDir': process.workdir,
        'Env': [f'{name}={value}' for name, value in process.env.items()],
        'HostConfig': _host_config(spec, remaps_users=remaps_users),
    }
    if process.command is not None:
        body['Cmd'] = list(process.command)
    if process.entrypoint is not None:
        # The engine reads an empty list as "the image's"; one empty word is
        # how its API says "none".
        body['Entrypoint'] = list(process.entrypoint) or ['']
    return body


def _host_config(
    spec: model.ContainerSpec, *, remaps_users: bool
) -> dict[str, Any]:
    config: dict[str, Any] = {
        'Runtime': spec.runtime,
        'NetworkMode': 'none',
        # Power is Nova's: the engine must not start a container by itself.
        'RestartPolicy': {'Name': 'no'},
        'LogConfig': _LOG,
        'Init': spec.process.init,
        'Mounts': [_mount(mount) for mount in spec.mounts],
        **_resources(spec.resources),
        **_security(spec.security),
    }
    if remaps_users:
        config['UsernsMode'] = 'host'
    return config


def _resources(resources: model.Resources) -> dict[str, Any]:
    limits: dict[str, Any] = {
        'NanoCpus': resources.nano_cpus or None,
        'Memory': resources.memory_bytes,
        'MemorySwap': resources.memory_swap_bytes,
        'PidsLimit': resources.pids_limit,
        'CpuShares': resources.cpu_shares,
        'CpuPeriod': resources.cpu_period_us,
        'CpuQuota': resources.cpu_quota_us,
        'CpusetCpus': resources.cpuset_cpus or None,
        'CpusetMems': resources.cpuset_mems or None,
        'ShmSize': resources.shm_bytes,
        'Ulimits': [
            {'Name': each.name, 'Soft': each.soft, 'Hard': each.hard}
            for each in resources.ulimits
        ],
    }
    limits |= _disk_rates(resources.disk_rates)
    if resources.disk_bytes:
        limits['StorageOpt'] = {'size': str(resources.disk_bytes)}
    return {key: value for key, value in limits.items() if value is not None}


def _disk_rates(rates: model.DiskRates | None) -> dict[str, Any]:
    if rates is None:
        return {}
    given = {
        'BlkioDeviceReadBps': rates.read_bytes,
        'BlkioDeviceReadIOps': rates.read_iops,
        'BlkioDeviceWriteBps': rates.write_bytes,
        'BlkioDeviceWriteIOps': rates.write_iops,
    }
    return {
        key: [{'Path': rates.device, 'Rate': rate}]
        for key, rate in given.items()
        if rate is not None
    }


def _security(security: model.Security) -> dict[str, Any]:
    options = ['no-new-privileges'] if security.no_new_privileges else []
    return {
        'Privileged': security.privileged,
        'CapAdd': list(security.cap_add),
        'CapDrop': list(security.cap_drop),
        'ReadonlyRootfs': security.read_only_root,
        'SecurityOpt': options,
    }


def _mount(mount: model.Mount) -> dict[str, Any]:
    return {
        'Type': 'bind',
        'Source': mount.source,
        'Target': mount.target,
        'ReadOnly': mount.read_only,
        'BindOptions': {'Propagation': mount.propagation},
    }
