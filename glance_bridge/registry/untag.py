"""Untagging where the engine can only delete what a tag points to.

Distribution 2.8 deletes manifests, by digest, and with them every tag of
theirs. So the tag is first moved to an index of nothing that no one else
has, which then goes and takes the tag along.
"""

import json
from typing import Protocol
import uuid

from glance_bridge import exception
from ocikit import document
from ocikit import exception as oci_exception
from ocikit import media_type

# In a manifest that is not an image and in no one's way: whoever died between
# the two steps has left it.
_ANNOTATION = 'org.openstack.glance-bridge.untag'
_ATTEMPTS = 4


class Registry(Protocol):
    """What untagging needs of an engine."""

    def put_manifest(
        self, repository: str, reference: str, content: bytes, media_type: str
    ) -> str: ...

    def delete_manifest(self, repository: str, digest: str) -> None: ...


def untag(registry: Registry, repository: str, tag: str) -> None:
    """Delete a tag and nothing else.

    :raises RegistryUnavailable: it still stands, or points to nothing
    """
    for attempt in range(_ATTEMPTS):
        content, kind = _nothing()
        try:
            digest = registry.put_manifest(repository, tag, content, kind)
            registry.delete_manifest(repository, digest)
        except exception.RegistryUnavailable:
            # NOTE(nova-docker): distribution 2.8 deletes the manifest and
            # then reads all tags to find its own. It gives up at one that
            # is being written, and ours is left with nothing behind it.
            # Nor can it write a tag that is being deleted: the bridge and
            # Glance's store both drop the pins of an image that goes.
            if attempt + 1 == _ATTEMPTS:
                raise
        else:
            return


def is_nothing(content: bytes) -> bool:
    """Tell whether a manifest is one that an untagging left behind."""
    try:
        found = document.read_object(content, 'the manifest')
        return _ANNOTATION in document.child(found, 'annotations') and (
            not document.children(found, 'manifests')
        )
    except oci_exception.ArchiveError:
        return False


def _nothing() -> tuple[bytes, str]:
    """Make an index of nothing, unlike any other, and its media type."""
    content = {
        'schemaVersion': 2,
        'mediaType': media_type.OCI_INDEX,
        'manifests': [],
        'annotations': {_ANNOTATION: str(uuid.uuid4())},
    }
    return json.dumps(content).encode(), media_type.OCI_INDEX
