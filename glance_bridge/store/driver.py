"""The driver: the door through which Glance uses the registry as a store.

It reads the configuration and turns our errors into those that Glance
answers with the right status. What it lets pass is decided in its room.
"""

from collections.abc import Callable
from collections.abc import Iterator
import functools
import hashlib
import os
from typing import Any
from typing import TypeVar
from typing import cast

from glance_store import capabilities
from glance_store import driver
from glance_store import exceptions
from glance_store import location as glance_location
from oslo_log import log as logging

from glance_bridge import location as image_location
from glance_bridge.registry import client
from glance_bridge.store import access
from glance_bridge.store import error
from glance_bridge.store import intake
from glance_bridge.store import option
from glance_bridge.store import recent
from glance_bridge.store import release
from glance_bridge.store import stream
from glance_bridge.token import authority
from ocikit import limit
from ocikit import plan
from ocikit import platform as oci_platform
from ocikit import reference

_Method = TypeVar('_Method', bound=Callable[..., Any])

LOG = logging.getLogger(__name__)

# The part of a tenant's namespace in which uploaded images are.
UPLOADS = 'uploads'

_NEEDED = (
    *('registry_url', 'registry_token_url'),
    *('registry_user', 'registry_password'),
)
_GIB = 1024**3


def _capable(method: _Method) -> _Method:
    """Refuse what the store cannot do, as every driver does."""
    return cast(_Method, capabilities.check(method))


class StoreLocation(glance_location.StoreLocation):
    """A location that was read strictly, and names no host."""

    found: image_location.Location

    def process_specs(self) -> None:
        self.found = self.specs['location']

    def get_uri(self) -> str:
        return str(self.found)

    def parse_uri(self, uri: str) -> None:
        try:
            self.found = image_location.parse(uri)
        except image_location.LocationInvalid as err:
            raise exceptions.BadStoreUri(message=str(err)) from err
        if self.found.store != self.backend_group:
            raise exceptions.BadStoreUri(
                message=f'{uri} is a location of another store'
            )


