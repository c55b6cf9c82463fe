"""Why an image would or would not land on a host: Nova's steps, one by one.

The scheduler's own words name the steps. What it is configured to do cannot
be read from outside, so its defaults are assumed, and beside them
``[scheduler] enable_isolated_aggregate_filtering``, without which a docker
host takes what asks for nothing.
"""

from collections.abc import Callable
from collections.abc import Iterator
import dataclasses

from novadocker.zone import demand
from novadocker.zone import model

DISABLED_TRAIT = 'COMPUTE_STATUS_DISABLED'


@dataclasses.dataclass(frozen=True)
class Step:
    """What one step of the way to a host says."""

    name: str
    passes: bool
    why: str


@dataclasses.dataclass(frozen=True)
class Question:
    """What is asked of one host.

    :param zone: empty where the request names none
    :param is_forced: the request says ``AZ:HOST``, which goes past filters
    """

    image: model.Image
    host: model.Host
    provider: model.Provider
    cloud: model.Cloud
    flavor: model.Flavor | None = None
    zone: str = ''
    is_forced: bool = False

    @property
    def traits(self) -> frozenset[str]:
        """List the traits that the request asks for."""
        asked = model.traits(self.image.properties)
        if self.flavor:
            asked |= model.traits(self.flavor.extra_specs)
        return asked

    @property
    def forbidden(self) -> frozenset[str]:
        """List the traits that the request does not want."""
        if self.flavor is None:
            return frozenset()
        return model.traits(self.flavor.extra_specs, model.FORBIDDEN)


def steps(question: Question) -> Iterator[Step]:
    """Yield what each step says, in Nova's order."""
    for name, decide in _STEPS:
        objection = decide(question)
        yield Step(name, not objection, objection)
    for name, decide in _FILTERS:
        if question.is_forced:
            yield Step(name, True, 'not asked: AZ:HOST goes past the filters')
            continue
        objection = decide(question)
        yield Step(name, not objection, objection)
    objection = _driver(question)
    yield Step('driver', not objection, objection)


def _image(question: Question) -> str:
    """Ask what nova-api asks before there is a request at all."""
    image, flavor = question.image, question.flavor
    if image.status != 'active':
        return (
            f'it is {image.status}, and nova-api takes only active images: '
            'upload or push it again'
        )
    if flavor and flavor.ram_mb < image.min_ram_mb:
        return f'it needs {image.min_ram_mb} MiB, the flavor has fewer'
    if flavor and 0 < flavor.disk_gb < image.min_disk_gb:
        return f'it needs {image.min_disk_gb} GiB of disk'
    return ''


def _zone(question: Question) -> str:
    """Ask as ``map_az_to_placement_aggregate`` does, after nova-api."""
    zone, cloud = question.zone, question.cloud
    if not zone:
        return ''
    members = [it for it in cloud.aggregates.values() if it.zone == zone]
    if any(question.host.name in each.hosts for each in members):
        return ''
    if not members:
        return _unmade_zone(question)
    return f'the host is in zone {question.host.zone}, not in {zone}'


def _unmade_zone(question: Question) -> str:
    """Judge a zone of no aggregate: the default asks for nothing."""
    known = {host.zone for host in question.cloud.hosts.values()}
    if question.zone in known or question.is_forced:
        return ''
    return (
        f'there is no zone {question.zone}, only {", ".join(sorted(known))}: '
        'nova-api refuses the request'
    )


def _isolated(question: Question) -> str:
    for aggregate in question.cloud.aggregates_of(question.host.name):
        missing = sorted(aggregate.isolating_traits - question.traits)
        if missing:
            return (
                f'aggregate {aggregate.name} takes only what asks for '
                f'{", ".join(missing)}, and neither image nor flavor does: '
                f'set {model.TRAIT_PREFIX}{missing[0]}=required on the '
                'image, if it is for this host'
            )
    return ''


def _disabled(question: Question) -> str:
    if DISABLED_TRAIT in question.provider.traits:
        return 'Placement has the host as disabled: enable its service'
    return ''


def _traits(question: Question) -> str:
    offered = question.provider.traits
    if missing := sorted(question.traits - offered):
        return f'the host lacks {", ".join(missing)}, which is asked for'
    if unwanted := sorted(question.forbidden & offered):
        return f'the host has {", ".join(unwanted)}, which is forbidden'
    return ''


def _resources(question: Question) -> str:
    if not question.provider.inventories:
        return 'Placement knows of none: nova-compute there never reported'
    if question.flavor is None:
        return ''
    wanted = demand.of_flavor(question.flavor)
    return '; '.join(demand.shortages(wanted, question.provider))


def _compute(question: Question) -> str:
    host = question.host
    if not host.is_enabled:
        reason = host.disabled_reason or 'no reason is given'
        return (
            f'nova-compute is disabled ({reason}): openstack compute '
            f'service set --enable {host.name} nova-compute'
        )
    if not host.is_up:
        return 'nova-compute is down: start it, or look into its log'
    return ''


def _properties(question: Question) -> str:
    return '; '.join(demand.mismatches(question.image, question.host))


def _driver(question: Question) -> str:
    """Judge as the driver does in the end, whoever sent the request."""
    host, image = question.host, question.image
    if host.is_docker and not image.is_docker:
        return (
            f'it boots container_format docker, and the image has '
            f'{image.container_format or "none"}'
        )
    if image.is_docker and not host.is_docker:
        return f'a host of type {host.hypervisor_type or "?"} runs no docker'
    return ''


Decide = Callable[[Question], str]
_STEPS: tuple[tuple[str, Decide], ...] = (
    ('image', _image),
    ('map_az_to_placement_aggregate', _zone),
    ('isolate_aggregates', _isolated),
    ('compute_status_filter', _disabled),
    ('traits', _traits),
    ('resources', _resources),
)
_FILTERS: tuple[tuple[str, Decide], ...] = (
    ('ComputeFilter', _compute),
    ('ImagePropertiesFilter', _properties),
)
