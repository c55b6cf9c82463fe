"""What a cloud has, as far as a zone is concerned: values, at one moment."""

from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses

from novadocker import constants

DOCKER = 'docker'
REQUIRED = 'required'
FORBIDDEN = 'forbidden'
TRAIT_PREFIX = 'trait:'
ISOLATION = f'{TRAIT_PREFIX}{constants.TRAIT}'
# What sends an image to docker hosts, also into an isolated aggregate.
IMAGE_PROPERTIES = constants.IMAGE_PROPERTIES


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that is off, and what to do."""

    what: str
    cure: str

    def __str__(self) -> str:
        return f'{self.what}. Cure: {self.cure}'


@dataclasses.dataclass(frozen=True)
class Host:
    """A compute host, by the name of its service.

    ``hypervisor_type`` and ``architecture`` are empty until the host has
    reported them; some drivers never tell the latter. ``zone`` is the one
    that Nova gives out, its default included.
    """

    name: str
    node: str
    zone: str
    hypervisor_type: str
    architecture: str = ''
    servers: int = 0
    is_up: bool = True
    is_enabled: bool = True
    disabled_reason: str = ''
    has_trait: bool = False

    @property
    def is_docker(self) -> bool:
        return self.hypervisor_type == DOCKER


@dataclasses.dataclass(frozen=True)
class Aggregate:
    """A host aggregate; the zone is not in its metadata here.

    ``nodes`` are those that Placement has as its members: Nova mirrors them
    there, and goes on where that fails.
    """

    name: str
    zone: str | None = None
    hosts: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    nodes: frozenset[str] = frozenset()

    @property
    def isolating_traits(self) -> frozenset[str]:
        """Tell which traits keep requests out that do not ask for them."""
        return traits(self.metadata)


@dataclasses.dataclass(frozen=True)
class Flavor:
    name: str
    vcpus: int
    ram_mb: int
    disk_gb: int
    ephemeral_gb: int = 0
    swap_mb: int = 0
    extra_specs: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Image:
    id: str
    name: str
    container_format: str
    status: str = 'active'
    min_ram_mb: int = 0
    min_disk_gb: int = 0
    properties: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        return f'{self.name} ({self.id})' if self.name else self.id

    @property
    def is_docker(self) -> bool:
        return self.container_format == constants.CONTAINER_FORMAT


@dataclasses.dataclass(frozen=True)
class Inventory:
    """How much of a resource class a provider can give out."""

    capacity: int
    used: int
    largest: int


@dataclasses.dataclass(frozen=True)
class Provider:
    """What Placement knows of a compute node."""

    traits: frozenset[str] = frozenset()
    inventories: Mapping[str, Inventory] = dataclasses.field(
        default_factory=dict
    )


@dataclasses.dataclass(frozen=True)
class Cloud:
    """All of it; names are keys."""

    hosts: Mapping[str, Host] = dataclasses.field(default_factory=dict)
    aggregates: Mapping[str, Aggregate] = dataclasses.field(
        default_factory=dict
    )
    flavors: Mapping[str, Flavor] = dataclasses.field(default_factory=dict)
    images: tuple[Image, ...] = ()

    def aggregates_of(self, host: str) -> Iterator[Aggregate]:
        """Yield the aggregates that a host is in."""
        for aggregate in self.aggregates.values():
            if host in aggregate.hosts:
                yield aggregate


def traits(words: Mapping[str, str], value: str = REQUIRED) -> frozenset[str]:
    """Read traits from properties, extra specs or metadata.

    :param value: or ``FORBIDDEN``, which only a flavor can say
    :source: nova.scheduler.utils.ResourceRequest, the unnumbered group
    """
    return frozenset(
        key.removeprefix(TRAIT_PREFIX)
        for key, said in words.items()
        if key.startswith(TRAIT_PREFIX) and said == value
    )
