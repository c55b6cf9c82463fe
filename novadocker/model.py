"""Frozen values that cross rooms.

Units are in the names (``_bytes``, ``_mb`` is MiB as Nova means it, ``_s``,
``_ns``). Nothing here does I/O or knows a library.
"""

from collections.abc import Mapping
import dataclasses
import enum


class Role(enum.StrEnum):
    """What a container of an instance is for."""

    WORKLOAD = 'workload'
    RESCUE = 'rescue'
    RESIZE = 'resize'


class ContainerState(enum.StrEnum):
    """Docker's own words for the state of a container."""

    CREATED = 'created'
    RUNNING = 'running'
    PAUSED = 'paused'
    RESTARTING = 'restarting'
    REMOVING = 'removing'
    EXITED = 'exited'
    DEAD = 'dead'

    @property
    def is_live(self) -> bool:
        """Tell whether there are processes, be they frozen."""
        return self in (
            ContainerState.RUNNING,
            ContainerState.PAUSED,
            ContainerState.RESTARTING,
        )


class Console(enum.StrEnum):
    """What a server's console is."""

    EXEC = 'exec'
    ATTACH = 'attach'
    OFF = 'off'


@dataclasses.dataclass(frozen=True)
class Exec:
    """A command that was started in a container beside its own.

    ``exit_code`` is ``None`` until it has ended, ``pid`` 0 until it has begun.
    """

    id: str
    pid: int
    exit_code: int | None
    command: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class EngineInfo:
    """What the engine says of itself and of its host.

    :ivar runtimes: the program of each runtime, by the runtime's name
    :ivar missing_limits: words for what its kernel cannot limit
    :ivar cgroup_version: 1 or 2
    :ivar holds_to_cpus: whether its kernel holds a container to some CPUs
    """

    version: str
    api_version: tuple[int, int]
    architecture: str
    cpus: int
    memory_bytes: int
    root_dir: str
    storage_driver: str
    runtimes: Mapping[str, str]
    security_options: tuple[str, ...] = ()
    missing_limits: tuple[str, ...] = ()
    cgroup_version: int = 1
    holds_to_cpus: bool = True
    live_restore: bool = False
    containerd_image_store: bool = False
    time_ns: int = 0

    def runtimes_like(self, name: str) -> frozenset[str]:
        """List the runtimes that have the program of this one, with it."""
        program = self.runtimes.get(name)
        others = [key for key, its in self.runtimes.items() if its == program]
        return frozenset([name, *(others if program else ())])


@dataclasses.dataclass(frozen=True)
class Container:
    """A container as the engine shows it.

    :ivar started_s: when it last was started, since the epoch; 0 is never
    :ivar cpuset_cpus: CPUs that it is held to; empty is all
    """

    id: str
    name: str
    state: ContainerState
    labels: Mapping[str, str]
    runtime: str
    image_id: str
    pid: int = 0
    exit_code: int = 0
    error: str = ''
    oom_killed: bool = False
    has_tty: bool = False
    started_s: float = 0.0
    user: str = ''
    cpuset_cpus: str = ''


@dataclasses.dataclass(frozen=True)
class DiskCounters:
    """What a container has read and written since its start.

    ``None`` is what the kernel does not count.
    """

    read_bytes: int | None = None
    read_requests: int | None = None
    write_bytes: int | None = None
    write_requests: int | None = None


@dataclasses.dataclass(frozen=True)
class Statistics:
    """What a container uses, and has used since its start.

    :ivar memory_bytes: without the pages of files that the kernel can drop
    :ivar disk: over all disks of the host
    """

    cpu_time_ns: int
    memory_bytes: int
    memory_max_bytes: int
    disk: DiskCounters


@dataclasses.dataclass(frozen=True)
class NicCounters:
    """What went through a port since it was plugged, as its server sees it."""

    rx_bytes: int
    rx_packets: int
    rx_errors: int
    rx_drop: int
    tx_bytes: int
    tx_packets: int
    tx_errors: int
    tx_drop: int


