"""From a record and a cloud to the way back, or to why there is none.

Only what still is as it was made is taken back. What somebody else changed
since, or put into an aggregate of ours, is theirs and stays.
"""

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses

from novadocker.zone import fact
from novadocker.zone import model

Kind = fact.Kind
# What a thing holds goes with it, so it has to be empty of what is others'.
_CONTENTS = {
    Kind.AGGREGATE: (Kind.METADATA, Kind.HOST),
    Kind.FLAVOR: (Kind.EXTRA_SPEC,),
}
_HOLDERS = {
    Kind.ZONE: Kind.AGGREGATE,
    Kind.METADATA: Kind.AGGREGATE,
    Kind.HOST: Kind.AGGREGATE,
    Kind.EXTRA_SPEC: Kind.FLAVOR,
}


@dataclasses.dataclass(frozen=True)
class Undoing:
    """What becomes of each change of a record.

    :param steps: to be taken back, in this order
    :param moot: of no effect any more
    :param left: stay, each with the reason
    """

    steps: tuple[fact.Change, ...]
    moot: tuple[fact.Change, ...]
    left: Mapping[fact.Change, model.Finding]


def make(changes: Sequence[fact.Change], cloud: model.Cloud) -> Undoing:
    """Go through a record backwards."""
    facts = fact.from_cloud(cloud)
    images = {image.id for image in cloud.images}
    steps: list[fact.Change] = []
    moot: list[fact.Change] = []
    left: dict[fact.Change, model.Finding] = {}
    for change in reversed(changes):
        if _is_moot(change, facts, images):
            moot.append(change)
        elif finding := _reason(change, facts):
            left[change] = finding
        else:
            steps.append(change)
            _take_back(change, facts)
    # An aggregate that goes takes its zone along.
    for change in list(left):
        if _is_moot(change, facts, images):
            moot.append(change)
            del left[change]
    return Undoing(tuple(steps), tuple(moot), left)


def _is_moot(
    change: fact.Change, facts: dict[fact.Key, str], images: set[str]
) -> bool:
    key = change.key
    if key.kind is Kind.PROPERTY and key.target not in images:
        return True
    holder = _HOLDERS.get(key.kind)
    if holder and fact.Key(holder, key.target) not in facts:
        return True
    return facts.get(key) == change.before


def _reason(
    change: fact.Change, facts: dict[fact.Key, str]
) -> model.Finding | None:
    """Tell why a change has to stay, if it has."""
    key, line = change.key, change.line({})
    if facts.get(key) != change.after:
        now = facts.get(key, 'not there')
        return model.Finding(
            f'"{line}" is not undone: somebody made it {now} since',
            'nothing, if that is meant; the record can be deleted',
        )
    if change.before is None and key.kind is Kind.ZONE:
        return model.Finding(
            f'"{line}" is not undone: Nova takes no zone from an aggregate',
            f'delete aggregate {key.target}, if nobody needs it',
        )
    others = _contents(key, facts) if change.before is None else []
    if others:
        return model.Finding(
            f'"{line}" is not undone: others put {", ".join(others)} there',
            'take that out and undo again, or keep it',
        )
    return None


def _contents(key: fact.Key, facts: dict[fact.Key, str]) -> list[str]:
    kinds = _CONTENTS.get(key.kind, ())
    return sorted(
        each.name
        for each in facts
        if each.target == key.target and each.kind in kinds
    )


def _take_back(change: fact.Change, facts: dict[fact.Key, str]) -> None:
    if change.before is not None:
        facts[change.key] = change.before
        return
    del facts[change.key]
    if change.key.kind is Kind.AGGREGATE:
        facts.pop(fact.Key(Kind.ZONE, change.key.target), None)
