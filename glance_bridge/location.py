"""Where the data of an image is: its URL in Glance and its pin.

These are words that Glance's store, the publisher and the pull door share;
nothing here talks to anyone. The URL names no host: which registry is meant
stands in the configuration of whoever reads it, so a URL that somebody wrote
cannot send anybody anywhere. It ends with the image, because Glance hands a
store the URL alone, and several images may share one manifest.
"""

import dataclasses
import re

from ocikit import digest as oci_digest
from ocikit import exception as oci_exception
from ocikit import reference

SCHEME = 'docker-registry'
STORE = 'registry'

_UUID = r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
# A backend's name is a group of glance-api.conf.
_LOCATION = re.compile(
    rf'{SCHEME}://(?P<store>[A-Za-z0-9][A-Za-z0-9_.-]*)/'
    r'(?P<repository>[a-z0-9._/-]+)@(?P<digest>sha256:[0-9a-f]{64})/'
    rf'(?P<image>{_UUID})'
)
_PIN = re.compile(rf'g-(?P<image>{_UUID})(?:-[0-9]+)?')


class LocationInvalid(ValueError):
    """It is no URL that the bridge wrote."""


@dataclasses.dataclass(frozen=True)
class Location:
    """The data of one image; ``str()`` is the URL that Glance keeps."""

    repository: str
    manifest_digest: str
    image_id: str
    store: str = STORE

    def __str__(self) -> str:
        return (
            f'{SCHEME}://{self.store}/{self.repository}'
            f'@{self.manifest_digest}/{self.image_id}'
        )


def parse(url: str) -> Location:
    """Read a URL back, and nothing but what ``str(Location)`` writes.

    :raises LocationInvalid: anything is missing, added or spelt otherwise
    """
    found = _LOCATION.fullmatch(url)
    if not found or not _is_repository(found['repository']):
        raise LocationInvalid(
            f'{oci_exception.shown(url)} is no location of {SCHEME}'
        )
    return Location(
        found['repository'],
        oci_digest.parse(found['digest']),
        found['image'],
        found['store'],
    )


def location_of(
    repository: str, manifest_digest: str, image_id: str, store: str = STORE
) -> str:
    """Write the URL of an image's data.

    :raises LocationInvalid: one of the parts could not be read back
    """
    url = str(Location(repository, manifest_digest, image_id, store))
    parse(url)
    return url


def pin_of(image_id: str) -> str:
    """Name the tag that keeps an image's manifest from collection."""
    return f'g-{image_id}'


def child_pin_of(image_id: str, position: int) -> str:
    """Name the tag that keeps one manifest of an image's index."""
    return f'{pin_of(image_id)}-{position}'


def image_of_pin(tag: str) -> str | None:
    """Say whose pin a tag is; none where it is a tag of a tenant."""
    found = _PIN.fullmatch(tag)
    return found['image'] if found else None


def is_pin(tag: str) -> bool:
    """Tell the bridge's own tags, which nobody publishes or withdraws."""
    return image_of_pin(tag) is not None


def _is_repository(value: str) -> bool:
    """Hold a path against the grammar, with a namespace before it.

    A tag or a domain cannot stand in it: a first part that looks like a
    domain to Docker is a namespace here, so the parts are read one by one.
    """
    parts = value.split('/')
    return (
        len(parts) > 1
        and len(value) <= reference.MAX_NAME
        and all(map(reference.is_component, parts))
    )