@dataclasses.dataclass(frozen=True)
class EngineImage:
    """An image that the engine holds.

    ``id`` is the config digest (``sha256:<hex>``) in the classic image store.

    :ivar diff_ids: digests of its layers' tars, lowest first
    :ivar config: JSON, what a container takes over: command, environment, ...
    """

    id: str
    tags: tuple[str, ...]
    size_bytes: int
    architecture: str
    os: str
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    diff_ids: tuple[str, ...] = ()
    config: bytes = b'{}'


@dataclasses.dataclass(frozen=True)
class EngineEvent:
    """A change of a container that the engine reports."""

    action: str
    container_id: str
    attributes: Mapping[str, str]
    time_ns: int


@dataclasses.dataclass(frozen=True)
class Ulimit:
    name: str
    soft: int
    hard: int


@dataclasses.dataclass(frozen=True)
class NumaNode:
    """Memory of a host, and the CPUs that are near to it."""

    id: int
    cpus: frozenset[int]
    memory_mb: int


@dataclasses.dataclass(frozen=True)
class HostCpus:
    """Whose the CPUs of a host are.

    :ivar shared: what servers without CPUs of their own run on
    :ivar dedicated: each is for one server alone; empty where the operator
        has set none aside
    :ivar cores: the threads of each core
    """

    shared: frozenset[int] = frozenset()
    dedicated: frozenset[int] = frozenset()
    nodes: tuple[NumaNode, ...] = ()
    cores: tuple[frozenset[int], ...] = ()

    @property
    def has_threads(self) -> bool:
        """Tell whether CPUs have a core in common."""
        return any(len(core) > 1 for core in self.cores)


@dataclasses.dataclass(frozen=True)
class CpuClaim:
    """What Nova has picked of a host for a server that asks for it.

    :ivar is_dedicated: whether its CPUs shall be its own
    :ivar cpus: of the host; none where Nova has picked none
    :ivar nodes: whose memory it shall have
    """

    is_dedicated: bool
    cpus: frozenset[int] = frozenset()
    nodes: frozenset[int] = frozenset()


@dataclasses.dataclass(frozen=True)
class HostDisk:
    """The disk below the engine's storage.

    :ivar device: path of the whole disk's block device
    :ivar limits_writes: whether what goes through the page cache is limited
    """

    device: str
    limits_writes: bool


@dataclasses.dataclass(frozen=True)
class DiskRates:
    """What a container may read and write in a second."""

    device: str
    read_bytes: int | None = None
    read_iops: int | None = None
    write_bytes: int | None = None
    write_iops: int | None = None


@dataclasses.dataclass(frozen=True)
class Resources:
    """Hard limits of a container.

    ``None`` means that the engine's own default stands, as does an empty
    ``cpuset_cpus`` (CPUs) or ``cpuset_mems`` (NUMA nodes).
    """

    nano_cpus: int
    memory_bytes: int
    memory_swap_bytes: int
    pids_limit: int
    cpu_shares: int | None = None
    cpu_period_us: int | None = None
    cpu_quota_us: int | None = None
    shm_bytes: int | None = None
    disk_bytes: int | None = None
    ulimits: tuple[Ulimit, ...] = ()
    disk_rates: DiskRates | None = None
    cpuset_cpus: str = ''
    cpuset_mems: str = ''


@dataclasses.dataclass(frozen=True)
class Security:
    """Privilege of a container. The defaults are the unprivileged ones."""

    privileged: bool = False
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    no_new_privileges: bool = True
    read_only_root: bool = False


@dataclasses.dataclass(frozen=True)
class Mount:
    """A bind mount of a host path into the container."""

    source: str
    target: str
    read_only: bool = False
    propagation: str = 'rprivate'


@dataclasses.dataclass(frozen=True)
class VolumeMount:
    """The file system of a volume, and where a container sees it.

    :ivar disk: path of its block device on the host
    """

    disk: str
    filesystem: str
    target: str
    read_only: bool = False


@dataclasses.dataclass(frozen=True)
class Process:
    """What the container runs.

    ``command`` and ``entrypoint`` are ``None`` where the image decides; an
    empty entrypoint removes the image's one.
    """

    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    user: str = ''
    workdir: str = ''
    env: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tty: bool = False
    stdin_open: bool = False
    init: bool = True


@dataclasses.dataclass(frozen=True)
class ContainerSpec:
    """All that the engine needs to create a container."""

    name: str
    image: str
    hostname: str
    runtime: str
    labels: Mapping[str, str]
    resources: Resources
    security: Security
    process: Process
    mounts: tuple[Mount, ...] = ()


