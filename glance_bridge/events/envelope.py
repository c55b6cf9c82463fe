"""Reading an envelope of events.

:source: distribution 2.8, docs/notifications.md
"""

import dataclasses
import datetime
import json
from typing import Any

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from ocikit import reference

# Far more than the registry sends, which is an event at a time.
MAX_BYTES = 1024 * 1024

_ACTIONS = ('push', 'delete')


@dataclasses.dataclass(frozen=True)
class Hint:
    """A tag that may mean something else than before.

    :param told_at: when the registry noticed, naive UTC
    """

    repository: model.Repository
    tag: str
    told_at: datetime.datetime


def parse(content: bytes) -> list[dict[str, Any]]:
    """Read the events of an envelope.

    :raises RequestInvalid: a registry does not write that
    """
    try:
        envelope = json.loads(content)
    # A deep nest of brackets is no envelope either.
    except (ValueError, RecursionError) as err:
        raise exception.RequestInvalid('The envelope is no JSON.') from err
    events = envelope.get('events') if isinstance(envelope, dict) else None
    if not isinstance(events, list) or not all(
        isinstance(each, dict) for each in events
    ):
        raise exception.RequestInvalid('The envelope holds no events.')
    return events


def hint(event: dict[str, Any], ignored_actors: frozenset[str]) -> Hint | None:
    """Say which tag an event is about; most are about none.

    A blob, a pull, a push by digest, a pin, a tag of the bridge's own doing
    and whatever breaks the grammar are no news. Nothing else of the event is
    read: its URL and its digest may be false or outdated.
    """
    target = _part(event, 'target')
    if event.get('action') not in _ACTIONS:
        return None
    if _part(event, 'actor').get('name') in ignored_actors:
        return None
    tag, name = target.get('tag'), target.get('repository')
    if not isinstance(tag, str) or not isinstance(name, str):
        return None
    if not reference.is_tag(tag) or location.is_pin(tag):
        return None
    try:
        repository = model.Repository.parse(name)
    except exception.NameInvalid:
        return None
    return Hint(repository, tag, _moment(event.get('timestamp')))


def _part(event: dict[str, Any], name: str) -> dict[str, Any]:
    part = event.get(name)
    return part if isinstance(part, dict) else {}


def _moment(text: Any) -> datetime.datetime:
    """Read a time as Go writes it; what is no time was long ago."""
    try:
        read = datetime.datetime.fromisoformat(text)
        return read.astimezone(datetime.UTC).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError):
        return datetime.datetime.min
