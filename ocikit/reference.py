"""References: ``[domain/]path[:tag][@digest]``, the names of images.

A name without a domain is left without one: which registry it means, and
that ``latest`` is the tag nobody wrote, is for whoever resolves it.

:source: distribution/reference, the grammar in its package comment
"""

import dataclasses
import re

from ocikit import digest as oci_digest
from ocikit import exception

MAX_NAME = 255

_COMPONENT = r'[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
_ONE = re.compile(_COMPONENT)
_PATH = re.compile(rf'{_COMPONENT}(?:/{_COMPONENT})*')
_LABEL = r'[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?'
_DOMAIN = re.compile(
    rf'(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?'
)
_TAG = re.compile(r'[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}')


@dataclasses.dataclass(frozen=True)
class Reference:
    """An image's name in its parts; what is not there is empty."""

    domain: str
    path: str
    tag: str = ''
    digest: str = ''

    @property
    def name(self) -> str:
        """The repository: domain and path."""
        return f'{self.domain}/{self.path}' if self.domain else self.path

    def __str__(self) -> str:
        tag = f':{self.tag}' if self.tag else ''
        digest = f'@{self.digest}' if self.digest else ''
        return f'{self.name}{tag}{digest}'


def parse(value: str) -> Reference:
    """Read a reference.

    :raises InvalidReference: it does not follow the grammar
    :raises InvalidDigest: what follows the ``@`` is no digest
    """
    rest, at, digest = value.partition('@')
    if at:
        oci_digest.parse(digest)
    name, tag = _split_tag(rest)
    domain, path = _split_domain(name)
    found = Reference(domain, path, tag or '', digest)
    if (
        not _PATH.fullmatch(path)
        or (domain and not _DOMAIN.fullmatch(domain))
        or (tag is not None and not _TAG.fullmatch(tag))
        or len(found.name) > MAX_NAME
    ):
        raise exception.InvalidReference(value)
    return found


def is_component(value: str) -> bool:
    """Tell whether a string can stand between the slashes of a path."""
    return _ONE.fullmatch(value) is not None


def is_path(value: str) -> bool:
    """Tell whether a string is a name that a registry knows, with no domain.

    Registries take what looks like a domain as a part of the path.
    """
    return len(value) <= MAX_NAME and _PATH.fullmatch(value) is not None


def is_tag(value: str) -> bool:
    """Tell whether a string could be a tag."""
    return _TAG.fullmatch(value) is not None


def _split_tag(value: str) -> tuple[str, str | None]:
    """Cut the tag off; a colon before the last slash belongs to a port."""
    head, colon, tag = value.rpartition(':')
    if not colon or '/' in tag:
        return value, None
    return head, tag


def _split_domain(name: str) -> tuple[str, str]:
    """Cut the domain off, which only its looks tell from a path."""
    first, slash, rest = name.partition('/')
    has_domain = slash and (
        '.' in first
        or ':' in first
        or first == 'localhost'
        or first != first.lower()
    )
    return (first, rest) if has_domain else ('', name)
