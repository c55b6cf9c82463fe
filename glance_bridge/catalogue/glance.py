"""Glance's Images API, as far as publishing needs it.

Nothing is decided here: which image there should be, and what it is called,
is for the rooms above.

:source: Glance, Image service API v2, "Locations" and "Images"; what its
    tasks do in between, glance/async_/flows/location_import.py of 2026.2
"""

from collections.abc import Iterator
from collections.abc import Mapping
import json
from typing import Any
from typing import Protocol
from urllib import parse

from glance_bridge import exception
from glance_bridge.catalogue import error
from glance_bridge.catalogue import image as catalogue_image

_PATCH = 'application/openstack-images-v2.1-json-patch'
# As many as Glance gives at once, unless it was told otherwise.
_PAGE = 1000


class Transport(Protocol):
    """Whatever sends requests: :class:`identity.endpoint.Endpoint`."""

    def request(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        as_ourselves: bool = True,
    ) -> error.Reply: ...


class Catalogue:
    """Glance, for any number of threads.

    Every method raises CatalogueUnavailable where there is no answer worth
    the name, and CatalogueRefused where Glance says no.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, image_id: str) -> catalogue_image.Image | None:
        """Read an image; none where it is not there, or not any more."""
        reply = self._send('GET', _path(image_id))
        if reply.status == 404:
            return None
        error.check(reply, f'read image {image_id}', 200)
        return catalogue_image.Image.from_json(error.document(reply))

    def seen_by(
        self, image_id: str, user_token: str, service_token: str | None = None
    ) -> catalogue_image.Image | None:
        """Read an image with the rights of a user, and with no other.

        :raises Unauthorized: the token is not good (any more)
        """
        headers = {'X-Auth-Token': user_token}
        if service_token:
            headers['X-Service-Token'] = service_token
        reply = self._send(
            'GET', _path(image_id), headers=headers, as_ourselves=False
        )
        if reply.status in (403, 404):
            return None
        if reply.status == 401:
            raise exception.Unauthorized('Glance does not know the token.')
        error.check(reply, f'read image {image_id}', 200)
        return catalogue_image.Image.from_json(error.document(reply))

    def images(self, **filters: str) -> Iterator[catalogue_image.Image]:
        """List images of all projects that match, hidden ones as well."""
        for is_hidden in ('false', 'true'):
            yield from self.listed(os_hidden=is_hidden, **filters)

    def listed(self, **filters: str) -> Iterator[catalogue_image.Image]:
        """List images of all projects, hidden ones where ``os_hidden``."""
        query = parse.urlencode(
            {'limit': _PAGE, 'visibility': 'all', **filters}
        )
        path: str | None = f'/v2/images?{query}'
        while path:
            reply = self._send('GET', path)
            error.check(reply, 'list images', 200)
            found = error.document(reply)
            for each in _entries(found):
                yield catalogue_image.Image.from_json(each)
            path = found.get('next')

    def published(self, **filters: str) -> Iterator[catalogue_image.Image]:
        """List what says of itself that it came from the registry."""
        for each in self.images(container_format='docker', **filters):
            if catalogue_image.REPOSITORY in each.properties:
                yield each

    def named(self, owner: str, name: str) -> list[catalogue_image.Image]:
        """List the visible images of a project that have a name."""
        # Without the operator Glance takes what is before a colon for one.
        found = self.listed(os_hidden='false', owner=owner, name=f'eq:{name}')
        # MariaDB's collations do not tell case apart, tags do.
        return [each for each in found if each.name == name]

    def usage(self, project_id: str) -> tuple[int, int]:
        """Count a project's images and sum up their bytes."""
        sizes = [each.size_bytes for each in self.images(owner=project_id)]
        return len(sizes), sum(sizes)

    def create(self, draft: catalogue_image.Draft) -> catalogue_image.Image:
        """Register an image that has no data yet.

        :raises ImageConflict: the id is somebody's, or was
        """
        reply = self._send('POST', '/v2/images', draft.as_json())
        error.check(reply, f'create image {draft.id}', 201)
        return catalogue_image.Image.from_json(error.document(reply))

    def add_location(self, image_id: str, url: str) -> None:
        """Have Glance take an image's data from where it is.

        It answers before it has done so: wait for the image.

        :raises ImageConflict: it has data, or a task of Glance holds it
        """
        reply = self._send(
            'POST', f'{_path(image_id)}/locations', {'url': url}
        )
        error.check(reply, f'give image {image_id} its location', 202)

    def locations(self, image_id: str) -> list[str]:
        """List where Glance takes an image's data from."""
        reply = self._send('GET', f'{_path(image_id)}/locations')
        error.check(reply, f'read the locations of image {image_id}', 200)
        found = error.document(reply)
        try:
            return [str(each['url']) for each in found]
        except (KeyError, TypeError) as err:
            raise exception.CatalogueRefused(
                'it answered with something that is no list of locations.'
            ) from err

    def failure(self, image_id: str) -> str | None:
        """Say why the newest task on an image failed, if it did."""
        reply = self._send('GET', f'{_path(image_id)}/tasks')
        if reply.status == 404:
            return None
        error.check(reply, f'read the tasks of image {image_id}', 200)
        tasks = _entries(error.document(reply), 'tasks')
        newest: Mapping[str, Any] = max(tasks, key=_age, default={})
        if newest.get('status') != 'failure':
            return None
        return str(newest.get('message') or 'it does not say why')

    def change(self, image_id: str, name: str, *, is_hidden: bool) -> None:
        """Rename an image and hide or show it, both at one moment."""
        values = {'name': name, 'os_hidden': is_hidden}
        patch = [
            {'op': 'replace', 'path': f'/{key}', 'value': value}
            for key, value in values.items()
        ]
        reply = self._send(
            'PATCH',
            _path(image_id),
            patch,
            headers={'Content-Type': _PATCH},
        )
        error.check(reply, f'rename image {image_id}', 200)

    def delete(self, image_id: str) -> None:
        """Delete an image; one that is not there is fine.

        :raises ImageProtected: its owner forbids it
        """
        reply = self._send('DELETE', _path(image_id))
        if reply.status == 404:
            return
        if reply.status == 403:
            found = self.get(image_id)
            if found is not None and found.is_protected:
                raise exception.ImageProtected(f'{image_id} is protected.')
        error.check(reply, f'delete image {image_id}', 204)

    def _send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        as_ourselves: bool = True,
    ) -> error.Reply:
        content = None if body is None else json.dumps(body).encode()
        wanted = {'Accept': 'application/json'}
        if content is not None:
            wanted['Content-Type'] = 'application/json'
        wanted.update(headers or {})
        try:
            return self._transport.request(
                method,
                path,
                content=content,
                headers=wanted,
                as_ourselves=as_ourselves,
            )
        except exception.ServiceUnavailable as err:
            raise exception.CatalogueUnavailable(err.message) from err


def _path(image_id: str) -> str:
    return f'/v2/images/{parse.quote(image_id, safe="")}'


def _entries(found: Any, key: str = 'images') -> list[Any]:
    try:
        return list(found[key])
    except (KeyError, TypeError) as err:
        raise exception.CatalogueRefused(
            f'it answered with something that is no list of {key}.'
        ) from err


def _age(task: Mapping[str, Any]) -> str:
    """Order tasks by when they began; the form of the time allows it."""
    return str(task.get('created_at', ''))
