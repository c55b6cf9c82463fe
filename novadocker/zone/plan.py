"""From a wish and a cloud to a list of changes, or to what stands against it.

What a person has to mend in the file stops all; what Nova would refuse is
left out, and the rest goes on without it.
"""

from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses

from novadocker.zone import desired
from novadocker.zone import error
from novadocker.zone import fact
from novadocker.zone import model
from novadocker.zone import refusal


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is to be done, in order.

    :param obstacles: have to be mended before anything is done
    :param refused: was wished for and is not among the changes
    """

    changes: tuple[fact.Change, ...]
    obstacles: tuple[model.Finding, ...]
    refused: tuple[model.Finding, ...]


def make(wish: desired.Wish, cloud: model.Cloud) -> Plan:
    """Compare a wish with a cloud."""
    images: list[model.Image] = []
    obstacles: list[model.Finding] = []
    for each in wish.images:
        try:
            images += _images(each, cloud)
        except error.NotFound as err:
            obstacles.append(model.Finding(str(err), 'mend the zone file'))
    obstacles += _unfit_images(images)
    obstacles += _unfit_hosts(wish, cloud)
    wanted = desired.facts(wish, images, cloud)
    judged = refusal.sort(_changes(wanted, fact.from_cloud(cloud)), cloud)
    return Plan(judged.accepted, tuple(obstacles), judged.refused)


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
    raise error.NotFound(f'Glance lists no image {wanted}')


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
