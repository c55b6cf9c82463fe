"""``POST /v1/images/{image_id}/push`` and ``/publish``: for snapshots.

The first says where the layers of an image go that Glance awaits, the second
makes the image of them. What is pushed in between is looked into as what
anybody pushes.
"""

from collections.abc import Callable
import contextlib
import dataclasses
from typing import Protocol

import webob

from glance_bridge import audit
from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.identity import tokens as identity_tokens
from glance_bridge.pull import body
from glance_bridge.pull import caller as callers
from glance_bridge.pull import door
from glance_bridge.pull import place as places
from glance_bridge.registry import client as registry_client
from glance_bridge.token import access
from glance_bridge.verdict import model as verdicts
from ocikit import digest as oci_digest
from ocikit import exception as oci_exception


class Registry(Protocol):
    def manifest(
        self, repository: str, reference: str, /
    ) -> registry_client.Manifest: ...

    def put_manifest(
        self,
        repository: str,
        reference: str,
        content: bytes,
        media_type: str,
        /,
    ) -> str: ...

    def untag(self, repository: str, tag: str, /) -> None: ...


class Catalogue(door.Catalogue, Protocol):
    def add_location(self, image_id: str, url: str, /) -> None: ...


class Quota(Protocol):
    def check_more(
        self, project_id: str, size_bytes: int, /, *, images: int
    ) -> None: ...


@dataclasses.dataclass(frozen=True)
class Awaited:
    """An image without data, and who is to fill it."""

    image: catalogue_image.Image
    user: identity_tokens.Holder
    repository: str


class PushDoor:
    """Tells where a snapshot goes, and where its parent is."""

    def __init__(self, behind: door.Behind, *, lifetime_s: int) -> None:
        self._behind = behind
        self._lifetime_s = lifetime_s

    def __call__(
        self, request: webob.Request, image_id: str
    ) -> webob.Response:
        caller = self._behind.gate.admit(request)
        wanted = body.read(request)
        awaited = find_awaited(self._behind, caller, image_id)
        parent = door.find(self._behind, caller, body.text(wanted, 'parent'))
        found = door.chosen(self._behind, parent, body.platform(wanted))
        token = self._behind.issuer.issue(
            caller.service.user_id,
            (
                access.Access(
                    access.REPOSITORY,
                    awaited.repository,
                    (access.PULL, access.PUSH),
                ),
                door.may_pull(parent.repository),
            ),
            self._lifetime_s,
            user_name=caller.service.user_name,
        )
        return webob.Response(
            json={
                'repository': awaited.repository,
                'token': token.text,
                'expires_in_s': token.expires_in_s,
                'parent': door.described(parent, found),
            },
            cache_control='no-store',
        )


class PublishDoor:
    """Makes an image of what was pushed for it.

    :param wait: blocks until an image is active
    :param store: the name of Glance's store that is the registry
    """

    def __init__(
        self,
        behind: door.Behind,
        registry: Registry,
        catalogue: Catalogue,
        *,
        judge: Callable[[str, bytes, str], verdicts.Verdict],
        quota: Quota,
        wait: Callable[[str], object],
        store: str = location.STORE,
    ) -> None:
        self._behind = behind
        self._registry = registry
        self._catalogue = catalogue
        self._judge = judge
        self._quota = quota
        self._wait = wait
        self._store = store

    def __call__(
        self, request: webob.Request, image_id: str
    ) -> webob.Response:
        caller = self._behind.gate.admit(request)
        digest = _digest(body.text(body.read(request), 'manifest_digest'))
        awaited = find_awaited(self._behind, caller, image_id)
        self._publish(awaited, digest)
        audit.record(
            audit.PUBLISH,
            audit.DONE,
            actor=model.Actor(
                awaited.user.user_id,
                awaited.user.user_name,
                request.client_addr or '',
            ),
            repository=awaited.repository,
            digest=digest,
            image_id=image_id,
            project_id=awaited.image.owner,
        )
        return webob.Response(json={})

    def _publish(self, awaited: Awaited, digest: str) -> None:
        repository, image_id = awaited.repository, awaited.image.id
        found = self._registry.manifest(repository, digest)
        verdict = self._judge(repository, found.content, found.media_type)
        if verdict.kind is not verdicts.Kind.IMAGE or verdict.children:
            raise exception.ManifestInvalid(
                verdict.reason or 'A snapshot is a single image, no index.'
            )
        self._quota.check_more(
            awaited.image.owner, verdict.size_bytes, images=0
        )
        pin = location.pin_of(image_id)
        with contextlib.ExitStack() as undo:
            # NOTE: before Glance hears of it, so that nothing can collect it.
            self._registry.put_manifest(
                repository, pin, found.content, found.media_type
            )
            undo.callback(self._registry.untag, repository, pin)
            self._catalogue.add_location(
                image_id,
                location.location_of(
                    repository, digest, image_id, self._store
                ),
            )
            try:
                self._wait(image_id)
            except exception.LocationFailed:
                raise
            except exception.BridgeError:
                # Glance may use it yet; if not, the reconciler finds a pin
                # without an image.
                undo.pop_all()
                raise
            undo.pop_all()


def find_awaited(
    behind: door.Behind, caller: callers.Caller, image_id: str
) -> Awaited:
    """Find an image that a user may fill.

    :raises NameUnknown: Glance does not show it to them
    :raises Denied: it is another project's, or they may not push
    :raises ImageConflict: it has data
    """
    image = behind.catalogue.seen_by(
        image_id, caller.user_token, caller.service_token
    )
    if image is None:
        raise exception.NameUnknown(
            f'Glance has no image {image_id} for this user.'
        )
    user = behind.gate.user(caller)
    repository = places.upload_repository(image.owner, image_id)
    is_owner = user.project.id == image.owner
    if not is_owner or not behind.gate.may_push(user, image.owner, repository):
        raise exception.Denied(
            f'User {user.user_name} may not fill image {image_id} of '
            f'project {image.owner}.'
        )
    if not image.is_queued or image.is_busy:
        raise exception.ImageConflict(
            f'image {image_id} does not wait for data.', status=409
        )
    return Awaited(image, user, repository)


def _digest(text: str) -> str:
    try:
        return oci_digest.parse(text)
    except oci_exception.InvalidDigest as err:
        raise exception.RequestInvalid(f'{err}.') from err
