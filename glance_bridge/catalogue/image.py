"""An image of Glance, as far as the bridge looks at it.

Its owner may write the properties: they are hints, never proofs.
"""

from collections.abc import Mapping
import dataclasses
from typing import Any
from typing import Self

from glance_bridge import exception

REPOSITORY = 'docker_repository'
TAG = 'docker_tag'
MANIFEST_DIGEST = 'docker_manifest_digest'
CONFIG_DIGEST = 'docker_config_digest'

# Glance's own mark on an image that one of its tasks works on.
_TASK = 'os_glance_import_task'


@dataclasses.dataclass(frozen=True)
class Image:
    """What Glance said at one moment.

    :param is_busy: a task of Glance holds the image, and may write back
        what it read before anything that is changed meanwhile
    :param size_bytes: of the data; 0 as long as there is none
    """

    id: str
    name: str
    owner: str
    status: str
    is_hidden: bool = False
    is_protected: bool = False
    is_busy: bool = False
    size_bytes: int = 0
    properties: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def is_active(self) -> bool:
        return self.status == 'active'

    @property
    def is_queued(self) -> bool:
        return self.status == 'queued'

    @classmethod
    def from_json(cls, found: Any) -> Self:
        """Read a document of the Images API.

        :raises CatalogueRefused: it is none
        """
        try:
            return cls(
                id=found['id'],
                name=found['name'] or '',
                owner=found['owner'] or '',
                status=found['status'],
                is_hidden=found['os_hidden'],
                is_protected=found['protected'],
                is_busy=_TASK in found,
                size_bytes=found['size'] or 0,
                properties={
                    key: value
                    for key, value in found.items()
                    if isinstance(value, str)
                },
            )
        except (KeyError, TypeError, AttributeError) as err:
            raise exception.CatalogueRefused(
                'it answered with something that is no image.'
            ) from err


@dataclasses.dataclass(frozen=True)
class Draft:
    """An image to be: it is hidden until it has its data."""

    id: str
    name: str
    owner: str
    min_ram_mb: int
    properties: Mapping[str, str]

    def as_json(self) -> dict[str, object]:
        """Write it as the Images API reads it.

        Nothing reads the disk format of a container; ``raw`` is the one
        that Nova accepts without conversion.
        """
        return {
            **self.properties,
            'id': self.id,
            'name': self.name,
            'owner': self.owner,
            'min_ram': self.min_ram_mb,
            'container_format': 'docker',
            'disk_format': 'raw',
            'os_hidden': True,
        }
