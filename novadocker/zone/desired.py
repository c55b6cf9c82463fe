"""What somebody wishes of a zone: a small YAML document, or the usual.

A wish says what there shall be and never what there shall not: whatever it
does not name stays as it is.
"""

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
from typing import Any

import yaml

from novadocker.zone import error
from novadocker.zone import fact
from novadocker.zone import model

USUAL = f"""\
# What novadocker-zone sets up where no other file is named.
aggregates:
  docker:
    # Cannot be taken back while the aggregate exists, nor given to hosts
    # that have servers already. Leave it out where the aggregate is enough:
    # images find docker hosts without a zone.
    availability_zone: docker
    # Every compute host of such a driver, beside those under hosts.
    hypervisor_types: [docker]
    hosts: []
    metadata:
      # Keeps out all that does not ask for the trait.
      {model.ISOLATION}: required
  kvm:
    hypervisor_types: [QEMU]
flavors:
  docker.tiny: {{vcpus: 1, ram_mb: 128, disk_gb: 1}}
  docker.small: {{vcpus: 1, ram_mb: 512, disk_gb: 2}}
  docker.medium: {{vcpus: 2, ram_mb: 2048, disk_gb: 10}}
# Names or ids of images that get {model.ISOLATION} and
# img_hv_type; or the word all, for every image of format docker. What the
# registry publishes has them already.
images: []
"""

ALL = 'all'
_SIZES = ('vcpus', 'ram_mb', 'disk_gb')


@dataclasses.dataclass(frozen=True)
class AggregateWish:
    """An aggregate, and how its hosts are found."""

    name: str
    zone: str | None
    hosts: tuple[str, ...]
    hypervisor_types: frozenset[str]  # lower case
    metadata: Mapping[str, str]

    def members(self, cloud: model.Cloud) -> frozenset[str]:
        """Find the hosts in a cloud; those named need not be there."""
        return frozenset(self.hosts) | {
            host.name
            for host in cloud.hosts.values()
            if host.hypervisor_type.lower() in self.hypervisor_types
        }


@dataclasses.dataclass(frozen=True)
class Wish:
    """All that is wished for; ``images`` may have ``ALL``."""

    aggregates: tuple[AggregateWish, ...]
    flavors: tuple[model.Flavor, ...]
    images: tuple[str, ...]


def read(text: str) -> Wish:
    """Read a wish.

    :raises WishInvalid: it is no YAML, or no wish; the place is named
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as err:
        where = ' '.join(str(err).split())
        raise error.WishInvalid(f'This is no YAML: {where}') from err
    top = _table(document, 'the file', ('aggregates', 'flavors', 'images'))
    aggregates = _table(top.get('aggregates'), 'aggregates')
    flavors = _table(top.get('flavors'), 'flavors')
    images = top.get('images')
    return Wish(
        aggregates=tuple(_aggregate(*it) for it in aggregates.items()),
        flavors=tuple(_flavor(*it) for it in flavors.items()),
        images=(ALL,) if images == ALL else _list(images, 'images'),
    )


def _aggregate(name: str, given: Any) -> AggregateWish:
    where = f'aggregates: {name}'
    words = ('availability_zone', 'hosts', 'hypervisor_types', 'metadata')
    table = _table(given, where, words)
    zone = table.get('availability_zone')
    if zone is not None and (not isinstance(zone, str) or ':' in zone):
        raise error.WishInvalid(
            f'{where}: availability_zone has to be a text without a colon.'
        )
    metadata = _texts(table.get('metadata'), f'{where}: metadata')
    if 'availability_zone' in metadata:
        raise error.WishInvalid(
            f'{where}: availability_zone stands beside metadata, not in it.'
        )
    kinds = frozenset(
        each.lower()
        for each in _list(
            table.get('hypervisor_types'), f'{where}: hypervisor_types'
        )
    )
    hosts = _list(table.get('hosts'), f'{where}: hosts')
    return AggregateWish(name, zone or None, hosts, kinds, metadata)


def _flavor(name: str, given: Any) -> model.Flavor:
    where = f'flavors: {name}'
    table = _table(given, where, (*_SIZES, 'extra_specs'))
    for each in _SIZES:
        value = table.get(each)
        if type(value) is not int or value < (each != 'disk_gb'):
            raise error.WishInvalid(f'{where}: {each} has to be a number.')
    specs = _texts(table.get('extra_specs'), f'{where}: extra_specs')
    sizes = {each: table[each] for each in _SIZES}
    return model.Flavor(name, **sizes, extra_specs=specs)


def _table(
    given: Any, where: str, words: Iterable[str] = ()
) -> Mapping[str, Any]:
    """Check a mapping; nothing is an empty one.

    :param words: the only keys, if there are any
    """
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(
        isinstance(key, str) for key in given
    ):
        raise error.WishInvalid(f'{where}: names and values are expected.')
    if words and (unknown := set(given) - set(words)):
        raise error.WishInvalid(
            f'{where}: {", ".join(sorted(unknown))} is not known; '
            f'there are {", ".join(words)}.'
        )
    return given


def _list(given: Any, where: str) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or not all(
        isinstance(each, str) and each for each in given
    ):
        raise error.WishInvalid(f'{where}: a list of texts is expected.')
    return tuple(given)


def _texts(given: Any, where: str) -> dict[str, str]:
    """Check a mapping of texts; a number is written as it is read."""
    texts = {}
    for key, value in _table(given, where).items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise error.WishInvalid(
                f'{where}: {key} has to be a text; quote it.'
            )
        texts[key] = str(value)
    return texts


def facts(
    wish: Wish, images: Iterable[model.Image], cloud: model.Cloud
) -> dict[fact.Key, str]:
    """List what a wish means in a cloud.

    :param images: those that were wished for
    """
    wanted: dict[fact.Key, str] = {}
    for image in images:
        for name, value in model.IMAGE_PROPERTIES.items():
            wanted[fact.Key(fact.Kind.PROPERTY, image.id, name)] = value
    for flavor in wish.flavors:
        wanted |= fact.from_flavor(flavor)
    for each in wish.aggregates:
        wanted |= fact.from_aggregate(
            model.Aggregate(
                each.name, each.zone, each.members(cloud), each.metadata
            )
        )
    return wanted
