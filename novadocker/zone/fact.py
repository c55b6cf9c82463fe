"""A cloud as flat facts, so that a difference and its undoing are data.

A fact is a key and a text. What is to be changed is the text of a key, before
and after; the way back is the same turned round. What nobody wished for has
no key in a wish, and so is never touched.
"""

from collections.abc import Mapping
import dataclasses
import enum

from novadocker.zone import model

PRESENT = 'present'


class Kind(enum.StrEnum):
    """What a fact is about, in the order in which changes are made.

    Images ask for docker hosts before these are closed to all others, and an
    aggregate has its zone and its lock before it has hosts: Nova takes a zone
    for an aggregate whose hosts have no servers.
    """

    PROPERTY = 'image'
    FLAVOR = 'flavor'
    EXTRA_SPEC = 'flavor extra spec'
    AGGREGATE = 'aggregate'
    ZONE = 'availability zone'
    METADATA = 'aggregate metadata'
    HOST = 'aggregate host'


@dataclasses.dataclass(frozen=True)
class Key:
    """What a fact is about.

    :param target: an image's id, else the name of a flavor or an aggregate
    :param name: of a property, extra spec, metadata or host
    """

    kind: Kind
    target: str
    name: str = ''

    @property
    def order(self) -> tuple[int, str, str]:
        return list(Kind).index(self.kind), self.target, self.name


Facts = Mapping[Key, str]


@dataclasses.dataclass(frozen=True)
class Change:
    """A fact that becomes another; ``None`` is one that is not there."""

    key: Key
    before: str | None
    after: str | None

    @property
    def inverse(self) -> 'Change':
        return Change(self.key, before=self.after, after=self.before)

    def line(self, names: Mapping[str, str]) -> str:
        """Write a line of a diff.

        :param names: of images by id
        """
        what = _words(self.key, names)
        if self.before is None:
            return f'+ {what}{_said(self.after)}'
        if self.after is None:
            return f'- {what}{_said(self.before)}'
        return f'~ {what} = {self.before} -> {self.after}'


def _words(key: Key, names: Mapping[str, str]) -> str:
    """Name what a key is about."""
    noun = key.kind.value.split()[0]
    if key.kind is Kind.PROPERTY and key.target in names:
        return f'{noun} {names[key.target]} ({key.target}): {key.name}'
    if key.kind is Kind.ZONE:
        return f'aggregate {key.target}: {key.kind}'
    if key.kind is Kind.HOST:
        return f'aggregate {key.target}: host {key.name}'
    return f'{noun} {key.target}' + (f': {key.name}' if key.name else '')


def _said(value: str | None) -> str:
    return '' if value == PRESENT else f' = {value}'


def size(flavor: model.Flavor) -> str:
    """Write what cannot be changed of a flavor."""
    return f'{flavor.vcpus} vCPU, {flavor.ram_mb} MiB, {flavor.disk_gb} GiB'


def numbers(text: str) -> tuple[int, int, int]:
    """Read what ``size`` wrote."""
    vcpus, ram_mb, disk_gb = (int(it.split()[0]) for it in text.split(','))
    return vcpus, ram_mb, disk_gb


def from_flavor(flavor: model.Flavor) -> dict[Key, str]:
    """List the facts of a flavor."""
    return {Key(Kind.FLAVOR, flavor.name): size(flavor)} | {
        Key(Kind.EXTRA_SPEC, flavor.name, name): value
        for name, value in flavor.extra_specs.items()
    }


def from_aggregate(aggregate: model.Aggregate) -> dict[Key, str]:
    """List the facts of an aggregate."""
    name = aggregate.name
    facts = {Key(Kind.AGGREGATE, name): PRESENT}
    if aggregate.zone:
        facts[Key(Kind.ZONE, name)] = aggregate.zone
    for key, value in aggregate.metadata.items():
        facts[Key(Kind.METADATA, name, key)] = value
    for host in aggregate.hosts:
        facts[Key(Kind.HOST, name, host)] = PRESENT
    return facts


def from_cloud(cloud: model.Cloud) -> dict[Key, str]:
    """List the facts of a cloud."""
    facts: dict[Key, str] = {}
    for image in cloud.images:
        for name, value in image.properties.items():
            facts[Key(Kind.PROPERTY, image.id, name)] = value
    for flavor in cloud.flavors.values():
        facts |= from_flavor(flavor)
    for aggregate in cloud.aggregates.values():
        facts |= from_aggregate(aggregate)
    return facts
