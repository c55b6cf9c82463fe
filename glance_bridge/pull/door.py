"""``POST /v1/images/{image_id}/pull``: the way to an image's layers.

Glance decides who sees the image. What is answered is good for one repository
and a few minutes.
"""

from collections.abc import Iterable
import dataclasses
from typing import Protocol

import webob

from glance_bridge import exception
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.pull import body
from glance_bridge.pull import caller as callers
from glance_bridge.pull import place as places
from glance_bridge.registry import client as registry_client
from glance_bridge.token import access
from ocikit import exception as oci_exception
from ocikit import manifest
from ocikit import media_type
from ocikit import plan
from ocikit import platform as oci_platform


class Catalogue(Protocol):
    def seen_by(
        self,
        image_id: str,
        user_token: str,
        service_token: str | None = None,
        /,
    ) -> catalogue_image.Image | None: ...


class Registry(Protocol):
    def manifest(
        self, repository: str, reference: str, /
    ) -> registry_client.Manifest: ...


class Issuer(Protocol):
    def issue(
        self,
        subject: str,
        granted: Iterable[access.Access],
        lifetime_s: int,
        *,
        user_name: str = '',
    ) -> access.Token: ...


@dataclasses.dataclass(frozen=True)
class Behind:
    """The rooms behind the doors."""

    gate: callers.Gate
    catalogue: Catalogue
    places: places.Places
    registry: Registry
    issuer: Issuer


class PullDoor:
    """Tells where an image is, and hands out the right to fetch it."""

    def __init__(self, behind: Behind, *, lifetime_s: int) -> None:
        self._behind = behind
        self._lifetime_s = lifetime_s

    def __call__(
        self, request: webob.Request, image_id: str
    ) -> webob.Response:
        behind = self._behind
        caller = behind.gate.admit(request)
        platform = body.platform(body.read(request))
        place = find(behind, caller, image_id)
        found = chosen(behind, place, platform)
        token = behind.issuer.issue(
            caller.service.user_id,
            (may_pull(place.repository),),
            self._lifetime_s,
            user_name=caller.service.user_name,
        )
        return webob.Response(
            json={
                **described(place, found),
                'size_bytes': found.size_bytes,
                'token': token.text,
                'expires_in_s': token.expires_in_s,
            },
            cache_control='no-store',
        )


@dataclasses.dataclass(frozen=True)
class Chosen:
    """The one image of a place that is for a platform."""

    manifest_digest: str
    config_digest: str
    size_bytes: int


def described(place: places.Place, found: Chosen) -> dict[str, str]:
    """Say where an image is, as callers read it."""
    return {
        'repository': place.repository,
        'manifest_digest': found.manifest_digest,
        'config_digest': found.config_digest,
    }


def chosen(
    behind: Behind, place: places.Place, platform: oci_platform.Platform
) -> Chosen:
    """Choose the image for a platform.

    :raises NameUnknown: there is none
    """
    found = behind.registry.manifest(place.repository, place.digest)
    try:
        if found.media_type in media_type.INDEXES:
            child = plan.choose(found.content, platform)
            found = behind.registry.manifest(place.repository, child.digest)
        image = manifest.read_manifest(found.content, 'the manifest')
    except oci_exception.OciError as err:
        raise exception.NameUnknown(f'{err}.') from err
    # A layer may lie on another one twice.
    blobs = {each.digest: each for each in (image.config, *image.layers)}
    return Chosen(
        found.digest,
        image.config.digest,
        sum(each.size_bytes for each in blobs.values()),
    )


def find(
    behind: Behind, caller: callers.Caller, image_id: str
) -> places.Place:
    """Find an image that Glance shows to a user.

    :raises NameUnknown: it does not, or the registry does not have it
    """
    seen = behind.catalogue.seen_by(
        image_id, caller.user_token, caller.service_token
    )
    place = None
    if seen is not None and seen.is_active:
        place = behind.places.find(image_id, seen.owner)
    # One sentence for both: an id tells nobody that there is an image.
    if place is None:
        raise exception.NameUnknown(
            f'The registry has no image {image_id} for this user.'
        )
    return place


def may_pull(repository: str) -> access.Access:
    return access.Access(access.REPOSITORY, repository, (access.PULL,))
