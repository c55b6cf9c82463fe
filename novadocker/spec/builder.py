"""Pure: the parts of a container are put together into one ContainerSpec."""

import dataclasses

from novadocker import exception
from novadocker import extra_specs
from novadocker import identity
from novadocker import model
from novadocker.spec import cpu
from novadocker.spec import device
from novadocker.spec import process
from novadocker.spec import resources
from novadocker.spec import security

# Where the names that Docker would write itself, were it allowed to give the
# container a network, are mounted: file of the instance -> path inside.
NAME_FILES = {
    'hostname': '/etc/hostname',
    'hosts': '/etc/hosts',
    'resolv.conf': '/etc/resolv.conf',
}
# The folder of the instance that is the config drive, and where cloud-init
# looks for it where there are no block devices (DataSourceConfigDrive).
CONFIG_DRIVE = 'config-drive'
CONFIG_DRIVE_TARGET = '/var/lib/cloud/seed/config_drive'


@dataclasses.dataclass(frozen=True)
class Host:
    """What the spec has to know of the host that will run it.

    :ivar runtime: the one of a flavor that asks for no other
    :ivar like_runtime: all names under which the engine has nova-runtime
    :ivar cpus: whose its CPUs are
    """

    name: str
    runtime: str
    has_disk_quota: bool
    like_runtime: frozenset[str] = frozenset()
    disk: model.HostDisk | None = None
    cpus: model.HostCpus = dataclasses.field(default_factory=model.HostCpus)

    @property
    def runtimes(self) -> frozenset[str]:
        """All runtimes that a server of this host may have."""
        return self.like_runtime | {self.runtime}


def container_spec(
    instance: model.Instance,
    image: model.LoadedImage,
    host: Host,
    instance_dir: str,
    *,
    has_config_drive: bool = False,
    role: model.Role = model.Role.WORKLOAD,
) -> model.ContainerSpec:
    """Build what the engine is asked to create for an instance.

    :param instance_dir: folder on the host with the files of NAME_FILES, and
        the CONFIG_DRIVE if there is one
    :raises InvalidContainerOption: an extra spec, metadata key or image
        property that cannot be read or kept
    :raises CpusUnavailable: the host has not the CPUs that it shall have
    """
    device.require_none(instance.flavor)
    limits = cpu.placed(
        resources.resources(
            instance.flavor,
            has_disk_quota=host.has_disk_quota,
            disk=host.disk,
        ),
        instance,
        host.cpus,
    )
    return model.ContainerSpec(
        name=identity.container_name(instance.uuid, role),
        image=image.reference,
        hostname=instance.hostname,
        runtime=_runtime(instance.flavor, host),
        labels=identity.labels(
            uuid=instance.uuid,
            name=instance.name,
            project_id=instance.project_id,
            role=role,
            host=host.name,
            own_cpus=limits.cpuset_cpus if instance.cpu_claim else '',
        ),
        resources=limits,
        security=security.security(instance.flavor.extra_specs),
        process=process.process(instance.metadata, instance.image_properties),
        mounts=_mounts(instance_dir, has_config_drive=has_config_drive),
    )


def _mounts(
    instance_dir: str, *, has_config_drive: bool
) -> tuple[model.Mount, ...]:
    targets = dict(NAME_FILES)
    if has_config_drive:
        targets[CONFIG_DRIVE] = CONFIG_DRIVE_TARGET
    return tuple(
        # Read-only: they are files of the host. A container's root could
        # make one setuid there, or fill the host's disk with it.
        model.Mount(
            source=f'{instance_dir}/{name}', target=target, read_only=True
        )
        for name, target in targets.items()
    )


def _runtime(flavor: model.Flavor, host: Host) -> str:
    """Choose the runtime; any but nova-runtime would leave Nova's network."""
    options = extra_specs.read(flavor.extra_specs)
    runtime = str(options.get('runtime', host.runtime))
    if runtime not in host.runtimes:
        raise exception.InvalidContainerOption(
            option=extra_specs.PREFIX + 'runtime',
            value=runtime,
            reason=f'host {host.name} has nova-runtime under no such name, '
            f'only as {", ".join(sorted(host.runtimes))}',
        )
    return runtime
