"""What an answer of Glance means, in the bridge's own errors."""

from collections.abc import Mapping
import json
import re
from typing import Any
from typing import Protocol

from glance_bridge import exception

_MOST_BYTES = 16 << 20
_TAGS = re.compile(r'<[^>]*>')
_SHOWN_CHARACTERS = 200


class Reply(Protocol):
    @property
    def status(self) -> int: ...

    @property
    def content(self) -> bytes: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


def check(reply: Reply, what: str, *expected: int) -> None:
    """Raise what an answer means, unless it is one of the expected.

    :param what: what was asked for, behind "could not"
    """
    if reply.status in expected:
        return
    sentence = f'could not {what}: {_reason(reply)}'
    if reply.status == 404:
        raise exception.ImageNotFound(sentence)
    if reply.status == 409:
        raise exception.ImageConflict(sentence)
    # 401 comes after keystoneauth renewed the token: something is wrong
    # with the bridge's user, and nothing with what its caller sent.
    if reply.status in (401, 408, 429) or reply.status >= 500:
        raise exception.CatalogueUnavailable(
            f'status {reply.status}', retry_after_s=_retry_after_s(reply)
        )
    raise exception.CatalogueRefused(sentence)


def document(reply: Reply) -> Any:
    """Read the JSON of an answer."""
    if len(reply.content) > _MOST_BYTES:
        raise exception.CatalogueRefused('it answered with too much.')
    try:
        return json.loads(reply.content)
    except ValueError as err:
        raise exception.CatalogueRefused(
            'it answered with something that is no JSON.'
        ) from err


def _reason(reply: Reply) -> str:
    """Cut the sentence out of the page that Glance wraps around it."""
    text = _TAGS.sub(' ', reply.content.decode('utf-8', 'replace'))
    words = ' '.join(text.split())[:_SHOWN_CHARACTERS]
    return words or f'status {reply.status}'


def _retry_after_s(reply: Reply) -> int:
    value = reply.headers.get('Retry-After', '')
    return min(int(value), 600) if value.isdecimal() else 5
