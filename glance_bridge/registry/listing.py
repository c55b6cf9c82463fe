"""Lists that come in pages: tags and repositories.

:source: OCI distribution-spec, "Listing Tags"; RFC 8288, Link
"""

from collections.abc import Iterator
from collections.abc import Mapping
import urllib.parse

import requests.utils

from glance_bridge import exception
from glance_bridge.registry import connection
from glance_bridge.registry import error
from ocikit import document
from ocikit import exception as oci_exception

# More in one answer than any engine gives: there the answer ends at a limit
# of its own.
_PAGE_ITEMS = 1000


def items(
    link: connection.Connection,
    path: str,
    headers: Mapping[str, str],
    name: str,
) -> Iterator[str]:
    """Go through all pages of a list.

    :param name: the field that holds it
    :raises RegistryNotFound: there is no such list
    """
    query = f'n={_PAGE_ITEMS}'
    seen = set()
    while query:
        if query in seen:
            raise exception.RegistryRefused(f'the pages of {path} have no end')
        seen.add(query)
        answer = link.send('GET', f'{path}?{query}', headers)
        error.check(answer, 200, what=path)
        yield from _read(answer.content, path, name)
        query = _next(answer.headers.get('Link', ''))


def _read(content: bytes, path: str, name: str) -> tuple[str, ...]:
    try:
        # Each tag is a folder of the engine's: that is what bounds them.
        found = document.read_object(content, path, len(content))
        return document.texts(found, name)
    except oci_exception.ArchiveError as err:
        raise exception.RegistryRefused(f'{path}: {err}') from err


def _next(link: str) -> str:
    """Give the query of the next page; whose path it is does not matter."""
    for each in requests.utils.parse_header_links(link):
        if each.get('rel') == 'next':
            return urllib.parse.urlsplit(each['url']).query
    return ''
