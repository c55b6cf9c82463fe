"""Addresses: the paths of the API, made of names that were checked.

What a stranger may have named becomes part of a path here and nowhere else.

:source: OCI distribution-spec 1.1, "API"
"""

from glance_bridge import exception
from ocikit import digest as oci_digest
from ocikit import reference as oci_reference


def manifest(repository: str, reference: str) -> str:
    """Give the path of what a tag or a digest names."""
    is_digest = oci_digest.is_digest(reference)
    if not is_digest and not oci_reference.is_tag(reference):
        raise exception.RegistryRefused('that is neither a tag nor a digest')
    return f'{_folder(repository)}/manifests/{reference}'


def blob(repository: str, digest: str) -> str:
    """Give the path of a blob."""
    return f'{_folder(repository)}/blobs/{_digest(digest)}'


def tags(repository: str) -> str:
    """Give the path of the list of a repository's tags."""
    return f'{_folder(repository)}/tags/list'


def uploads(repository: str) -> str:
    """Give the path below which blobs are uploaded."""
    return f'{_folder(repository)}/blobs/uploads/'


def scope(repository: str, *actions: str) -> str:
    """Give the scope of a token for deeds in a repository."""
    return f'repository:{_name(repository)}:{",".join(actions)}'


def _folder(repository: str) -> str:
    return f'/v2/{_name(repository)}'


def _name(repository: str) -> str:
    if not oci_reference.is_path(repository):
        raise exception.RegistryRefused('that is no name of a repository')
    return repository


def _digest(digest: str) -> str:
    if not oci_digest.is_digest(digest):
        raise exception.RegistryRefused('that is no digest')
    return digest