@dataclasses.dataclass(frozen=True)
class Flavor:
    """What of a Nova flavor shapes a container."""

    vcpus: int
    memory_mb: int
    swap_mb: int
    root_gb: int
    extra_specs: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Instance:
    """What of a Nova instance shapes a container.

    ``hostname`` is the first label of its name, ``domain`` what follows.
    ``metadata`` and ``image_properties`` are the tenant's and not to be
    trusted; ``flavor`` is the operator's. ``cpu_claim`` is ``None`` where
    neither asks for CPUs or nodes of the host.
    """

    uuid: str
    name: str
    hostname: str
    project_id: str
    flavor: Flavor
    domain: str = ''
    cpu_claim: CpuClaim | None = None
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    image_properties: Mapping[str, str] = dataclasses.field(
        default_factory=dict
    )


@dataclasses.dataclass(frozen=True)
class LoadedImage:
    """An image of Glance that the engine now holds under our own name."""

    image_id: str
    reference: str
    config_digest: str
    size_bytes: int
    has_command: bool


@dataclasses.dataclass(frozen=True)
class Luggage:
    """What a server takes along to another flavor or host.

    :ivar reference: names it in the engine that has it, by its digest
    :ivar parcel_id: names it in Glance; empty where the server stays on its
        host, whose engine has it already
    :ivar base_id: the image of Glance without whose layers it was packed
    :ivar carried_bytes: what its own layers take of the disk it may have
    """

    reference: str
    parcel_id: str = ''
    base_id: str = ''
    carried_bytes: int = 0


@dataclasses.dataclass(frozen=True)
class Seed:
    """A file or folder that is put into a container before its start.

    :ivar path: relative to the folder that all seeds are unpacked in
    :ivar content: ``None`` of a folder
    """

    path: str
    mode: int
    uid: int = 0
    gid: int = 0
    content: bytes | None = dataclasses.field(default=None, repr=False)


@dataclasses.dataclass(frozen=True)
class PullGrant:
    """Where the registry has an image, and the right to fetch it.

    :ivar manifest_digest: of the one manifest that is for this host
    :ivar token: of the registry, for this repository and a few minutes
    :ivar renew_at_s: when to ask for another one, on the monotonic clock
    """

    repository: str
    manifest_digest: str
    config_digest: str
    token: str = dataclasses.field(repr=False)
    renew_at_s: float


@dataclasses.dataclass(frozen=True)
class PushGrant:
    """Where to put an image, and where its parent is.

    :ivar token: to push to the repository, and to pull from the parent's
    """

    repository: str
    token: str = dataclasses.field(repr=False)
    parent: PullGrant


@dataclasses.dataclass(frozen=True)
class Route:
    """A route inside the container.

    ``destination`` is a CIDR; ``gateway`` is ``None`` for an on-link route.
    """

    destination: str
    gateway: str | None


@dataclasses.dataclass(frozen=True)
class Nic:
    """One network interface of a container, resolved from a Neutron port.

    ``devname`` is the host end that os-vif plugs, ``name`` what the other
    end is called inside, unless the container has such an interface already.
    ``addresses`` are CIDRs with the prefix of their subnet.
    ``hybrid_bridge`` is the qbr bridge of an iptables-hybrid port.
    ``userspace_datapath`` means that OVS does not complete checksums, so the
    container end must.
    """

    port_id: str
    name: str
    devname: str
    mac: str
    mtu: int
    addresses: tuple[str, ...]
    routes: tuple[Route, ...] = ()
    accept_ra: bool = False
    hybrid_bridge: str | None = None
    userspace_datapath: bool = False


@dataclasses.dataclass(frozen=True)
class Resolver:
    """Names: what the container's resolv.conf and hosts say."""

    hostname: str
    domain: str
    nameservers: tuple[str, ...]
    addresses: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class HostUsage:
    """What a host has and what its instances have reserved.

    :ivar pcpus: CPUs beside the ``vcpus``, each for one instance alone
    """

    vcpus: int
    vcpus_used: int
    memory_mb: int
    memory_mb_used: int
    disk_gb: int
    disk_gb_used: int
    pcpus: int = 0
