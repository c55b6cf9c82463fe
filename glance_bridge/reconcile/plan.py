"""Comparing both sides: what differs, as plain as it can be said.

Each rule is a function of what was seen. Whether a difference is still there
is asked again by whoever mends it, under the lock of its tag.
"""

from collections.abc import Iterator
import datetime
import itertools
import operator

from glance_bridge import location
from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.publish import naming
from glance_bridge.reconcile import model as reconcile_model

Finding = reconcile_model.Finding
Kind = reconcile_model.Kind
World = reconcile_model.World
Rules = reconcile_model.Rules


def compare(
    world: World, rules: Rules, now: datetime.datetime
) -> list[Finding]:
    """List every difference once.

    :param now: naive UTC
    """
    found: list[Finding] = []
    for rule in (_tags, _images_of_tags, _gone, _pins, _orphans):
        found += rule(world)
    found += _stuck(world, rules, now)
    found += _expired(world, rules, now)
    return list(dict.fromkeys(found))


def finding(kind: Kind, publication: model.Publication) -> Finding:
    """Say what is wrong with a publication."""
    return Finding(
        *(kind, publication.repository, publication.tag),
        *(publication.digest, publication.image_id),
    )


def _tags(world: World) -> Iterator[Finding]:
    """Every tag means an image that can be found under its name."""
    shown = {
        (each.repository, each.tag, each.digest)
        for each in _of_state(world, model.State.ACTIVE)
        if _is_shown(each, world.images.get(each.image_id))
    }
    buried = _buried(world)
    for (repository, tag), digest in world.tags.items():
        key = (repository, tag, digest or '')
        if digest is None:
            yield Finding(Kind.BROKEN, repository, tag)
        elif key in shown or key in buried:
            continue
        elif repository.namespace not in world.namespaces:
            yield Finding(Kind.UNBOUND, *key)
        else:
            yield Finding(Kind.UNPUBLISHED, *key)


def _images_of_tags(world: World) -> Iterator[Finding]:
    """Every image that is shown is what its tag means."""
    for each in _of_state(world, model.State.ACTIVE):
        if each.image_id not in world.images:
            continue
        digest = world.tags.get((each.repository, each.tag))
        if digest is None:
            yield finding(Kind.UNTAGGED, each)
        elif digest != each.digest:
            yield finding(Kind.SUPERSEDED, each)


def _gone(world: World) -> Iterator[Finding]:
    """Every image that was published is there."""
    for each in _standing(world):
        if each.image_id not in world.images:
            yield finding(Kind.DELETED, each)


def _pins(world: World) -> Iterator[Finding]:
    """Every image that is there has its pin."""
    for each in _standing(world):
        image = world.images.get(each.image_id)
        pin = (each.repository, location.pin_of(each.image_id))
        if image is not None and image.is_active and pin not in world.pins:
            yield finding(Kind.UNPINNED, each)


def _orphans(world: World) -> Iterator[Finding]:
    """Every pin has an image that somebody may still ask for.

    Uploads and snapshots have a pin and no row, and for a while no image.
    Those without a tombstone are left for :mod:`orphan` to ask about.
    """
    dead = {
        each.image_id for each in _of_state(world, model.State.DELETED)
    } - world.images.keys()
    for (repository, tag), image_id in world.pins.items():
        if image_id in dead:
            yield Finding(Kind.ORPHANED, repository, tag, image_id=image_id)


def _stuck(
    world: World, rules: Rules, now: datetime.datetime
) -> Iterator[Finding]:
    """No image waits for data that nobody will bring.

    One that its tag still means is unpublished, and publishing goes on
    where it stopped; only when that had its time, too, it makes room for
    another image.
    """
    for each in _standing(world):
        image = world.images.get(each.image_id)
        if image is None or not image.is_queued:
            continue
        digest = world.tags.get((each.repository, each.tag))
        tries = 2 if digest == each.digest else 1
        if _created_at(image) < now - tries * rules.stuck_after:
            yield finding(Kind.STUCK, each)


def _expired(
    world: World, rules: Rules, now: datetime.datetime
) -> Iterator[Finding]:
    """No more is kept of what tags meant than operators want."""
    retired = [
        each
        for each in _of_state(world, model.State.RETIRED)
        if each.image_id in world.images
    ]
    retired.sort(key=_by_tag_newest_first)
    for _, group in itertools.groupby(retired, _tag_of):
        for number, each in enumerate(group):
            if _is_beyond(each, number, rules, now) and not (
                world.images[each.image_id].is_protected
            ):
                yield finding(Kind.EXPIRED, each)


def _is_beyond(
    each: model.Publication,
    number: int,
    rules: Rules,
    now: datetime.datetime,
) -> bool:
    if rules.retired_images is not None and number >= rules.retired_images:
        return True
    return (
        rules.retired_for is not None
        and each.changed_at is not None
        and now - each.changed_at > rules.retired_for
    )


def _tag_of(each: model.Publication) -> reconcile_model.Tag:
    return each.repository, each.tag


def _by_tag_newest_first(
    each: model.Publication,
) -> tuple[reconcile_model.Tag, datetime.timedelta, str]:
    changed_at = each.changed_at or datetime.datetime.min
    return (
        _tag_of(each),
        datetime.datetime.max - changed_at,
        each.image_id,
    )


def _of_state(world: World, state: model.State) -> Iterator[model.Publication]:
    return (each for each in world.publications if each.state is state)


def _standing(world: World) -> Iterator[model.Publication]:
    return (
        each
        for each in world.publications
        if each.state is not model.State.DELETED
    )


def _buried(world: World) -> set[tuple[model.Repository, str, str]]:
    """List what users deleted and nobody has pushed since."""
    newest: dict[tuple[model.Repository, str, str], model.Publication] = {}
    age = operator.attrgetter('generation')
    for each in sorted(world.publications, key=age):
        newest[each.repository, each.tag, each.digest] = each
    return {
        what
        for what, each in newest.items()
        if each.state is model.State.DELETED
    }


def _is_shown(
    publication: model.Publication, image: catalogue_image.Image | None
) -> bool:
    """Tell whether publishing came to its end.

    An image that its owner renamed or hid has come there, too: only one
    that is hidden under the name that publishing begins with has not.
    """
    if image is None or not image.is_active:
        return False
    begun = naming.hidden_name_of(
        publication.repository.path, publication.digest
    )
    return not (image.is_hidden and image.name == begun)


def _created_at(image: catalogue_image.Image) -> datetime.datetime:
    """Read when Glance made an image; one that does not say so is new."""
    try:
        read = datetime.datetime.fromisoformat(
            image.properties.get('created_at', '')
        )
    except ValueError:
        return datetime.datetime.max
    return read.astimezone(datetime.UTC).replace(tzinfo=None)
