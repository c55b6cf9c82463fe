"""What an image of a tag is called, and which id it gets.

An id is computed, so that whoever finishes a publication that another
process began finds the same image. It is keyed, because members may choose
the ids of their own images: nobody else can know it beforehand and take it.
"""

import hashlib
import hmac
import uuid

# What Glance keeps of a name.
MAX_NAME = 255
_AT_DIGEST = len('@sha256:') + 64


def image_id_of(
    key: bytes,
    repository: str,
    tag: str,
    manifest_digest: str,
    generation: int,
) -> str:
    """Compute the id of an image.

    :param repository: with its namespace, as the registry writes it
    :param generation: 1, and one more whenever an id cannot be used (any
        more): Glance gives the id of a deleted image to nobody
    """
    # A zero byte stands in none of the parts, so no two sets of them meet.
    parts = '\0'.join((repository, tag, manifest_digest, str(generation)))
    code = hmac.digest(key, parts.encode(), hashlib.sha256)
    return str(uuid.UUID(bytes=code[:16], version=4))


def name_of(path: str, tag: str) -> str:
    """Name the image that a tag means now."""
    return f'{path}:{tag}'


def hidden_name_of(path: str, manifest_digest: str) -> str:
    """Name an image that a tag does not mean yet, or no more.

    It is hidden besides, but clients look among hidden images where no
    visible one has the name.
    """
    return f'{path}@{manifest_digest}'


def fits(path: str, tag: str) -> bool:
    """Tell whether Glance can keep both names of an image."""
    return len(path) + max(len(tag) + 1, _AT_DIGEST) <= MAX_NAME
