"""What Nova would refuse of a list of changes, seen before any is made.

A flavor keeps its size, a host is in one zone, and servers stay in the zone
that they were started in.

:source: nova.compute.api.AggregateAPI
"""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses

from novadocker.zone import fact
from novadocker.zone import model

Kind = fact.Kind
# So many hosts stand in a line.
_NAMED = 3


@dataclasses.dataclass(frozen=True)
class Sorted:
    """A list of changes in two.

    :param refused: each of which the rest can do without
    """

    accepted: tuple[fact.Change, ...]
    refused: tuple[model.Finding, ...]


def sort(changes: Iterable[fact.Change], cloud: model.Cloud) -> Sorted:
    """Judge changes in their order, each after those that are accepted."""
    changes = tuple(changes)
    facts = fact.from_cloud(cloud)
    final = dict(facts)
    _make(changes, final)
    accepted: list[fact.Change] = []
    refused: list[model.Finding] = []
    kept: set[str] = set()
    for change in changes:
        if change.key.kind is Kind.EXTRA_SPEC and change.key.target in kept:
            continue
        finding = _objection(change, facts, final, cloud)
        if finding is None:
            accepted.append(change)
            _make([change], facts)
            continue
        refused.append(finding)
        if change.key.kind is Kind.FLAVOR:
            kept.add(change.key.target)
    return Sorted(tuple(accepted), tuple(refused))


def _make(changes: Iterable[fact.Change], facts: dict[fact.Key, str]) -> None:
    for change in changes:
        if change.after is None:
            facts.pop(change.key, None)
        else:
            facts[change.key] = change.after


def _objection(
    change: fact.Change,
    facts: fact.Facts,
    final: fact.Facts,
    cloud: model.Cloud,
) -> model.Finding | None:
    kind = change.key.kind
    if kind is Kind.FLAVOR and change.before and change.after:
        return _other_size(change)
    if kind is Kind.ZONE and change.after:
        # It comes before the hosts, and is to suit all of them.
        return _against_zone(change, facts, final, cloud)
    if kind is Kind.HOST:
        return _against_host(change, facts, cloud)
    return None


def _other_size(change: fact.Change) -> model.Finding:
    return model.Finding(
        f'Flavor {change.key.target} has {change.before} and shall have '
        f'{change.after}: a flavor cannot be changed',
        'choose another name, or delete it (servers keep theirs)',
    )


def _against_zone(
    change: fact.Change,
    facts: fact.Facts,
    final: fact.Facts,
    cloud: model.Cloud,
) -> model.Finding | None:
    """Find hosts of an aggregate that cannot get its zone."""
    name = change.key.target
    reasons = []
    for host in _members(name, final, cloud):
        others = zones(host.name, facts, without=name)
        # Nova looks at the servers of members, whatever their zone is.
        is_member = fact.Key(Kind.HOST, name, host.name) in facts
        if others - {change.after}:
            reasons.append(f'{host.name} is in zone {_joined(others)}')
        elif host.servers and (is_member or not others):
            reasons.append(f'{host.name} has servers ({host.servers})')
    if not reasons:
        return None
    return model.Finding(
        f'Aggregate {name} cannot get zone {change.after}: '
        f'{_shortened(reasons)}',
        'leave availability_zone out of the zone file, or free these hosts',
    )


def _against_host(
    change: fact.Change, facts: fact.Facts, cloud: model.Cloud
) -> model.Finding | None:
    """Find why a host cannot join an aggregate with a zone, or leave it."""
    name, zone = change.key.name, facts.get(_zone_of(change.key.target))
    host = cloud.hosts.get(name)
    if zone is None or host is None:
        return None
    others = zones(name, facts, without=change.key.target)
    deed = 'join' if change.after else 'leave'
    what = f'Host {name} cannot {deed} aggregate {change.key.target}'
    if others - {zone}:
        return model.Finding(
            f'{what}: it would be in the zones {_joined({zone, *others})}',
            'take it out of one of them',
        )
    if host.servers and not others:
        return model.Finding(
            f'{what}: it has servers ({host.servers}), and would change its '
            'zone',
            'move the servers away, or shelve them',
        )
    return None


def _members(
    aggregate: str, facts: fact.Facts, cloud: model.Cloud
) -> Iterator[model.Host]:
    for name in sorted(cloud.hosts):
        if fact.Key(Kind.HOST, aggregate, name) in facts:
            yield cloud.hosts[name]


def _zone_of(aggregate: str) -> fact.Key:
    return fact.Key(Kind.ZONE, aggregate)


def zones(host: str, facts: fact.Facts, *, without: str) -> frozenset[str]:
    """List the zones that a host gets from other aggregates than one."""
    return frozenset(
        zone
        for key in facts
        if key.kind is Kind.HOST and key.name == host
        if key.target != without
        if (zone := facts.get(_zone_of(key.target)))
    )


def _joined(found: Iterable[str]) -> str:
    return ' and '.join(sorted(found))


def _shortened(reasons: Sequence[str]) -> str:
    """List some, and count the rest."""
    rest = len(reasons) - _NAMED
    more = [f'and {rest} more'] if rest > 0 else []
    return ', '.join([*reasons[:_NAMED], *more])
