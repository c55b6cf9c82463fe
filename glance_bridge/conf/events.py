"""Options of the group ``[events]``."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'events',
    title='Events of the registry',
    help='The door POST /events, where the registry tells what changed.',
)

OPTIONS = [
    cfg.StrOpt(
        'token',
        secret=True,
        help="""
What the registry has to send as ``Authorization: Bearer ...``.

Without it the door is closed, and what is pushed past the manifest front is
published by the reconciler only. The registry writes it to its log when it
starts and shows it on its debug port: keep both from users.

Possible values:

* a random string of at least 32 characters, the same as in
  ``notifications.endpoints[].headers`` of the registry
""",
    ),
    cfg.ListOpt(
        'ignored_actors',
        default=['glance-bridge'],
        help="""
Users whose pushes and deletions are no news, by the name in the event.

The bridge itself sets and removes tags. Change it if the bridge has another
user.
""",
    ),
    cfg.FloatOpt(
        'delay_s',
        default=1.0,
        min=0,
        max=60,
        help="""
How long the bridge waits until it looks at a tag that an event named.

Events come before the tag is there, and several for one push; both are over
after a moment. Raise it if the storage of the registry is slow to show what
was written.
""",
    ),
    cfg.IntOpt(
        'queue_size',
        default=10000,
        min=1,
        help="""
How many tags may wait in one process. Beyond that they are left to the
reconciler.
""",
    ),
]
