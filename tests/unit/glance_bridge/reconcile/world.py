"""Both sides, made of a few words."""

import dataclasses
import datetime
from typing import Any

from glance_bridge import location
from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.publish import naming
from glance_bridge.reconcile import model as reconcile_model

KEY = b'k' * 32
NOW = datetime.datetime(2026, 1, 1, 12)
REPOSITORY = model.Repository('demo', 'web/api')
RULES = reconcile_model.Rules(None, None, datetime.timedelta(minutes=10))
ACTIVE, RETIRED, DELETED = model.State


def digest(letter: str) -> str:
    return 'sha256:' + letter * 64


def publication(
    tag: str = '1',
    letter: str = 'a',
    state: model.State = ACTIVE,
    generation: int = 1,
    changed_at: datetime.datetime = NOW,
) -> model.Publication:
    image_id = naming.image_id_of(
        KEY, str(REPOSITORY), tag, digest(letter), generation
    )
    return model.Publication(
        *(image_id, REPOSITORY, tag, digest(letter)),
        *(generation, state, changed_at),
    )


def image(
    publication: model.Publication,
    status: str = 'active',
    age_s: float = 0,
    **values: Any,
) -> catalogue_image.Image:
    is_active = publication.state is ACTIVE
    created_at = NOW - datetime.timedelta(seconds=age_s)
    name = (
        naming.name_of(REPOSITORY.path, publication.tag)
        if is_active
        else naming.hidden_name_of(REPOSITORY.path, publication.digest)
    )
    made = catalogue_image.Image(
        *(publication.image_id, name, 'p1', status),
        is_hidden=not is_active,
        properties={
            catalogue_image.REPOSITORY: str(publication.repository),
            catalogue_image.TAG: publication.tag,
            catalogue_image.MANIFEST_DIGEST: publication.digest,
            'container_format': 'docker',
            'created_at': f'{created_at.isoformat()}Z',
        },
    )
    return dataclasses.replace(made, **values)


def recognize(image: catalogue_image.Image) -> model.Publication | None:
    """Do what the publisher does, which computes the id."""
    said = image.properties
    tag = said[catalogue_image.TAG]
    found = said[catalogue_image.MANIFEST_DIGEST]
    for generation in range(5):
        made = publication(tag, found[-1], RETIRED, generation)
        if made.image_id == image.id:
            return made
    return None


def world(
    tags: dict[str, str | None],
    *publications: model.Publication,
    images: list[catalogue_image.Image] | None = None,
    pins: list[str] | None = None,
    namespaces: tuple[str, ...] = ('demo',),
) -> reconcile_model.World:
    """See tags, and what was published, with images and pins of it all."""
    if images is None:
        images = [
            image(each) for each in publications if each.state != DELETED
        ]
    if pins is None:
        pins = [each.id for each in images]
    return reconcile_model.World(
        tags={
            (REPOSITORY, tag): letter and digest(letter)
            for tag, letter in tags.items()
        },
        pins={(REPOSITORY, location.pin_of(each)): each for each in pins},
        images={each.id: each for each in images},
        image_ids=frozenset(each.id for each in images),
        publications=publications,
        namespaces=frozenset(namespaces),
    )
