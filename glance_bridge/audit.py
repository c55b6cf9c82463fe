"""The audit log: one line for each thing that somebody did or was denied.

The logger ``glance_bridge.audit`` can be led to a file of its own. A line is
JSON, so that nothing a client wrote can begin another one. No secret may be
given here.
"""

import json

from oslo_log import log as logging

from glance_bridge import model

LOG = logging.getLogger(__name__)

PUSH = 'push'
PUBLISH = 'publish'
WITHDRAW = 'withdraw'
DELETE = 'delete'
LOGIN = 'login'
BIND = 'bind'

DONE = 'done'
DENIED = 'denied'


def record(
    action: str,
    outcome: str,
    *,
    actor: model.Actor | None = None,
    **what: str | int | None,
) -> None:
    """Write who did what to what, and whence.

    :param actor: None where the bridge itself acts, while it heals
    :param what: ``repository``, ``tag``, ``digest``, ``image_id``,
        ``project_id``, ``reason``; those without a value are left out
    """
    line: dict[str, str | int | None] = {'action': action, 'outcome': outcome}
    if actor is not None:
        line['user_id'] = actor.user_id
        line['user_name'] = actor.user_name
        line['address'] = actor.address
    line |= what
    said = {name: value for name, value in line.items() if value is not None}
    LOG.info('%s', json.dumps(said))
