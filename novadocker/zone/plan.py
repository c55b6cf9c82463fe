"""From a wish and a cloud to a list of changes, or to what stands against it.

What Nova would refuse is seen before anything is changed.
"""

from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses

from novadocker.zone import desired
from novadocker.zone import error
from novadocker.zone import fact
from novadocker.zone import model


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is to be done, in order, and what has to be settled before."""

    changes: tuple[fact.Change, ...]
    obstacles: tuple[model.Finding, ...]


def make(wish: desired.Wish, cloud: model.Cloud) -> Plan:
    """Compare a wish with a cloud."""
    images: list[model.Image] = []
    obstacles: list[model.Finding] = []
    for each in wish.images:
        try:
            images += _images(each, cloud)
        except error.NotFound as err:
            obstacles.append(model.Finding(str(err), 'mend the zone file'))
    found = fact.from_cloud(cloud)
    changes = tuple(_changes(desired.facts(wish, images, cloud), found))
    obstacles += _unfit_images(images)
    obstacles += _unfit_hosts(wish, cloud)
    obstacles += against(changes, cloud)
    return Plan(changes, tuple(obstacles))


def _images(wanted: str, cloud: model.Cloud) -> list[model.Image]:
    if wanted == desired.ALL:
        return [each for each in cloud.images if each.is_docker]
    return [find_image(wanted, cloud)]


def find_image(wanted: str, cloud: model.Cloud) -> model.Image:
    """Find an image by id or name.

    :raises NotFound: there is none, or several of this name
    """
    for each in cloud.images:
        if each.id == wanted:
            return each
    named = [each for each in cloud.images if each.name == wanted]
    if len(named) == 1:
        return named[0]
    if named:
        ids = ', '.join(sorted(each.id for each in named))
        raise error.NotFound(f'Several images have the name {wanted}: {ids}')
    raise error.NotFound(f'There is no image {wanted}')


def _changes(wanted: fact.Facts, found: fact.Facts) -> Iterator[fact.Change]:
    for key in sorted(wanted, key=lambda it: it.order):
        if found.get(key) != wanted[key]:
            yield fact.Change(key, found.get(key), wanted[key])


def _unfit_images(images: Iterable[model.Image]) -> Iterator[model.Finding]:
    for image in images:
        if not image.is_docker:
            yield model.Finding(
                f'Image {image} has the format {image.container_format}: no '
                'docker host boots it',
                'take it out of the zone file',
            )


def _unfit_hosts(
    wish: desired.Wish, cloud: model.Cloud
) -> Iterator[model.Finding]:
    """Find hosts that are none, or that an aggregate would cut off."""
    for each in wish.aggregates:
        is_isolated = model.ISOLATION in each.metadata
        for name in sorted(each.members(cloud)):
            host = cloud.hosts.get(name)
            if host is None:
                yield model.Finding(
                    f'There is no compute host {name}',
                    'mend the zone file, or start nova-compute there',
                )
            elif is_isolated and not host.is_docker:
                yield model.Finding(
                    f'Host {name} is of type {host.hypervisor_type or "?"}: '
                    f'in aggregate {each.name} no image could reach it',
                    'take it out of the zone file',
                )


def against(
    changes: Iterable[fact.Change], cloud: model.Cloud
) -> Iterator[model.Finding]:
    """Find what Nova would refuse of a list of changes."""
    changes = tuple(changes)
    for change in changes:
        is_flavor = change.key.kind is fact.Kind.FLAVOR
        if is_flavor and change.before and change.after:
            yield _other_size(change)
    yield from _zone_conflicts(changes, cloud)


def _other_size(change: fact.Change) -> model.Finding:
    return model.Finding(
        f'Flavor {change.key.target} has {change.before} and shall have '
        f'{change.after}: a flavor cannot be changed',
        'choose another name, or delete it (servers keep theirs)',
    )


def _zone_conflicts(
    changes: tuple[fact.Change, ...], cloud: model.Cloud
) -> Iterator[model.Finding]:
    """Compare the zone of each host before and after.

    :source: nova.compute.api.AggregateAPI
    """
    before = fact.from_cloud(cloud)
    after: dict[fact.Key, str] = dict(before)
    for change in changes:
        if change.after is None:
            after.pop(change.key, None)
        else:
            after[change.key] = change.after
    for host in cloud.hosts.values():
        old, new = zones(host.name, before), zones(host.name, after)
        if len(new) > 1:
            yield model.Finding(
                f'Host {host.name} would be in the zones '
                f'{" and ".join(sorted(new))}: Nova allows one',
                'take it out of one of the aggregates, or leave '
                'availability_zone out of the zone file',
            )
        elif old != new and host.servers:
            yield model.Finding(
                f'Host {host.name} has servers ({host.servers}), and its '
                f'zone would be another ({_named(old)} -> {_named(new)}): '
                'Nova refuses that',
                'leave availability_zone out, or move the servers away first',
            )


def zones(host: str, facts: fact.Facts) -> frozenset[str]:
    """List the zones that a host gets from its aggregates."""
    return frozenset(
        zone
        for key in facts
        if key.kind is fact.Kind.HOST and key.name == host
        if (zone := facts.get(fact.Key(fact.Kind.ZONE, key.target)))
    )


def _named(found: frozenset[str]) -> str:
    return ', '.join(sorted(found)) or 'the default'