class Store(driver.Store):
    """Images as manifests and blobs of the registry."""

    _CAPABILITIES = (
        capabilities.BitMasks.READ_RANDOM
        | capabilities.BitMasks.WRITE_ACCESS
        | capabilities.BitMasks.DRIVER_REUSABLE
    )
    OPTIONS = option.OPTIONS

    def __init__(self, conf: Any, backend: str | None = None) -> None:
        super().__init__(conf, backend)
        # By its beginning Glance tells whose location a URL is.
        self._url_prefix = f'{image_location.SCHEME}://{backend}/'

    def get_schemes(self) -> tuple[str, ...]:
        return (image_location.SCHEME,)

    def configure_add(self) -> None:
        """Check the options; Glance starts without uploads if they lack."""
        if not self.backend_group:
            raise self._misconfigured('it has to be in enabled_backends')
        missing = [name for name in _NEEDED if not self._options[name]]
        if missing:
            raise self._misconfigured(f'set {", ".join(missing)}')
        try:
            _ = (self._registry, self._platform)
        except ValueError as err:
            raise self._misconfigured(str(err)) from err

    @_capable
    def get(
        self,
        location: glance_location.Location,
        offset: int = 0,
        chunk_size: int | None = None,
        context: Any = None,
    ) -> tuple[Iterator[bytes], int]:
        """Open the archive of an image, or ``chunk_size`` bytes of it.

        Who may read it was decided by Glance.
        """
        found = location.store_location.found
        planned = self._plan(found.repository, found.manifest_digest)
        rest = max(0, planned.size_bytes - offset)
        size = rest if chunk_size is None else min(chunk_size, rest)
        chunks = stream.chunks(
            self._registry, found.repository, planned, offset, size
        )
        return error.streaming(chunks), size

    def get_size(
        self, location: glance_location.Location, context: Any = None
    ) -> int:
        """Give the archive's size to whoever may make it a location.

        Nobody else learns whether there is such an image.
        """
        found = location.store_location.found
        if not access.may_locate(context):
            raise exceptions.BadStoreUri(
                message='only services may give an image this location'
            )
        planned = self._plans.get(found.repository, found.manifest_digest)
        return planned.size_bytes

    @_capable
    def add(
        self,
        image_id: str,
        image_file: Any,
        image_size: int,
        hashing_algo: str,
        context: Any = None,
        verifier: Any = None,
    ) -> tuple[str, int, str, str, dict[str, str]]:
        """Make an uploaded archive an image of the registry."""
        repository = _repository_of(image_id, context)
        if verifier is not None:
            raise exceptions.Invalid(
                'this store writes archives anew, so no signature of one '
                'could be verified; sign the image in the registry instead'
            )
        hashes = (
            hashlib.md5(usedforsecurity=False),
            hashlib.new(hashing_algo, usedforsecurity=False),
        )
        size = 0
        with (
            error.writing(),
            intake.received(image_file, self._platform, self._spool) as upload,
        ):
            for chunk in upload.chunks():
                size += len(chunk)
                for each in hashes:
                    each.update(chunk)
            digest = upload.push(
                self._registry, repository, image_location.pin_of(image_id)
            )
        url = image_location.location_of(
            repository, digest, image_id, self.backend_group
        )
        LOG.info('Image %s was uploaded to %s', image_id, repository)
        checksum, multihash = (each.hexdigest() for each in hashes)
        return url, size, checksum, multihash, {'store': self.backend_group}

    @_capable
    def delete(
        self, location: glance_location.Location, context: Any = None
    ) -> None:
        """Let the registry forget an image, but not what others share.

        Only the pin goes; what it held is collected by the registry's engine.
        """
        found = location.store_location.found
        with error.deleting():
            release.release(
                self._registry, self._engine, found.repository, found.image_id
            )
        LOG.info('Image %s let go of %s', found.image_id, found.repository)

    def set_acls(self, location: Any, **acls: Any) -> None:
        """Leave the registry as it is: there the bridge decides."""

    def _plan(self, repository: str, manifest_digest: str) -> plan.Plan:
        with error.reading():
            return stream.plan(
                *(self._registry, repository, manifest_digest, self._platform)
            )

    @functools.cached_property
    def _plans(self) -> recent.Plans:
        return recent.Plans(self._plan)

    @functools.cached_property
    def _options(self) -> Any:
        return self.conf[self.backend_group]

    @functools.cached_property
    def _authorize(self) -> authority.Authorize:
        options = self._options
        return authority.remote(
            options.registry_token_url,
            options.registry_service,
            options.registry_user,
            options.registry_password,
            ca_file=options.registry_ca_file,
        )

    @functools.cached_property
    def _registry(self) -> client.Registry:
        return self._connected(can_delete_tag=True)

    @functools.cached_property
    def _engine(self) -> client.Registry:
        return self._connected(can_delete_tag=False)

    def _connected(self, *, can_delete_tag: bool) -> client.Registry:
        options = self._options
        return client.Registry(
            options.registry_url,
            self._authorize,
            options.registry_ca_file,
            options.registry_timeout_s,
            can_delete_tag=can_delete_tag,
        )

    @functools.cached_property
    def _platform(self) -> oci_platform.Platform:
        text = self._options.registry_platform
        if text is None:
            return oci_platform.from_machine(os.uname().machine)
        return oci_platform.parse(text)

    @property
    def _spool(self) -> intake.Spool:
        options = self._options
        return intake.Spool(
            options.registry_spool_dir,
            options.registry_spool_max_gb * _GIB,
            limit.Limits(options.registry_unpacked_max_gb * _GIB),
        )

    def _misconfigured(self, reason: str) -> exceptions.BadStoreConfiguration:
        return exceptions.BadStoreConfiguration(
            store_name=self.backend_group or image_location.SCHEME,
            reason=reason,
        )


def _repository_of(image_id: str, context: Any) -> str:
    """Name the repository of an uploaded image: one of its own.

    Nobody but the bridge and members of the project can write there.

    :raises Invalid: there is no such repository
    """
    project_id = str(getattr(context, 'project_id', None) or '')
    if not reference.is_component(project_id):
        raise exceptions.Invalid(
            'uploads to this store need a project, whose id is a part of the '
            'name of a repository'
        )
    if not image_location.is_pin(image_location.pin_of(image_id)):
        raise exceptions.Invalid(
            'the id of an image of this store is a UUID in lower case'
        )
    return f'{project_id}/{UPLOADS}/{image_id}'
